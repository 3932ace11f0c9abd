package power

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"

	dto "github.com/prometheus/client_model/go"

	"plimsoll"
	"plimsoll/scrape"
)

// dcgmKind reads NVIDIA's dcgm-exporter, and the simulated engine's imitation of
// it.
func dcgmKind() kind {
	return kind{
		name: "dcgm", form: "dcgm:URL[?interval=30s]", about: "NVIDIA dcgm-exporter: board power and energy counter",
		covers: plimsoll.BoundaryAccelerator, claims: []plimsoll.Boundary{plimsoll.BoundaryModule},
		basis: plimsoll.Measured, grade: plimsoll.G1, source: "dcgm-exporter scrape",
		accuracy: 0.05, resolution: 1, perAccelerator: true,
		open: func(j job) (reader, error) {
			var wanted []metric
			for _, m := range metrics() {
				if m.maker == "dcgm" && (m.covers == j.expect.Boundary || m.unit.of == limitOf && j.expect.PerAccelerator) {
					wanted = append(wanted, m)
				}
			}
			return newScraper(j, wanted)
		},
	}
}

// promKind reads any Prometheus exposition.
func promKind() kind {
	return kind{
		name: "prom", form: "prom:URL?metric=NAME[&unit=W&device=LABEL]", about: "any Prometheus exposition; metric= may be repeated",
		covers: plimsoll.BoundaryAccelerator,
		basis:  plimsoll.Measured, grade: plimsoll.G1, source: "exporter scrape", accuracy: 0.05, perAccelerator: true,
		refine: func(t target, spec plimsoll.PowerSpec, e *Expect) error {
			_, err := promMetrics(t, spec, e)
			return err
		},
		open: func(j job) (reader, error) {
			e := j.expect
			wanted, err := promMetrics(j.target, j.spec, &e)
			if err != nil {
				return nil, err
			}
			return newScraper(j, wanted)
		},
	}
}

// promMetrics resolves metric= and unit= and completes the description.
func promMetrics(t target, spec plimsoll.PowerSpec, e *Expect) ([]metric, error) {
	names := t.params["metric"]
	if len(names) == 0 {
		return nil, &Error{Problem: "no metric named", Hint: "add ?metric=NAME, repeated for power and energy; plimsoll power check shows what an exporter has"}
	}
	var wanted []metric
	for _, name := range names {
		m, found := metricNamed(name)
		if !found {
			m = metric{name: name, covers: spec.Boundary}
		}
		if text := t.params.Get("unit"); text != "" {
			if m.unit, m.known = unitNamed(text); !m.known {
				return nil, &Error{Problem: "unit " + text + " is not known", Hint: "known are W mW uW kW J mJ uJ kJ Wh kWh"}
			}
		}
		if !m.known {
			return nil, &Error{Problem: "the unit of metric " + name + " is not known", Hint: "add &unit=W (or mW, J, mJ, uJ, kWh)", Err: &noted{reason: ReasonUnitUnknown, err: errors.New(ReasonUnitUnknown)}}
		}
		if m.covers == "" {
			return nil, &Error{Problem: "what metric " + name + " contains is not known", Hint: "end the spec with a boundary, for example @node_ac"}
		}
		if len(wanted) > 0 && wanted[0].covers != m.covers {
			return nil, &Error{Problem: fmt.Sprintf("metrics %s and %s lie at different boundaries", wanted[0].name, name), Hint: "make one meter of each"}
		}
		if m.unit.of == energyOf {
			e.Resolution = max(1, m.unit.factor/10) // kWh counters step by tenths
		}
		wanted = append(wanted, m)
	}
	e.Covers = wanted[0].covers
	if e.Covers != plimsoll.BoundaryAccelerator {
		e.Grade = plimsoll.G2
	}
	e.Source = "exporter scrape of " + names[0]
	return wanted, nil
}

// scraper reads one exposition and picks power, energy and limit of each device.
type scraper struct {
	*fetcher
	address string
	wanted  []metric
	label   string // device label, "" the known ones
	zone    string // Kepler: zones overlap, so one is read
}

func newScraper(j job, wanted []metric) (reader, error) {
	f, err := newFetcher(j)
	if err != nil {
		return nil, err
	}
	return &scraper{fetcher: f, address: j.target.base, wanted: wanted, label: j.target.params.Get("device"),
		zone: cmp.Or(j.target.params.Get("zone"), "package")}, nil
}

func (s *scraper) read(ctx context.Context) ([]reading, error) {
	body, err := s.get(ctx, s.address)
	if err != nil {
		return nil, err
	}
	return s.parse(body)
}

// parse turns an exposition into readings, one a device, in order of device.
func (s *scraper) parse(body []byte) ([]reading, error) {
	families, err := scrape.Families(body, s.wants)
	if err != nil {
		return nil, fmt.Errorf("exposition: %w", err)
	}
	devices := map[string]*reading{}
	for _, m := range s.wanted {
		family := families[m.name]
		if family == nil {
			continue
		}
		found := map[string]float64{}
		for _, series := range family.GetMetric() {
			s.collect(m, series, len(family.GetMetric()), found)
		}
		for device, value := range found {
			r := devices[device]
			if r == nil {
				fresh := blank(device)
				r, devices[device] = &fresh, &fresh
			}
			r.set(m.unit, value)
		}
	}
	if len(devices) == 0 {
		return nil, &noted{reason: ReasonSamplesMissing, err: fmt.Errorf("none of the metrics%s is there with a device", names(s.wanted))}
	}
	var list []reading
	for _, device := range slices.Sorted(maps.Keys(devices)) {
		r := devices[device]
		if device == "" {
			// Series that nothing tells apart must not be summed or overwritten.
			*r = blank("")
			r.note = ReasonDeviceIdentity
		}
		list = append(list, *r)
	}
	return list, nil
}

func (s *scraper) wants(name string) bool {
	return slices.ContainsFunc(s.wanted, func(m metric) bool { return m.name == name })
}

// collect takes over one series. Under MIG each instance repeats its board's
// power, and under AMD's partitions only partition 0 carries it: one value a
// device, never a sum.
func (s *scraper) collect(m metric, series *dto.Metric, count int, found map[string]float64) {
	labels := map[string]string{}
	for _, pair := range series.GetLabel() {
		labels[pair.GetName()] = pair.GetValue()
	}
	if partition := labels["gpu_partition_id"]; partition != "" && partition != "0" {
		return
	}
	if zone, zoned := labels["zone"]; zoned && m.maker == "kepler" && zone != s.zone {
		return
	}
	device := identity(labels, s.label)
	if device == "" && count == 1 {
		device = "total"
	}
	value := scrape.Value(series)
	if old, twice := found[device]; !twice || value > old {
		found[device] = value
	}
}

// set stores a value unless a better metric already gave one.
func (r *reading) set(u unit, value float64) {
	into := &r.watts
	switch u.of {
	case energyOf:
		into = &r.joules
	case limitOf:
		into = &r.limit
	}
	if math.IsNaN(*into) {
		*into = value * u.factor
	}
}

// simulatedPrefix marks devices of a simulated engine, so that a figure from them
// can never pass as measured.
const simulatedPrefix = "simulated/"

// identity names the device that a series belongs to: a UUID or serial number
// where there is one, else an index with a digest of the host's name, which is not
// written out. "" means that nothing tells the series apart.
func identity(labels map[string]string, label string) string {
	host := cmp.Or(labels["Hostname"], labels["hostname"], labels["node_name"])
	mark := ""
	if host == "simulated" {
		mark = simulatedPrefix
	}
	if label != "" {
		if labels[label] == "" {
			return ""
		}
		return mark + labels[label]
	}
	for _, name := range []string{"UUID", "uuid", "gpu_uuid", "GPU_UUID", "serial_number"} {
		if labels[name] != "" {
			return mark + labels[name]
		}
	}
	for _, name := range []string{"gpu", "gpu_id", "pci_bus_id", "bus_id", "device", "path", "psu", "id", "chassis_id"} {
		if labels[name] == "" {
			continue
		}
		if host == "" || mark != "" {
			return mark + name + "-" + labels[name]
		}
		sum := fnv.New32a()
		sum.Write([]byte(host))
		return fmt.Sprintf("%08x/%s-%s", sum.Sum32(), name, labels[name])
	}
	return ""
}

func names(list []metric) string {
	s := ""
	for _, m := range list {
		s += " " + m.name
	}
	return s
}
