package plan

import (
	"fmt"

	"plimsoll"
)

// Answer is what the request comes to on one system.
type Answer struct {
	System      string   `json:"system"`
	Evidence    Evidence `json:"evidence"` // measured, published, simulated
	Source      string   `json:"source"`
	Accelerator string   `json:"accelerator"`

	Unit         string `json:"unit"`
	Units        int    `json:"units"`
	Accelerators int    `json:"accelerators"`
	Racks        *int   `json:"racks"` // null where the units of a rack are not known

	Agents                int          `json:"agents"` // on all units
	AgentsAfterRedundancy int          `json:"agents_after_redundancy"`
	AgentsPlanned         int          `json:"agents_planned"` // after redundancy and headroom
	ByTier                []TierAnswer `json:"by_tier"`
	Interval              *Interval    `json:"interval"` // null where no system states one

	PowerMW     *float64 `json:"power_mw"`    // that the units need, at the budget's boundary
	ITMW        *float64 `json:"it_mw"`       // provisioned for the units alone
	FacilityMW  *float64 `json:"facility_mw"` // provisioned, reserve and cooling included
	StrandedMW  *float64 `json:"stranded_mw"` // of the budget, at its boundary
	AgentsPerMW float64  `json:"agents_per_mw"`
	Conversions []Step   `json:"conversions"`

	Limit    string  `json:"limit"` // power, racks, units, redundancy, blocking, demand
	LimitWhy string  `json:"limit_why"`
	Demand   *Demand `json:"demand"` // null none was asked

	Energy           *Energy  `json:"energy"` // null where no power is known
	CostPerHour      *float64 `json:"cost_per_hour"`
	CostPerMonth     *float64 `json:"cost_per_month"`
	CostPerAgentHour *float64 `json:"cost_per_agent_hour"` // null without a price

	Densities   []Density     `json:"densities"`
	Sensitivity []Sensitivity `json:"sensitivity"`
	Cheapest    bool          `json:"cheapest"`
	Densest     bool          `json:"densest"`
	Assumptions []string      `json:"assumptions"`
}

// TierAnswer is one pool.
type TierAnswer struct {
	Tier            string  `json:"tier"`
	Share           float64 `json:"share"`
	Units           int     `json:"units"`  // that work, spares apart
	Spares          int     `json:"spares"` // units
	Agents          int     `json:"agents"` // after redundancy
	UnitsPerBlock   int     `json:"units_per_deployment"`
	Deployments     int     `json:"deployments_per_unit"`
	AgentsMeasured  int     `json:"agents_per_deployment_measured"`
	AgentsPlanned   int     `json:"agents_per_deployment"`
	DeploymentAccel int     `json:"accelerators_per_deployment"`
}

// Interval is what the answer becomes at the ends of the systems' own intervals.
type Interval struct {
	Low  int    `json:"agents_low"` // after redundancy
	High int    `json:"agents_high"`
	Span string `json:"span"` // what the ends are
}

// Demand is what was asked to be carried.
type Demand struct {
	Users     int     `json:"users"`       // 0 agents were asked for
	Mean      float64 `json:"mean_active"` // agents at the busiest hour
	Slots     int     `json:"slots"`       // that keep the blocking target
	Met       bool    `json:"met"`
	Supply    int     `json:"supply_agents"`   // that the whole supply carries after redundancy; 0 none was given
	Supported int     `json:"users_supported"` // most users of this kind that the whole supply carries
}

// Energy is what the plan draws from the grid.
type Energy struct {
	MeanMW         float64           `json:"mean_facility_mw"` // over the day
	PeakMW         float64           `json:"loaded_facility_mw"`
	MWhPerDay      float64           `json:"mwh_per_day"`
	WhPerAgentHour float64           `json:"wh_per_agent_hour"`
	Uncertainty    float64           `json:"relative_uncertainty"` // k = 2, of the meter alone; 0 not stated
	Boundary       plimsoll.Boundary `json:"boundary"`
	Basis          plimsoll.Basis    `json:"basis"`
	Grade          plimsoll.Grade    `json:"grade"`
	Source         string            `json:"source"`
}

// answer plans one system; sensitivity and marks come later.
func (r Request) answer(s System, mix Mix) (Answer, error) {
	if c, err := s.capacity(mix[0].Tier); err == nil && c.Agents == 0 && len(c.Densities) > 0 && c.Densities[0].Value > 0 {
		return r.byDensity(s, c, mix)
	}
	pools, err := r.pools(s, mix)
	if err != nil {
		return Answer{}, err
	}
	p, err := r.pack(s)
	if err != nil && (r.Power > 0 || !r.supplied()) {
		return Answer{}, err
	}
	a := Answer{System: s.Name, Evidence: s.Evidence, Source: s.Source, Accelerator: s.Accelerator, Unit: s.Unit.Name,
		Conversions: append([]Step{}, p.steps...), Assumptions: []string{}}
	if err := r.size(&a, s, pools, p); err != nil {
		return Answer{}, err
	}
	a.ByTier = tierAnswers(pools, a.AgentsAfterRedundancy, r.Redundancy)
	a.Interval = r.interval(s, pools, a.Units)
	r.powers(&a, s, p)
	if err := r.energy(&a, s, pools); err != nil {
		return Answer{}, err
	}
	if err := r.overdrawn(s, pools, a); err != nil {
		return Answer{}, err
	}
	r.money(&a, s)
	a.Densities = r.densities(s, mix, a)
	a.Assumptions = r.assumptions(s, pools, p, a)
	return a, nil
}

// pools lays the tiers out on the system's units.
func (r Request) pools(s System, mix Mix) ([]pool, error) {
	var pools []pool
	for _, portion := range mix {
		c, err := s.capacity(portion.Tier)
		if err != nil {
			return nil, fmt.Errorf("plan: %w", err)
		}
		p, err := newPool(s, c, float64(portion.Share))
		if err != nil {
			return nil, err
		}
		if p.agents, err = r.toolTime(s, c, c.Agents); err != nil {
			return nil, err
		}
		pools = append(pools, p)
	}
	return pools, nil
}

func tierAnswers(pools []pool, agents int, red Redundancy) []TierAnswer {
	var out []TierAnswer
	for _, p := range pools {
		t := TierAnswer{Tier: p.capacity.Tier.String(), Share: p.share, UnitsPerBlock: p.units, Deployments: p.replicas,
			AgentsMeasured: p.capacity.Agents, AgentsPlanned: p.agents, DeploymentAccel: p.capacity.Accelerators, Agents: floor(float64(agents) * p.share)}
		if agents > 0 {
			t.Units = p.need(agents)
			t.Spares = red.Spare
			if red.Double {
				t.Spares = t.Units
			}
		}
		out = append(out, t)
	}
	return out
}

// interval plans again at the ends of the capacities' own intervals.
func (r Request) interval(s System, pools []pool, units int) *Interval {
	span := ""
	for _, p := range pools {
		if p.capacity.High > 0 {
			span = p.capacity.Span
		}
	}
	if span == "" {
		return nil
	}
	scaled := func(n int) func(pool) int {
		return func(p pool) int {
			end := p.capacity.Agents
			if p.capacity.High > 0 {
				end = []int{p.capacity.Low, p.capacity.High}[n]
			}
			agents, err := r.toolTime(s, p.capacity, end)
			if err != nil { // the same rescaling has worked for the capacity itself
				return p.agents
			}
			return agents
		}
	}
	return &Interval{Low: most(with(pools, scaled(0)), units, r.Redundancy), High: most(with(pools, scaled(1)), units, r.Redundancy), Span: span}
}

// powers writes what the units need at each boundary, provisioned.
func (r Request) powers(a *Answer, s System, p packing) {
	if p.unitW == 0 {
		return
	}
	need := float64(a.Units) * p.unitW * p.scale / 1e6
	a.PowerMW = &need
	if r.Power > 0 {
		left := float64(r.Power)/1e6 - need
		a.StrandedMW = &left
	}
	if need > 0 {
		a.AgentsPerMW = float64(a.AgentsAfterRedundancy) / need
	}
	inner, ok := s.Unit.figure(plimsoll.BoundaryRackNetwork)
	if ok && plimsoll.BoundaryNodeAC.Within(inner.Boundary) {
		it := float64(a.Accelerators) * inner.Watts / 1e6
		facility := it / (1 - float64(r.Reserve)) * r.PUE
		a.ITMW, a.FacilityMW = &it, &facility
	} else if whole, ok := s.Unit.at(plimsoll.BoundaryFacility); ok {
		facility := float64(a.Accelerators) * whole.Watts / 1e6
		it := facility / r.PUE
		a.ITMW, a.FacilityMW = &it, &facility
	}
}

func slotsWord(n int) string { return thousands(n) + " " + plural(n, "slot") }

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
