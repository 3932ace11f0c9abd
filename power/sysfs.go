package power

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"plimsoll"
)

// raplKind reads the processor's own energy counters. Where the engine runs on the
// processor, its package is the accelerator.
func raplKind() kind {
	return kind{
		name: "rapl", form: "rapl:[?zone=package|dram|psys]", about: "processor energy counters of this machine (often root only)",
		covers: plimsoll.BoundaryAccelerator, basis: plimsoll.Measured, grade: plimsoll.G1, source: "RAPL energy counter",
		accuracy: 0.05,
		refine: func(t target, _ plimsoll.PowerSpec, e *Expect) error {
			switch zone := zoneOf(t); zone {
			case "package":
			case "psys":
				e.Covers = plimsoll.BoundaryNodeDC
			case "dram":
				e.Covers = plimsoll.BoundaryModule
			default:
				return &Error{Problem: "zone " + zone + " is not one that can be read by itself", Hint: "zones overlap; use zone=package, zone=dram or zone=psys, each as a meter of its own"}
			}
			e.Source = "RAPL " + zoneOf(t) + " energy counter"
			return nil
		},
		open: func(j job) (reader, error) {
			return &rapl{root: filepath.Join(j.sysfs(), "class", "powercap"), zone: zoneOf(j.target), last: map[string]uint64{}, total: map[string]float64{}}, nil
		},
	}
}

// sysfs is the root of the kernel's files: path= in a container that has the
// machine's elsewhere.
func (j job) sysfs() string { return cmp.Or(j.target.params.Get("path"), j.cfg.Sysfs) }

func zoneOf(t target) string { return cmp.Or(t.params.Get("zone"), "package") }

// rapl turns wrapping counters into rising ones. It must be read more often than
// the counter wraps, which on a big socket takes about a minute at least.
type rapl struct {
	root, zone string
	last       map[string]uint64
	total      map[string]float64 // J since the first reading
}

func (r *rapl) read(context.Context) ([]reading, error) {
	zones, err := filepath.Glob(filepath.Join(r.root, "*", "energy_uj"))
	if err != nil || len(zones) == 0 {
		return nil, fmt.Errorf("no energy counters under %s: %w", r.root, fs.ErrNotExist)
	}
	slices.Sort(zones)
	var list []reading
	for _, path := range zones {
		dir := filepath.Dir(path)
		name, err := readText(filepath.Join(dir, "name"))
		if err != nil || name != r.zone && !strings.HasPrefix(name, r.zone+"-") || strings.HasPrefix(filepath.Base(dir), "intel-rapl-mmio") {
			continue // the mmio tree repeats the same package
		}
		joules, err := r.counter(dir, filepath.Base(dir))
		if err != nil {
			return nil, err
		}
		one := blank(filepath.Base(dir))
		one.joules = joules
		list = append(list, one)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no zone named %s under %s", r.zone, r.root)
	}
	return list, nil
}

// counter reads one zone and unwraps it.
func (r *rapl) counter(dir, id string) (float64, error) {
	now, err := readUint(filepath.Join(dir, "energy_uj"))
	if errors.Is(err, fs.ErrPermission) {
		return 0, fmt.Errorf("%w: since 2020 only root may read it; run as root or grant read access to energy_uj", err)
	}
	if err != nil {
		return 0, err
	}
	before, known := r.last[id]
	r.last[id] = now
	if !known {
		return 0, nil
	}
	step := now - before
	if now < before {
		wrap, err := readUint(filepath.Join(dir, "max_energy_range_uj"))
		if err != nil || wrap < before {
			return 0, fmt.Errorf("zone %s went down and its range is not known: %w", id, err)
		}
		step = wrap - before + now
	}
	r.total[id] += float64(step) / 1e6
	return r.total[id], nil
}

func (r *rapl) close() error { return nil }

// hwmonKind reads the kernel's sensor chips: on Grace the module's rails.
func hwmonKind() kind {
	return kind{
		name: "hwmon", form: "hwmon:[?rail=LABEL][@BOUNDARY]", about: "power sensors of this machine; choose one rail by its label",
		covers: plimsoll.BoundaryModule, claims: anywhere(), basis: plimsoll.Measured, grade: plimsoll.G1, source: "hwmon sensor", accuracy: 0.05,
		refine: func(t target, _ plimsoll.PowerSpec, e *Expect) error {
			if rail := t.params.Get("rail"); rail != "" {
				e.Source = "hwmon sensor " + rail
			}
			return nil
		},
		open: func(j job) (reader, error) {
			return &hwmon{root: filepath.Join(j.sysfs(), "class", "hwmon"), rail: j.target.params.Get("rail")}, nil
		},
	}
}

type hwmon struct{ root, rail string }

// read takes every power sensor whose label begins with the rail. Without a rail
// several sensors would be added that may contain one another, so it refuses.
func (h *hwmon) read(context.Context) ([]reading, error) {
	var list []reading
	var labels []string
	for _, pattern := range []string{"power*_average", "power*_input", "energy*_input"} {
		paths, err := filepath.Glob(filepath.Join(h.root, "*", pattern))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", h.root, err)
		}
		slices.Sort(paths)
		for _, path := range paths {
			label := labelOf(path)
			if !slices.Contains(labels, label) {
				labels = append(labels, label)
			}
			if !strings.HasPrefix(label, h.rail) {
				continue
			}
			micro, err := readUint(path)
			if err != nil {
				return nil, err
			}
			at := slices.IndexFunc(list, func(r reading) bool { return r.device == label })
			if at < 0 {
				at, list = len(list), append(list, blank(label))
			}
			u := unit{of: powerOf, factor: 1e-6}
			if strings.HasPrefix(filepath.Base(path), "energy") {
				u.of = energyOf
			}
			list[at].set(u, float64(micro))
		}
	}
	switch {
	case len(labels) == 0:
		return nil, fmt.Errorf("no power sensors under %s: %w", h.root, fs.ErrNotExist)
	case len(list) == 0:
		return nil, fmt.Errorf("no rail begins with %q; there are %s", h.rail, strings.Join(labels, ", "))
	case h.rail == "" && len(list) > 1:
		return nil, fmt.Errorf("several rails, which may contain one another: choose with ?rail=; there are %s", strings.Join(labels, ", "))
	}
	return list, nil
}

func (h *hwmon) close() error { return nil }

// labelOf names a sensor by its label, else by chip and number.
func labelOf(path string) string {
	dir, file := filepath.Split(path)
	number, _, _ := strings.Cut(file, "_")
	if label, err := readText(filepath.Join(dir, number+"_label")); err == nil && label != "" {
		return label
	}
	chip, err := readText(filepath.Join(dir, "name"))
	if err != nil {
		chip = filepath.Base(dir)
	}
	return chip + "-" + strings.TrimLeft(number, "powerngy")
}

func readText(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(text)), nil
}

func readUint(path string) (uint64, error) {
	text, err := readText(path)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil || v > math.MaxInt64 {
		return 0, fmt.Errorf("%s holds %q, not a number", path, shorten(text))
	}
	return v, nil
}
