package power

import (
	"context"
	"fmt"
	"math"

	"plimsoll"
)

// staticKind is a figure that somebody states. At the accelerator boundary it is
// per accelerator, elsewhere the total.
func staticKind() kind {
	return kind{
		name: "static", form: "static:700W@accelerator", about: "a stated figure: per accelerator at accelerator, else the total",
		covers: plimsoll.BoundaryAccelerator, claims: anywhere(), perAccelerator: true, basis: plimsoll.Static, grade: plimsoll.G0, source: "stated figure",
		refine: func(t target, spec plimsoll.PowerSpec, e *Expect) error {
			watts, err := staticWatts(t)
			if err != nil {
				return err
			}
			text, err := watts.MarshalText()
			e.Source = "stated figure of " + string(text)
			if spec.Boundary == "" || spec.Boundary == plimsoll.BoundaryAccelerator {
				e.Source += " per accelerator"
			}
			return err
		},
		open: func(j job) (reader, error) {
			list, err := staticReadings(j.target, j.expect, j.cfg.Accelerators)
			return constant(list), err
		},
	}
}

func staticWatts(t target) (plimsoll.Watts, error) {
	var w plimsoll.Watts
	if err := w.UnmarshalText([]byte(t.base)); err != nil || w <= 0 {
		return 0, &Error{Problem: "no figure above 0", Hint: "write static:700W@accelerator or static:10.2kW@node_ac", Err: err}
	}
	return w, nil
}

// staticReadings is what a static meter says at any moment.
func staticReadings(t target, e Expect, accelerators int) ([]reading, error) {
	watts, err := staticWatts(t)
	if err != nil {
		return nil, err
	}
	if !e.PerAccelerator {
		r := blank("total")
		r.watts = float64(watts)
		return []reading{r}, nil
	}
	return perAccelerator(float64(watts), accelerators)
}

// perAccelerator is one reading for each accelerator.
func perAccelerator(watts float64, accelerators int) ([]reading, error) {
	if accelerators < 1 {
		return nil, &Error{Problem: "a figure per accelerator needs their number", Hint: "say how many serve with --accelerators N, or state a total at another boundary"}
	}
	list := make([]reading, accelerators)
	for i := range list {
		list[i] = blank(fmt.Sprintf("accelerator-%d", i))
		list[i].watts = watts
	}
	return list, nil
}

// constant is a reader that always says the same.
type constant []reading

func (c constant) read(context.Context) ([]reading, error) { return c, nil }
func (c constant) close() error                            { return nil }

// Constant returns the samples of a stated figure for a window, without a clock:
// two per device, at its start and its end. It is how a run in virtual time meters.
// Kinds that need a clock are refused.
func Constant(spec plimsoll.PowerSpec, accelerators int, w plimsoll.Window) ([]plimsoll.Sample, error) {
	e, err := Describe(spec)
	if err != nil {
		return nil, err
	}
	if !e.Stated() {
		return nil, &Error{Spec: spec.String(), Problem: "a meter reads real time, this run has none", Hint: "use static: or provisioned:, or run on a live engine"}
	}
	m, err := New(spec, Config{Accelerators: accelerators})
	if err != nil {
		return nil, err
	}
	list, err := m.(*meter).reader.read(context.Background())
	if err != nil {
		return nil, err
	}
	var samples []plimsoll.Sample
	for _, at := range []plimsoll.Instant{w.Start, w.End} {
		for _, r := range list {
			samples = append(samples, plimsoll.Sample{Meter: spec.String(), Device: r.device, At: at, Watts: r.watts, Joules: math.NaN(), DeviceAt: plimsoll.Never})
		}
	}
	return samples, nil
}
