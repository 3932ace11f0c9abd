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
	Supply    int     `json:"supply_agents"`   // that the whole supply carries after redundancy
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
	if c, err := s.capacity(mix[0].Tier); err == nil && c.Agents == 0 && len(c.Densities) > 0 {
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

// size finds units and agents, and what bounds them: as many units as the demand
// takes where it fits into the supply or none is given, else the whole supply.
func (r Request) size(a *Answer, s System, pools []pool, p packing) error {
	slots, active := r.demand()
	wanted := ceil(float64(slots) / (1 - float64(r.Headroom))) // agents after redundancy
	units := 0
	if slots > 0 {
		units = unitsFor(pools, wanted, r.Redundancy)
		a.Limit, a.LimitWhy = "demand", fmt.Sprintf("%s agents after redundancy are what was asked for", thousands(wanted))
	}
	whole := units // what the supply holds
	if r.supplied() {
		var err error
		if whole, err = r.supply(a, s, p, units); err != nil {
			return err
		}
		if slots == 0 || whole < units {
			units = whole
		}
	} else if units >= 10_000_000 {
		return fmt.Errorf("plan: %s would take over 10,000,000 units, or carries nobody at this tier", s.Name)
	}
	a.Agents = most(pools, units, Redundancy{})
	a.AgentsAfterRedundancy = most(pools, units, r.Redundancy)
	a.AgentsPlanned = r.afterHeadroom(a.AgentsAfterRedundancy)
	a.Units = max(unitsFor(pools, a.Agents, Redundancy{}), unitsFor(pools, a.AgentsAfterRedundancy, r.Redundancy))
	if a.AgentsAfterRedundancy == 0 {
		a.Units = unitsFor(pools, a.Agents, Redundancy{})
	}
	a.Accelerators = a.Units * s.Unit.Accelerators
	if a.AgentsAfterRedundancy == 0 && a.Agents > 0 {
		a.Limit, a.LimitWhy = "redundancy", fmt.Sprintf("%s leaves nothing of %d %s", r.Redundancy, a.Units, plural(a.Units, s.Unit.Name))
	}
	if per := r.unitsPerRack(s); per > 0 {
		racks := (a.Units + per - 1) / per
		a.Racks = &racks
	}
	r.judge(a, slots, active, most(pools, whole, r.Redundancy))
	return nil
}

func (r Request) afterHeadroom(agents int) int {
	return floor(float64(agents) * (1 - float64(r.Headroom)))
}

// supply counts the units that power, racks and their stated number allow, and names
// the limit unless fewer are needed.
func (r Request) supply(a *Answer, s System, p packing, needed int) (int, error) {
	units := -1
	limit := func(n int, name, why string) {
		if units >= 0 && n >= units {
			return
		}
		if units = n; needed == 0 || n < needed {
			a.Limit, a.LimitWhy = name, why
		}
	}
	if r.Units > 0 {
		limit(r.Units, "units", fmt.Sprintf("no more than %d %s", r.Units, plural(r.Units, s.Unit.Name)))
	}
	if r.Racks > 0 {
		per := r.unitsPerRack(s)
		if per == 0 {
			return 0, fmt.Errorf("plan: %s: how many units stand in a rack is not known: give rack-power, which is packed by provisioned power, not less than a unit's", s.Name)
		}
		limit(r.Racks*per, "racks", fmt.Sprintf("no more than %d racks of %d %s", r.Racks, per, plural(per, s.Unit.Name)))
	}
	if r.Power > 0 {
		limit(p.units(r.Power), "power", fmt.Sprintf("another %s of %s kW provisioned (%s) does not fit into the budget", s.Unit.Name, short(p.unitW/1000), p.figure.Boundary))
	}
	return units, nil
}

// judge sets the demand against the plan and names what stands in its way. supply is
// what the whole supply carries after redundancy.
func (r Request) judge(a *Answer, slots int, active float64, supply int) {
	if r.Population == nil && r.Agents == 0 {
		return
	}
	d := &Demand{Mean: active, Slots: slots, Met: a.AgentsPlanned >= slots, Supply: supply}
	if r.Population != nil {
		d.Users, d.Supported = r.Population.Users, r.Population.served(r.afterHeadroom(supply))
	}
	a.Demand = d
	if d.Met || !r.supplied() {
		return
	}
	switch {
	case r.afterHeadroom(a.Agents) >= slots:
		a.Limit, a.LimitWhy = "redundancy", fmt.Sprintf("%s fit on all units, not after %s", slotsWord(slots), r.Redundancy)
	case active <= float64(a.AgentsPlanned) && r.Population != nil:
		a.Limit, a.LimitWhy = "blocking", fmt.Sprintf("%s agents are active on average and would fit; to block at most %s of sessions takes %s", number(active), r.Population.Blocking, slotsWord(slots))
	}
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

// energy counts what the plan draws, by mean power.
func (r Request) energy(a *Answer, s System, pools []pool) error {
	var watts, units float64
	var e plimsoll.Energy
	for i, p := range pools {
		mean, steps, err := r.meanFacility(s, p.capacity)
		if err != nil {
			return err
		}
		if !mean.Valid || mean.MeanWatts == 0 {
			return nil
		}
		weight := float64(max(1, a.ByTier[i].Units+a.ByTier[i].Spares))
		watts, units = watts+weight*mean.MeanWatts, units+weight
		if i == 0 || mean.Grade < e.Grade {
			e = mean
		}
		for _, step := range steps {
			if !containsStep(a.Conversions, step) {
				a.Conversions = append(a.Conversions, step)
			}
		}
	}
	share := occupancy(r.Day)
	loaded := watts / units * float64(a.Accelerators) / 1e6
	mean := loaded * (float64(r.Idle) + (1-float64(r.Idle))*share)
	out := &Energy{MeanMW: mean, PeakMW: loaded, MWhPerDay: 24 * mean, Boundary: e.Boundary, Basis: e.Basis, Grade: e.Grade, Source: e.Source}
	if e.MeanWatts > 0 {
		out.Uncertainty = e.UncertaintyW / e.MeanWatts
	}
	if carried := r.carried(a) * share; carried > 0 {
		out.WhPerAgentHour = mean * 1e6 / carried
	}
	a.Energy = out
	return nil
}

func containsStep(steps []Step, s Step) bool {
	for _, other := range steps {
		if other == s {
			return true
		}
	}
	return false
}

// carried is the mean number of agents at the busiest hour: what is asked for where
// that is known and fits, else all that the plan promises.
func (r Request) carried(a *Answer) float64 {
	if a.Demand != nil && a.Demand.Slots > 0 && a.Demand.Mean < float64(a.AgentsPlanned) {
		return a.Demand.Mean
	}
	return float64(a.AgentsPlanned)
}

// money prices the plan.
func (r Request) money(a *Answer, s System) {
	price := s.Price.over(r.Price)
	if !price.known() || price.Capex > 0 && price.KWh > 0 && a.Energy == nil {
		return
	}
	kW := 0.0
	if a.Energy != nil {
		kW = a.Energy.MeanMW * 1000
	}
	hour := price.hourly(a.Accelerators, kW)
	month := hour * hoursPerMonth
	a.CostPerHour, a.CostPerMonth = &hour, &month
	if carried := r.carried(a) * occupancy(r.Day); carried > 0 {
		per := hour / carried
		a.CostPerAgentHour = &per
	}
}

func slotsWord(n int) string { return thousands(n) + " " + plural(n, "slot") }

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
