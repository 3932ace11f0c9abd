package plan

import (
	"fmt"
	"slices"

	"plimsoll"
)

// Evidence says what a system's capacity rests on.
type Evidence string

// The kinds of evidence.
const (
	Measured  Evidence = "measured"
	Published Evidence = "published"
	Simulated Evidence = "simulated"
)

// System is what can be bought: a scale unit, and what deployments on it carry.
type System struct {
	Name        string
	Evidence    Evidence
	Source      string
	Accelerator string // "GB300"; "" unknown
	Model       string
	Workload    string // trajectories
	Method      string
	Preset      string
	Unit        Unit
	Capacities  []Capacity // one a tier
	Price       Price      // of this system; its zero fields are the request's
}

// Unit is what is bought, powered and lost as a whole.
type Unit struct {
	Name         string // node, rack, deployment
	Accelerators int
	Power        []Figure // provisioned, one a boundary
}

// Figure is a power that has to be provisioned for one accelerator, with what it
// rests on.
type Figure struct {
	Boundary plimsoll.Boundary `json:"boundary"`
	Watts    float64           `json:"w_per_accelerator"`
	Source   string            `json:"source"`
}

// Capacity is what one deployment carries at one tier.
type Capacity struct {
	Tier         plimsoll.Tier
	Accelerators int // of the deployment; 0 unknown
	Agents       int // of the deployment; 0 none or, beside Densities, not published
	// Low and High bound Agents; 0 not stated. Span says what they are.
	Low, High int
	Span      string
	Densities []plimsoll.PerMegawatt // by mean power, one a boundary
	CycleS    float64                // mean time from turn to turn of an agent; 0 unknown
	ToolS     float64                // of it tool time; 0 unknown
}

// capacity returns the capacity at a tier's limits, such as 30tps/10s.
func (s System) capacity(limits string) (Capacity, error) {
	var have []string
	for _, c := range s.Capacities {
		if c.Tier.String() == limits {
			return c, nil
		}
		have = append(have, c.Tier.String())
	}
	return Capacity{}, fmt.Errorf("%s has no result at tier %s; it has %v", s.Name, limits, have)
}

// named returns the capacity at a tier given by its name or its limits.
func (s System) named(tier string) (Capacity, error) {
	for _, c := range s.Capacities {
		if c.Tier.Name == tier {
			return c, nil
		}
	}
	return s.capacity(tier)
}

// figure returns the widest of the unit's figures within a boundary.
func (u Unit) figure(within plimsoll.Boundary) (Figure, bool) {
	var best Figure
	for _, f := range u.Power {
		if f.Boundary.Within(within) && (best.Watts == 0 || best.Boundary.Within(f.Boundary)) {
			best = f
		}
	}
	return best, best.Watts > 0
}

// at returns the unit's figure at exactly this boundary.
func (u Unit) at(b plimsoll.Boundary) (Figure, bool) {
	i := slices.IndexFunc(u.Power, func(f Figure) bool { return f.Boundary == b })
	if i < 0 {
		return Figure{}, false
	}
	return u.Power[i], true
}

// watts is the mean power of one accelerator of the deployment at the boundary of
// a density; 0 where agents or accelerators are unknown.
func (c Capacity) watts(p plimsoll.PerMegawatt) float64 {
	if c.Accelerators == 0 || !(p.Value > 0) {
		return 0
	}
	if p.MeanW > 0 {
		return p.MeanW / float64(c.Accelerators)
	}
	return float64(c.Agents) / p.Value * 1e6 / float64(c.Accelerators)
}
