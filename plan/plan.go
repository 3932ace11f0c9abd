package plan

import (
	"fmt"
	"slices"
	"strings"

	"plimsoll"
)

// schema names the form of a plan's JSON.
const schema = "plimsoll-plan/1"

// Plan answers a request, system by system.
type Plan struct {
	Schema   string   `json:"schema"`
	Question string   `json:"question"` // one sentence
	Tiers    []string `json:"tiers"`
	BudgetMW float64  `json:"budget_mw"` // 0 none was given
	Boundary Level    `json:"boundary"`  // of the budget
	Systems  []Answer `json:"systems"`
	Notes    []string `json:"notes"`
}

// Compute answers the request. It refuses what would mislead.
func Compute(r Request) (Plan, error) {
	if err := r.Validate(); err != nil {
		return Plan{}, err
	}
	if err := r.comparable(); err != nil {
		return Plan{}, err
	}
	mix, err := r.mix()
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Schema: schema, Question: r.question(), BudgetMW: float64(r.Power) / 1e6, Boundary: r.At, Notes: r.notes()}
	for _, portion := range mix {
		p.Tiers = append(p.Tiers, portion.Tier)
	}
	for _, s := range r.Systems {
		a, err := r.answer(s, mix)
		if err != nil {
			return Plan{}, err
		}
		r.team(&a)
		a.Sensitivity = r.sensitivity(s, mix, a)
		p.Systems = append(p.Systems, a)
	}
	mark(p.Systems)
	return p, nil
}

// mix returns the asked tiers with their shares: by default the loosest tier that
// all systems have. Tiers are matched by name or limits and must mean the same
// limits in every system.
func (r Request) mix() (Mix, error) {
	mix := r.Mix
	if r.Tier != "" {
		mix = Mix{{r.Tier, 1}}
	}
	if len(mix) == 0 {
		return r.loosest()
	}
	out := slices.Clone(mix)
	for i, p := range mix {
		var limits string
		for _, s := range r.Systems {
			c, err := s.named(p.Tier)
			if err != nil {
				return nil, fmt.Errorf("plan: %w", err)
			}
			if limits != "" && c.Tier.String() != limits {
				return nil, fmt.Errorf("plan: tiers must not be mixed: %s is %s for %s, %s for %s", p.Tier, limits, r.Systems[0].Name, c.Tier.String(), s.Name)
			}
			limits = c.Tier.String()
		}
		out[i].Tier = limits
	}
	return out, nil
}

func (r Request) loosest() (Mix, error) {
	var best *plimsoll.Tier
	var have []string
	for _, c := range r.Systems[0].Capacities {
		common := true
		for _, s := range r.Systems[1:] {
			_, err := s.capacity(c.Tier.String())
			common = common && err == nil
		}
		if common && (best == nil || c.Tier.SpeedTPS < best.SpeedTPS) {
			best = &c.Tier
		}
	}
	if best != nil {
		return Mix{{best.String(), 1}}, nil
	}
	for _, s := range r.Systems {
		for _, c := range s.Capacities {
			have = append(have, s.Name+" "+c.Tier.String())
		}
	}
	return nil, fmt.Errorf("plan: the systems have no tier in common, and tiers must not be mixed: %s", strings.Join(have, "; "))
}

// comparable refuses systems that must not stand side by side.
func (r Request) comparable() error {
	first := r.Systems[0]
	simulated := 0
	for _, s := range r.Systems {
		if s.Preset != first.Preset || s.Method != first.Method {
			return fmt.Errorf("plan: presets must not be mixed: %s is preset %s, method %s; %s is preset %s, method %s; plan them one at a time",
				first.Name, first.Preset, first.Method, s.Name, s.Preset, s.Method)
		}
		if s.Evidence == Simulated {
			simulated++
		}
	}
	if simulated > 0 && simulated < len(r.Systems) && !r.WithSimulated {
		return fmt.Errorf("plan: simulated and measured systems stand side by side only with --with-simulated, which marks them")
	}
	return nil
}

// notes says what sets the systems apart without forbidding the plan.
func (r Request) notes() []string {
	notes := []string{}
	first := r.Systems[0]
	for _, s := range r.Systems {
		if s.Evidence == Simulated {
			notes = append(notes, s.Name+" is simulated: its figures are no measurement and carry no mark")
		}
	}
	for _, s := range r.Systems[1:] {
		if s.Model != first.Model {
			notes = append(notes, fmt.Sprintf("the systems serve different models: %s and %s", first.Model, s.Model))
		}
		if s.Workload != first.Workload {
			notes = append(notes, fmt.Sprintf("the systems were measured on different trajectories: %s and %s", first.Workload, s.Workload))
		}
	}
	if first.Preset == "quick" {
		notes = append(notes, "preset quick is for looking, not for buying: measure with standard or publish")
	}
	return notes
}

// mark names the cheapest and the densest of the systems that carry anything;
// simulated ones compete only with their like.
func mark(all []Answer) {
	if len(all) < 2 {
		return
	}
	mixed := slices.ContainsFunc(all, func(a Answer) bool { return a.Evidence != Simulated })
	cheapest, densest := -1, -1
	priced := true
	for i, a := range all {
		if a.AgentsAfterRedundancy == 0 || mixed && a.Evidence == Simulated {
			continue
		}
		if a.CostPerAgentHour == nil {
			priced = false
		} else if cheapest < 0 || *a.CostPerAgentHour < *all[cheapest].CostPerAgentHour {
			cheapest = i
		}
		if densest < 0 || a.AgentsPerMW > all[densest].AgentsPerMW {
			densest = i
		}
	}
	if cheapest >= 0 && priced {
		all[cheapest].Cheapest = true
	}
	if densest >= 0 {
		all[densest].Densest = true
	}
}

// question writes what was asked as a sentence.
func (r Request) question() string {
	demand := ""
	if r.Population != nil && r.Population.Users > 0 {
		demand = thousands(r.Population.Users) + " " + plural(r.Population.Users, "user")
	} else if r.Agents > 0 {
		demand = thousands(r.Agents) + " " + plural(r.Agents, "agent")
	}
	if !r.supplied() {
		return "What do " + demand + " need?"
	}
	var supply []string
	if r.Power > 0 {
		supply = append(supply, fmt.Sprintf("%s MW of %s power", number(float64(r.Power)/1e6), r.At))
	}
	if r.Units > 0 {
		supply = append(supply, thousands(r.Units)+" "+plural(r.Units, "unit"))
	}
	if r.Racks > 0 {
		supply = append(supply, thousands(r.Racks)+" "+plural(r.Racks, "rack"))
	}
	if demand != "" {
		return "What do " + demand + " need of " + strings.Join(supply, " and ") + "?"
	}
	return "How many agents fit into " + strings.Join(supply, " and ") + "?"
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
