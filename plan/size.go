package plan

import "fmt"

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
	d := &Demand{Mean: active, Slots: slots, Met: a.AgentsPlanned >= slots}
	if r.supplied() {
		d.Supply = supply
	}
	if r.Population != nil {
		d.Users = r.Population.Users
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

// team finds the most users that the whole supply carries, else the whole plan.
func (r Request) team(a *Answer) {
	if a.Demand == nil || r.Population == nil {
		return
	}
	agents := a.AgentsAfterRedundancy
	if r.supplied() {
		agents = a.Demand.Supply
	}
	a.Demand.Supported = r.Population.served(r.afterHeadroom(agents))
}
