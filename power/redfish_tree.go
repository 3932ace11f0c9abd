package power

import (
	"context"
	"fmt"

	"plimsoll"
)

// maxResources bounds how many resources finding out may visit.
const maxResources = 512

// discover follows the tree's links to the resources that hold the boundary's
// power. Identifiers are never guessed: vendors differ in all of them.
func (r *redfish) discover(ctx context.Context) error {
	root, err := r.visit(ctx, "/redfish/v1/")
	if err != nil {
		return err
	}
	var found []probe
	switch r.boundary {
	case plimsoll.BoundaryAccelerator:
		found, err = r.processors(ctx, root)
	case plimsoll.BoundaryRack:
		if found, err = r.equipment(ctx, root); err == nil && len(found) == 0 {
			found, err = r.chassis(ctx, root) // a shelf that shows itself as a chassis
		}
	default:
		found, err = r.chassis(ctx, root)
	}
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return &noted{reason: ReasonSamplesMissing, err: fmt.Errorf("no power of boundary %s in the tree: name the resource with path=", r.boundary)}
	}
	for i, p := range found {
		found[i].uri = r.sensor(p.uri)
	}
	r.probes, r.cache = found, map[string]*resource{}
	return nil
}

// visit gets a resource once.
func (r *redfish) visit(ctx context.Context, uri link) (*resource, error) {
	if res := r.cache[string(uri)]; res != nil {
		return res, nil
	}
	if len(r.cache) >= maxResources {
		return nil, fmt.Errorf("the tree has over %d resources on the way to its power: name them with path=", maxResources)
	}
	res, err := r.resource(ctx, string(uri))
	if absent(err) {
		res, err = &resource{}, nil
	}
	if err == nil {
		r.cache[string(uri)] = res
	}
	return res, err
}

// members visits a collection and its members. An empty link is an empty one.
func (r *redfish) members(ctx context.Context, collection link, each func(link, *resource) error) error {
	if collection == "" {
		return nil
	}
	list, err := r.visit(ctx, collection)
	if err != nil {
		return err
	}
	for _, uri := range list.Members {
		res, err := r.visit(ctx, uri)
		if err != nil {
			return err
		}
		if err := each(uri, res); err != nil {
			return err
		}
	}
	return nil
}

// processors finds each accelerator's EnvironmentMetrics.
func (r *redfish) processors(ctx context.Context, root *resource) ([]probe, error) {
	var found []probe
	err := r.members(ctx, root.Systems, func(_ link, system *resource) error {
		return r.members(ctx, system.Processors, func(uri link, p *resource) error {
			if p.EnvironmentMetrics != "" && (p.ProcessorType == "GPU" || p.ProcessorType == "Accelerator") {
				found = append(found, probe{string(p.EnvironmentMetrics), nameOf(string(uri))})
				_, err := r.visit(ctx, p.EnvironmentMetrics)
				return err
			}
			return nil
		})
	})
	return found, err
}

// equipment finds the metrics of PDUs and power shelves.
func (r *redfish) equipment(ctx context.Context, root *resource) ([]probe, error) {
	if root.PowerEquipment == "" {
		return nil, nil
	}
	all, err := r.visit(ctx, root.PowerEquipment)
	if err != nil {
		return nil, err
	}
	var found []probe
	for _, collection := range []link{all.RackPDUs, all.FloorPDUs, all.PowerShelves} {
		if err := r.members(ctx, collection, func(uri link, unit *resource) error {
			if unit.Metrics == "" {
				return nil
			}
			metrics, err := r.visit(ctx, unit.Metrics)
			if err == nil && metrics.hasPower() {
				found = append(found, probe{string(unit.Metrics), nameOf(string(uri))})
			}
			return err
		}); err != nil {
			return nil, err
		}
		if len(found) > 0 {
			return found, nil // a PDU feeds the shelves: adding both counts twice
		}
	}
	return found, nil
}

// chassis finds the power of each chassis that no other contains, or, at the module
// boundary, of each module.
func (r *redfish) chassis(ctx context.Context, root *resource) ([]probe, error) {
	var found []probe
	err := r.members(ctx, root.Chassis, func(uri link, c *resource) error {
		if module := c.ChassisType == "Module"; module != (r.boundary == plimsoll.BoundaryModule) || !module && c.Links.ContainedBy != "" {
			return nil
		}
		probes, err := r.chassisPower(ctx, uri, c)
		found = append(found, probes...)
		return err
	})
	return found, err
}

// chassisPower prefers the inputs of the power supplies, which are at the wall,
// then the chassis' own figure, then the tree of before 2020.
func (r *redfish) chassisPower(ctx context.Context, uri link, c *resource) ([]probe, error) {
	supplies, err := r.supplies(ctx, c)
	if err != nil || len(supplies) > 0 {
		return supplies, err
	}
	for _, l := range []link{c.EnvironmentMetrics, c.Power} {
		if l == "" || r.boundary == plimsoll.BoundaryNodeDC {
			continue
		}
		res, err := r.visit(ctx, l)
		if err != nil {
			return nil, err
		}
		if res.hasPower() {
			return []probe{{string(l), nameOf(string(uri))}}, nil
		}
	}
	return nil, nil
}

func (r *redfish) supplies(ctx context.Context, c *resource) ([]probe, error) {
	if c.PowerSubsystem == "" || r.boundary == plimsoll.BoundaryModule {
		return nil, nil
	}
	subsystem, err := r.visit(ctx, c.PowerSubsystem)
	if err != nil {
		return nil, err
	}
	var found []probe
	err = r.members(ctx, subsystem.PowerSupplies, func(uri link, supply *resource) error {
		if supply.Metrics == "" {
			return nil
		}
		metrics, err := r.visit(ctx, supply.Metrics)
		if err != nil {
			return err
		}
		side := metrics.InputPowerWatts
		if r.boundary == plimsoll.BoundaryNodeDC {
			side = metrics.OutputPowerWatts
		}
		if side.Reading != nil {
			found = append(found, probe{string(supply.Metrics), nameOf(string(uri))})
		}
		return nil
	})
	return found, err
}

func (res *resource) hasPower() bool {
	return res.PowerWatts.Reading != nil || res.InputPowerWatts.Reading != nil || len(res.PowerControl) > 0
}

// sensor returns the sensor behind a resource's power where it is named: the
// sensor tells when it was read.
func (r *redfish) sensor(uri string) string {
	res := r.cache[uri]
	if res == nil {
		return uri
	}
	from := res.PowerWatts
	if r.boundary == plimsoll.BoundaryNodeDC {
		from = res.OutputPowerWatts
	} else if res.InputPowerWatts.Reading != nil {
		from = res.InputPowerWatts
	}
	if from.DataSourceURI != "" && res.EnergykWh.Reading == nil {
		return from.DataSourceURI
	}
	return uri
}
