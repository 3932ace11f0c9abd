package power

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"plimsoll"
)

// kind is one sort of meter: what it can claim, and how it is opened. The list in
// kinds is the whole registry.
type kind struct {
	name  string
	form  string // as it is written, for messages
	about string
	// covers is what its readings contain unless the spec says otherwise, claims
	// what else a spec may say with @.
	covers plimsoll.Boundary
	claims []plimsoll.Boundary
	basis  plimsoll.Basis
	grade  plimsoll.Grade
	source string
	// accuracy is the assumed relative half-width of a reading; docs/power.md says
	// where each comes from.
	accuracy float64
	// resolution is the step of its energy counter in joules; 0 none or fine.
	resolution float64
	// perAccelerator: one device is one accelerator, so devices can be counted.
	perAccelerator bool
	// refine completes what depends on the target; nil nothing does.
	refine func(target, plimsoll.PowerSpec, *Expect) error
	open   func(job) (reader, error)
}

// job is what a kind is opened with.
type job struct {
	spec   plimsoll.PowerSpec
	target target
	expect Expect
	cfg    Config
}

// fail makes a typed error for this job's spec.
func (j job) fail(problem, hint string, err error) error {
	return &Error{Spec: j.spec.String(), Problem: problem, Hint: hint, Err: err}
}

// reader takes one reading of all devices. It is used from one goroutine, opens
// its connection at the first read and again after a failure.
type reader interface {
	read(ctx context.Context) ([]reading, error)
	close() error
}

// reading is one device's state at one moment. NaN stands for what the source
// does not give.
type reading struct {
	device               string
	watts, joules, limit float64
	at                   time.Time // the source's own time, corrected; zero none
	note                 string
}

// blank is a reading of a device that holds nothing yet.
func blank(device string) reading {
	return reading{device: device, watts: math.NaN(), joules: math.NaN(), limit: math.NaN()}
}

// kinds lists every kind of meter.
func kinds() []kind {
	return []kind{
		staticKind(), provisionedKind(),
		dcgmKind(), promKind(), smiKind(), amdKind(), raplKind(), hwmonKind(), prometheusKind(), redfishKind(), ipmiKind(), snmpKind(), nvmlKind(),
	}
}

// Kinds tells how each kind of meter is written and what it reads, for help texts.
func Kinds() []string {
	var lines []string
	for _, k := range kinds() {
		lines = append(lines, k.form+"\n    "+k.about)
	}
	return lines
}

// anywhere is the claim of kinds whose boundary only the user knows.
func anywhere() []plimsoll.Boundary {
	return []plimsoll.Boundary{
		plimsoll.BoundaryAccelerator, plimsoll.BoundaryModule, plimsoll.BoundaryNodeDC, plimsoll.BoundaryNodeAC,
		plimsoll.BoundaryRack, plimsoll.BoundaryRackNetwork, plimsoll.BoundaryFacility,
	}
}

// lookup finds the kind of a spec, with its target taken apart.
func lookup(spec plimsoll.PowerSpec) (kind, target, error) {
	list := kinds()
	at := slices.IndexFunc(list, func(k kind) bool { return k.name == spec.Kind })
	if at < 0 {
		var names []string
		for _, k := range list {
			names = append(names, k.name)
		}
		return kind{}, target{}, &Error{Spec: spec.Kind, Problem: "unknown kind of meter", Hint: "known kinds are " + strings.Join(names, ", ")}
	}
	t, err := parseTarget(spec)
	return list[at], t, err
}

// Describe tells what a spec's readings are, without reading anything: boundary,
// basis, grade, source, and how they are to be integrated. It is pure, so that a
// figure can be recomputed from a run folder alone.
func Describe(spec plimsoll.PowerSpec) (Expect, error) {
	k, t, err := lookup(spec)
	if err != nil {
		return Expect{}, err
	}
	e := Expect{
		Boundary: spec.Boundary, Covers: k.covers, Basis: k.basis, Grade: k.grade, Source: k.source,
		Accuracy: k.accuracy, Resolution: k.resolution, PerAccelerator: k.perAccelerator,
	}
	if k.refine != nil {
		if err := k.refine(t, spec, &e); err != nil {
			return Expect{}, named(err, spec)
		}
	}
	if e.Boundary == "" {
		e.Boundary = e.Covers
	}
	if slices.Contains(k.claims, e.Boundary) {
		e.Covers = e.Boundary
	}
	e.PerAccelerator = e.PerAccelerator && e.Boundary == plimsoll.BoundaryAccelerator
	if err := e.declare(t); err != nil {
		return Expect{}, named(err, spec)
	}
	return e, nil
}

// Together refuses meters that only the address of their source tells apart: each
// would see a part and claim the whole.
func Together(specs []plimsoll.PowerSpec) error {
	seen := map[[2]string]plimsoll.PowerSpec{}
	for _, spec := range specs {
		e, err := Describe(spec)
		if err != nil {
			return err
		}
		key := [2]string{e.Source, string(e.Boundary)}
		if first, twice := seen[key]; twice && !e.Stated() {
			return &Error{Spec: spec.String(), Problem: fmt.Sprintf("reads %s power as %s does, so each is a part of the whole", e.Boundary, first),
				Hint: "make one meter of them, whose devices add up: " + spec.Kind + ":TARGET?also=TARGET"}
		}
		seen[key] = spec
	}
	return nil
}

// declare takes over what the user states about the source.
func (e *Expect) declare(t target) (err error) {
	if e.Interval, err = t.interval(); err != nil {
		return err
	}
	if e.Devices, err = t.devices(); err != nil {
		return err
	}
	if e.PUE, err = t.pue(); err != nil {
		return err
	}
	if e.PUE > 0 && (!plimsoll.BoundaryNodeAC.Within(e.Boundary) || e.Boundary == plimsoll.BoundaryFacility) {
		return &Error{Problem: "PUE is counted on power at the wall, not on " + string(e.Boundary) + " power", Hint: "give pue= to a meter at node_ac, rack or rack_plus_network"}
	}
	accuracy, err := t.accuracy()
	if err != nil || accuracy == 0 {
		return err
	}
	e.Accuracy, e.AccuracyDeclared = accuracy, true
	// A revenue-grade meter is one of the 1 % class; only what is fed from the wall
	// or the rack can be one.
	if accuracy <= 0.01 && e.Grade == plimsoll.G2 && plimsoll.BoundaryNodeAC.Within(e.Covers) {
		e.Grade = plimsoll.G3
	}
	return nil
}

// named fills the spec into an error that does not know it.
func named(err error, spec plimsoll.PowerSpec) error {
	if e, ok := err.(*Error); ok && e.Spec == "" {
		e.Spec = spec.String()
	}
	return err
}
