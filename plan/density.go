package plan

import (
	"fmt"

	"plimsoll"
)

// Density is agents over megawatts at one boundary: the same capacity, divided by
// more and more of what it takes to run it.
type Density struct {
	Tier        string            `json:"tier"`
	Boundary    plimsoll.Boundary `json:"boundary"`
	Basis       plimsoll.Basis    `json:"basis"`
	WattsPer    float64           `json:"w_per_accelerator"` // 0 not published
	AgentsPerMW float64           `json:"agents_per_mw"`
	// Budget is agents per MW times the budget; null where the boundary is not the
	// budget's, since that product would overstate it.
	Budget *float64 `json:"agents_at_budget"`
	Whole  bool     `json:"whole_units"`
	What   string   `json:"what"`
}

// densities lists a capacity at every boundary whose power is known, narrowest
// first, and at last in whole units.
func (r Request) densities(s System, mix Mix, a Answer) []Density {
	out := []Density{}
	for _, portion := range mix {
		c, err := s.capacity(portion.Tier)
		if err != nil {
			continue
		}
		for _, d := range c.Densities {
			out = append(out, r.density(Density{Tier: c.Tier.String(), Boundary: d.Boundary, Basis: d.Basis, WattsPer: c.watts(d), AgentsPerMW: d.Value, What: "by mean power: " + d.Source}))
		}
		if c.Agents == 0 || c.Accelerators == 0 {
			continue
		}
		for _, f := range s.Unit.Power {
			out = append(out, r.density(Density{Tier: c.Tier.String(), Boundary: f.Boundary, Basis: plimsoll.Provisioned, WattsPer: f.Watts,
				AgentsPerMW: float64(c.Agents) / float64(c.Accelerators) / f.Watts * 1e6, What: f.Source}))
		}
	}
	sortDensities(out)
	if len(mix) == 1 && r.Power > 0 && a.Units > 0 && a.Limit != "demand" {
		agents := float64(a.Agents)
		out = append(out, Density{Tier: mix[0].Tier, Boundary: r.At.boundary(), Basis: plimsoll.Provisioned, AgentsPerMW: agents / float64(r.Power) * 1e6, Budget: &agents, Whole: true,
			What: fmt.Sprintf("%d %s of %d, before redundancy", a.Units, plural(a.Units, s.Unit.Name), s.Unit.Accelerators)})
	}
	return out
}

func (r Request) density(d Density) Density {
	if r.Power > 0 && d.Boundary == r.At.boundary() {
		agents := d.AgentsPerMW * float64(r.Power) / 1e6
		d.Budget = &agents
	}
	return d
}

// sortDensities orders by boundary, measured before provisioned.
func sortDensities(all []Density) {
	for i := 1; i < len(all); i++ {
		for j := i; j > 0 && all[j].Boundary != all[j-1].Boundary && all[j].Boundary.Within(all[j-1].Boundary); j-- {
			all[j], all[j-1] = all[j-1], all[j]
		}
	}
}

// byDensity answers for a system of which only agents per megawatt are published.
// Without its agents and accelerators no unit can be formed, so there is neither
// redundancy nor cost; and the figure holds at its own boundary alone.
func (r Request) byDensity(s System, c Capacity, mix Mix) (Answer, error) {
	d := c.Densities[0]
	switch {
	case len(mix) > 1 || r.Power == 0 || r.Redundancy != (Redundancy{}) || r.Units > 0 || r.Racks > 0 || r.ToolTime > 0:
		return Answer{}, fmt.Errorf("plan: %s: only agents per megawatt are published, not its agents and accelerators, so no unit can be formed for units, racks, redundancy, a mix, tool time or a reverse question: give agents= and accelerators=", s.Name)
	case d.Boundary != r.At.boundary():
		return Answer{}, fmt.Errorf("plan: %s: %s agents/MW count %s power alone; a budget of %s power holds less of it, so they must not be multiplied: give --boundary %s, or agents= and accelerators= of a deployment, so that whole units are packed by provisioned power",
			s.Name, number(d.Value), d.Boundary, r.At, levelOf(d.Boundary))
	}
	a := Answer{System: s.Name, Evidence: s.Evidence, Source: s.Source, Accelerator: s.Accelerator, Unit: "none", ByTier: []TierAnswer{}, Conversions: []Step{},
		Limit: "power", LimitWhy: "agents per megawatt times the budget; no unit is known", AgentsPerMW: d.Value}
	a.Agents = floor(d.Value * float64(r.Power) / 1e6)
	a.AgentsAfterRedundancy = a.Agents
	a.AgentsPlanned = floor(float64(a.Agents) * (1 - float64(r.Headroom)))
	a.Densities = r.densities(s, mix, a)
	slots, active := r.demand()
	r.judge(&a, slots, active, a.Agents)
	a.Assumptions = []string{
		fmt.Sprintf("Capacity: %s agents/MW of %s power at %s, %s; source: %s.", number(d.Value), d.Boundary, c.Tier, s.Evidence, s.Source),
		"No unit: agents and accelerators of the deployment are not published, so nothing is rounded to whole units, which favours this system.",
		"No redundancy, racks, energy or cost, for the same reason.",
	}
	return a, nil
}

func levelOf(b plimsoll.Boundary) Level {
	switch b {
	case plimsoll.BoundaryAccelerator:
		return LevelAccelerator
	case plimsoll.BoundaryFacility:
		return LevelFacility
	case plimsoll.BoundaryRackNetwork:
		return LevelIT
	}
	return LevelRack
}
