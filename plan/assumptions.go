package plan

import (
	"fmt"
	"strings"
)

// assumptions lists everything that the answer rests on, one sentence each.
func (r Request) assumptions(s System, pools []pool, p packing, a Answer) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, q := range pools {
		c := q.capacity
		say("Capacity at %s: %s agents on %d %s, %s; source: %s.", c.Tier, thousands(c.Agents), c.Accelerators, plural(c.Accelerators, "accelerator"), s.Evidence, s.Source)
		switch {
		case q.units > 1:
			say("A deployment at %s spans %d %ss; none of them serves anything else.", c.Tier, q.units, s.Unit.Name)
		case q.replicas > 1:
			say("%d deployments at %s stand side by side in a %s; each is taken to carry what one carried alone.", q.replicas, c.Tier, s.Unit.Name)
		}
		if rest := s.Unit.Accelerators*q.units - c.Accelerators*q.replicas; rest > 0 {
			say("%d accelerators of each %d serve nobody at %s, since a result is not scaled to another size; they are bought and powered.", rest, s.Unit.Accelerators*q.units, c.Tier)
		}
	}
	r.sayPower(say, s, pools, p)
	r.sayLoad(say, s, pools)
	r.sayDemand(say, s, a)
	r.sayEnergy(say, s, a.Conversions[len(p.steps):], a.Energy)
	return out
}

type sayer func(format string, args ...any)

func (r Request) sayPower(say sayer, s System, pools []pool, p packing) {
	if p.unitW > 0 {
		say("Units are packed by provisioned power: %s W an accelerator at %s (%s), %s kW for a %s of %d.", number(p.figure.Watts), p.figure.Boundary, p.figure.Source,
			short(p.figure.Watts*float64(s.Unit.Accelerators)/1000), s.Unit.Name, s.Unit.Accelerators)
		if r.Diversity > 1 {
			say("Oversubscribed: provisioned power is divided by a diversity factor of %g; without a power cap that holds, a breaker may trip.", r.Diversity)
		}
		if string(p.figure.Boundary) == "facility" {
			say("That figure covers the whole facility, so neither PUE nor reserve is applied to the packing.")
		}
	}
	for _, q := range pools {
		for _, d := range q.capacity.Densities {
			if r.Power > 0 && d.Boundary == r.At.boundary() {
				say("By mean power at %s the budget would be %s agents (%s agents/MW); packed by provisioned power fewer fit, and no breaker trips at a peak.", d.Boundary, thousands(floor(d.Value*float64(r.Power)/1e6)), number(d.Value))
			}
		}
	}
	for _, step := range p.steps {
		say("Budget carried from %s to %s by a factor of %s: %s.", step.From, step.To, short(step.Factor), step.Why)
	}
	if s.Unit.Name != "rack" {
		if r.RackPower > 0 {
			say("A rack feeds %s kW and is packed by provisioned power.", number(float64(r.RackPower)/1000))
		} else {
			say("Racks are not counted: the power of a rack was not given.")
		}
	}
}

func (r Request) sayLoad(say sayer, s System, pools []pool) {
	say("Redundancy %s, taken after rounding to units; the failure unit is a %s%s.", r.Redundancy, s.Unit.Name, spares(pools, r))
	if r.Headroom > 0 {
		say("Headroom: %s of the agents after redundancy are kept free.", r.Headroom)
	}
	if len(pools) > 1 {
		say("Each tier has a pool of its own units; tiers mixed on one deployment were not measured.")
	}
	switch {
	case r.ToolTime > 0 && r.KV == KVMemory:
		say("Mean tool time %s: each waiting agent holds its context, so longer waits make no room; shorter ones cost agents by the closed-network law N' = N (Z' + R) / (Z + R).", r.ToolTime)
	case r.ToolTime > 0:
		say("Mean tool time %s by the closed-network law N' = N (Z' + R) / (Z + R) at the measured load; the contexts of waiting agents are taken to stay cached at no cost. Estimated, not measured.", r.ToolTime)
	default:
		say("Tool time as in the measured workload; an agent holds its slot while its tool runs.")
	}
	for _, p := range pools {
		if p.capacity.High == 0 {
			say("No uncertainty is stated for the capacity at %s, so the answer has no interval.", p.capacity.Tier)
		}
	}
}

func spares(pools []pool, r Request) string {
	if len(pools) > 1 && r.Redundancy != (Redundancy{}) {
		return ", with spares in each tier's pool"
	}
	return ""
}

func (r Request) sayDemand(say sayer, _ System, a Answer) {
	q := r.Population
	if q == nil {
		return
	}
	model := map[string]string{
		ErlangB: "Erlang B: a session that finds no slot is turned away", ErlangC: "Erlang C: a session that finds no slot waits",
		Binomial: "Binomial, finite source: how often more sessions are active than there are slots",
	}[q.Model]
	if q.Users == 0 {
		say("Users: %s active at the busiest hour, agents of an active user: %s; at most %s blocked. %s.", q.Active, number(q.Sessions), q.Blocking, model)
		return
	}
	grown := ""
	if q.Growth > 0 {
		grown = fmt.Sprintf(" and %s growth", q.Growth)
	}
	say("%s users%s, %s active at the busiest hour, agents of an active user: %s; so %s agents on average.", thousands(q.Users), grown, q.Active, number(q.Sessions), number(q.offered()))
	say("%s; %s keep the share at or below %s.", model, slotsWord(a.Demand.Slots), q.Blocking)
}

func (r Request) sayEnergy(say sayer, s System, steps []Step, e *Energy) {
	if e != nil {
		say("Energy by mean power, all units counted as loaded at the peak, spares too; %s at the facility, grade %s: %s.", e.Basis, e.Grade, strings.TrimSuffix(e.Source, "."))
		for _, step := range steps {
			say("Mean power carried from %s to %s by a factor of %s: %s.", step.From, step.To, short(step.Factor), step.Why)
		}
	} else {
		say("No energy: no power that can be carried to the facility is known.")
	}
	if len(r.Day) > 0 {
		say("Day curve: mean load %s of the peak; an idle unit draws %s of its loaded mean.", Share(occupancy(r.Day)), r.Idle)
	} else {
		say("Full load all day; without a day curve, agent-hours and energy are those of the peak.")
	}
	if price := s.Price.over(r.Price); price.known() {
		say("Price: %s. Spare and unused accelerators are paid for.", price)
	} else {
		say("No price was given, so there is no cost.")
	}
}
