package plimsoll

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Boundary names what a power figure contains.
type Boundary string

// The boundaries, from the chip outwards.
const (
	BoundaryAccelerator Boundary = "accelerator"
	BoundaryModule      Boundary = "module"
	BoundaryNodeDC      Boundary = "node_dc"
	BoundaryNodeAC      Boundary = "node_ac"
	BoundaryRack        Boundary = "rack"
	BoundaryRackNetwork Boundary = "rack_plus_network"
	BoundaryFacility    Boundary = "facility"
)

// boundaries lists all of them in order; never written.
var boundaries = []Boundary{BoundaryAccelerator, BoundaryModule, BoundaryNodeDC, BoundaryNodeAC, BoundaryRack, BoundaryRackNetwork, BoundaryFacility}

// Known reports whether b is one of the boundaries.
func (b Boundary) Known() bool { return slices.Contains(boundaries, b) }

// Within reports whether b lies inside outer or is outer: what b contains, outer
// contains too. An unknown boundary lies within nothing.
func (b Boundary) Within(outer Boundary) bool {
	return b.Known() && slices.Index(boundaries, b) <= slices.Index(boundaries, outer)
}

// Basis says how a power figure is known.
type Basis string

// The bases.
const (
	Measured    Basis = "measured"
	Estimated   Basis = "estimated"
	Provisioned Basis = "provisioned"
	Static      Basis = "static"
	Simulated   Basis = "simulated"
)

// Grade is the quality of a power figure: G0 nameplate or static, G1 accelerator
// telemetry, G2 node or PSU telemetry on all nodes, G3 revenue-grade meter.
type Grade string

// The grades.
const (
	G0 Grade = "G0"
	G1 Grade = "G1"
	G2 Grade = "G2"
	G3 Grade = "G3"
)

// Energy is the energy of one window at one boundary. A figure that is not Valid
// carries its reason codes instead of a value.
type Energy struct {
	Boundary  Boundary `json:"boundary"`
	Basis     Basis    `json:"basis"`
	Source    string   `json:"source"` // meter and method, without secrets
	Grade     Grade    `json:"grade"`
	WindowS   float64  `json:"window_s"`
	Joules    float64  `json:"energy_j"`
	MeanWatts float64  `json:"mean_w"`
	// UncertaintyW is the expanded uncertainty (k = 2) of MeanWatts; 0 not stated.
	UncertaintyW float64  `json:"uncertainty_w"`
	Valid        bool     `json:"valid"`
	Reasons      []string `json:"reasons,omitempty"` // reason codes, also advisory ones

	Method   string  `json:"method,omitempty"` // counter, trapezoid, constant, converted
	Devices  int     `json:"devices"`          // that were read
	Samples  int     `json:"samples"`          // inside the window
	MaxGapS  float64 `json:"max_gap_s"`        // longest time between fresh readings of a device
	MinWatts float64 `json:"min_w"`            // of the sum over devices
	P95Watts float64 `json:"p95_w"`
	MaxWatts float64 `json:"max_w"`
}

// PerMegawatt is capacity over megawatts; it cannot be made without the figure it
// rests on.
type PerMegawatt struct {
	Value    float64  `json:"value"`
	Boundary Boundary `json:"boundary"`
	Basis    Basis    `json:"basis"`
	Source   string   `json:"source"`
	Grade    Grade    `json:"grade"`
	MeanW    float64  `json:"mean_w"`
	WindowS  float64  `json:"window_s"`
	// Uncertainty is the expanded uncertainty (k = 2) of Value that comes from the
	// meter alone, in agents/MW; 0 not stated.
	Uncertainty float64  `json:"uncertainty"`
	Levels      []string `json:"levels"` // ids of the levels whose windows were pooled
}

// NewPerMegawatt divides capacity by the figure's mean power.
func NewPerMegawatt(capacity int, e Energy, levels []string) (PerMegawatt, error) {
	if !e.Valid {
		return PerMegawatt{}, fmt.Errorf("power figure is invalid: %s", strings.Join(e.Reasons, ", "))
	}
	if !e.Boundary.Known() || e.Basis == "" || e.Source == "" || e.Grade == "" || !(e.MeanWatts > 0) {
		return PerMegawatt{}, fmt.Errorf("power figure lacks boundary, basis, source, grade or watts: %+v", e)
	}
	value := float64(capacity) / (e.MeanWatts / 1e6)
	return PerMegawatt{
		Value: value, Boundary: e.Boundary, Basis: e.Basis,
		Source: e.Source, Grade: e.Grade, MeanW: e.MeanWatts, WindowS: e.WindowS,
		Uncertainty: value * e.UncertaintyW / e.MeanWatts, Levels: levels,
	}, nil
}

// complete says which part is missing without which the figure means nothing.
func (p PerMegawatt) complete() error {
	for _, part := range []struct {
		name string
		has  bool
	}{{"boundary", p.Boundary.Known()}, {"basis", p.Basis != ""}, {"source", p.Source != ""}, {"grade", p.Grade != ""}} {
		if !part.has {
			return fmt.Errorf("figure per megawatt: no %s; make it with NewPerMegawatt", part.name)
		}
	}
	return nil
}

// MarshalJSON writes the figure and refuses one without boundary, basis, source
// or grade, so that none can reach a result.
func (p PerMegawatt) MarshalJSON() ([]byte, error) {
	if err := p.complete(); err != nil {
		return nil, err
	}
	type plain PerMegawatt // without this method
	return json.Marshal(plain(p))
}

// UnmarshalJSON reads what MarshalJSON writes, and refuses the same.
func (p *PerMegawatt) UnmarshalJSON(text []byte) error {
	type plain PerMegawatt // without this method
	var out plain
	if err := json.Unmarshal(text, &out); err != nil {
		return err
	}
	if err := PerMegawatt(out).complete(); err != nil {
		return err
	}
	*p = PerMegawatt(out)
	return nil
}

// PowerSpec names a meter: KIND[:TARGET][@BOUNDARY]. The boundary is read after
// the last @ only if it is a known word.
type PowerSpec struct {
	Kind     string
	Target   string
	Boundary Boundary // "" the kind's own
}

// UnmarshalText reads a spec such as "static:700W@accelerator".
func (p *PowerSpec) UnmarshalText(text []byte) error {
	s := string(text)
	var out PowerSpec
	if at := strings.LastIndexByte(s, '@'); at >= 0 && Boundary(s[at+1:]).Known() {
		out.Boundary, s = Boundary(s[at+1:]), s[:at]
	}
	out.Kind, out.Target, _ = strings.Cut(s, ":")
	if out.Kind == "" {
		return fmt.Errorf("power %q: want KIND[:TARGET][@BOUNDARY], for example static:700W@accelerator", string(text))
	}
	*p = out
	return nil
}

// String writes the spec as it is given.
func (p PowerSpec) String() string {
	s := p.Kind
	if p.Target != "" {
		s += ":" + p.Target
	}
	if p.Boundary != "" {
		s += "@" + string(p.Boundary)
	}
	return s
}

// MarshalText writes what UnmarshalText reads.
func (p PowerSpec) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Watts is a power read from text such as "700W", "10.2kW" or "1.5MW".
type Watts float64

// UnmarshalText reads a number with its unit.
func (w *Watts) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	for _, unit := range []struct {
		suffix string
		factor float64
	}{{"mW", 1e-3}, {"kW", 1e3}, {"MW", 1e6}, {"GW", 1e9}, {"W", 1}} {
		number, ok := strings.CutSuffix(s, unit.suffix)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(v >= 0) || v > 1e12 {
			return fmt.Errorf("power %q: %q is not a number of watts", s, number)
		}
		*w = Watts(v * unit.factor)
		return nil
	}
	return fmt.Errorf("power %q: want a unit, for example 700W or 10.2kW", s)
}

// MarshalText writes watts.
func (w Watts) MarshalText() ([]byte, error) {
	return []byte(strconv.FormatFloat(float64(w), 'g', -1, 64) + "W"), nil
}
