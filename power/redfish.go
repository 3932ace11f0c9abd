package power

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll"
)

// redfishKind reads a BMC, a rack PDU or a power shelf. It can only GET: Redfish
// also switches machines off.
func redfishKind() kind {
	return kind{
		name: "redfish", form: "redfish:https://BMC?user_env=U&password_env=P&pin=SHA256[&path=URI][@BOUNDARY]",
		about:  "BMC, PDU or power shelf over Redfish, old and new trees; read only",
		covers: plimsoll.BoundaryNodeAC,
		claims: []plimsoll.Boundary{plimsoll.BoundaryAccelerator, plimsoll.BoundaryModule, plimsoll.BoundaryNodeDC, plimsoll.BoundaryRack},
		basis:  plimsoll.Measured, grade: plimsoll.G2, source: "Redfish", accuracy: 0.05, resolution: 360_000, perAccelerator: true,
		refine: func(_ target, spec plimsoll.PowerSpec, e *Expect) error {
			if spec.Boundary == plimsoll.BoundaryAccelerator || spec.Boundary == plimsoll.BoundaryModule {
				e.Grade = plimsoll.G1
			}
			return nil
		},
		open: func(j job) (reader, error) {
			f, err := newFetcher(j)
			if err != nil {
				return nil, err
			}
			r := &redfish{fetcher: f, host: strings.TrimSuffix(strings.TrimSuffix(j.target.base, "/"), "/redfish/v1"), boundary: j.expect.Boundary,
				cache: map[string]*resource{}, stamps: map[string]string{}}
			for _, path := range j.target.params["path"] {
				r.probes = append(r.probes, probe{uri: path, device: nameOf(path)})
			}
			return r, nil
		},
	}
}

// redfish reads a few resources again and again. Which ones it finds out once, at
// its own pace: what a slow BMC answered before a time-out is kept.
type redfish struct {
	*fetcher
	host     string
	boundary plimsoll.Boundary
	cache    map[string]*resource // while finding out
	probes   []probe
	stamps   map[string]string // latest ReadingTime by device
}

// probe is one resource that holds one device's power.
type probe struct{ uri, device string }

// resource is the union of the fields that are read from any Redfish resource.
type resource struct {
	Members []link

	Chassis, Systems, PowerEquipment                                              link
	RackPDUs, FloorPDUs, PowerShelves                                             link
	EnvironmentMetrics, PowerSubsystem, Power, PowerSupplies, Metrics, Processors link
	Links                                                                         struct{ ContainedBy link }

	ProcessorType, ChassisType string

	PowerWatts, EnergykWh, InputPowerWatts, OutputPowerWatts excerpt
	Reading                                                  *float64
	ReadingTime                                              string
	PowerControl                                             []struct {
		PowerConsumedWatts *float64
		PowerMetrics       struct {
			IntervalInMin        float64
			AverageConsumedWatts *float64
		}
	}
}

// link is a reference to another resource. Older trees have arrays of whole
// objects under the same names; those are no links.
type link string

func (l *link) UnmarshalJSON(text []byte) error {
	var to struct {
		ID string `json:"@odata.id"`
	}
	if json.Unmarshal(text, &to) == nil && strings.HasPrefix(to.ID, "/") {
		*l = link(to.ID)
	}
	return nil
}

// excerpt is a sensor's value inside another resource.
type excerpt struct {
	Reading       *float64
	DataSourceURI string `json:"DataSourceUri"`
}

func (e *excerpt) UnmarshalJSON(text []byte) error {
	type plain excerpt // without this method
	var full plain
	if json.Unmarshal(text, &full) == nil {
		*e = excerpt(full)
		return nil
	}
	var bare float64
	if json.Unmarshal(text, &bare) == nil {
		e.Reading = &bare
	}
	return nil
}

func (r *redfish) read(ctx context.Context) ([]reading, error) {
	if len(r.probes) == 0 {
		if err := r.discover(ctx); err != nil {
			return nil, err
		}
	}
	var list []reading
	for _, p := range r.probes {
		res, err := r.resource(ctx, p.uri)
		if err != nil {
			return nil, err
		}
		one, fresh, err := r.state(p, res)
		if err != nil {
			return nil, err
		}
		if fresh {
			one.at = time.Now() // each has its own: the next may take a second
			list = append(list, one)
		}
	}
	return list, nil
}

// state reads a resource's power. A sensor that tells when it was read is news only
// when that time has moved.
func (r *redfish) state(p probe, res *resource) (reading, bool, error) {
	one := blank(p.device)
	watts := res.Reading
	for _, e := range []excerpt{res.InputPowerWatts, res.PowerWatts} {
		if watts == nil {
			watts = e.Reading
		}
	}
	if r.boundary == plimsoll.BoundaryNodeDC && res.OutputPowerWatts.Reading != nil {
		watts = res.OutputPowerWatts.Reading
	}
	if watts == nil && len(res.PowerControl) > 0 {
		control := res.PowerControl[0] // the others are domains inside it
		watts = control.PowerConsumedWatts
		if watts == nil && control.PowerMetrics.AverageConsumedWatts != nil {
			return one, false, fmt.Errorf("%s gives only an average over %g min, which is no reading of a window", p.uri, control.PowerMetrics.IntervalInMin)
		}
	}
	if res.EnergykWh.Reading != nil {
		one.joules = *res.EnergykWh.Reading * 3.6e6
	}
	if watts == nil {
		return one, false, fmt.Errorf("%s holds no power reading", p.uri)
	}
	one.watts = *watts
	if res.ReadingTime != "" {
		if res.ReadingTime == r.stamps[p.device] {
			return one, false, nil
		}
		r.stamps[p.device] = res.ReadingTime
	}
	return one, true, nil
}

// resource gets and decodes one resource.
func (r *redfish) resource(ctx context.Context, uri string) (*resource, error) {
	if !strings.HasPrefix(uri, "/") || strings.HasPrefix(uri, "//") {
		return nil, fmt.Errorf("%q is no path on this host", shorten(uri))
	}
	body, err := r.get(ctx, r.host+uri)
	if err != nil {
		return nil, err
	}
	var res resource
	if err := json.Unmarshal(body, &res); err != nil {
		return nil, fmt.Errorf("%s: %w", uri, err)
	}
	return &res, nil
}

// nameOf makes a device's name from its resource's path.
func nameOf(uri string) string {
	name := strings.TrimPrefix(strings.Trim(uri, "/"), "redfish/v1/")
	for _, tail := range []string{"/Metrics", "/EnvironmentMetrics", "/Power"} {
		name = strings.TrimSuffix(name, tail)
	}
	return name
}

// absent reports whether a source has no such resource, which is no failure while
// finding out.
func absent(err error) bool {
	var status *statusError
	return errors.As(err, &status) && (status.code == 404 || status.code == 501)
}
