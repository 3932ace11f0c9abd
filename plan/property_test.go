package plan_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/plan"
)

// drawSystem makes a system with two tiers on units of any size.
func drawSystem(t *rapid.T) plan.System {
	watts := rapid.Float64Range(300, 2500).Draw(t, "watts")
	loose := rapid.IntRange(1, 3000).Draw(t, "loose")
	return plan.System{
		Name: "system", Evidence: plan.Measured, Source: "drawn", Preset: "standard", Method: "aa",
		Unit: plan.Unit{Name: "node", Accelerators: rapid.IntRange(1, 80).Draw(t, "unit"), Power: []plan.Figure{
			{Boundary: plimsoll.BoundaryAccelerator, Watts: watts * 0.6, Source: "drawn"}, {Boundary: plimsoll.BoundaryNodeAC, Watts: watts, Source: "drawn"}}},
		Capacities: []plan.Capacity{
			{Tier: plimsoll.Tier{Name: "loose", SpeedTPS: 20, TTFT: 10 * time.Second}, Accelerators: rapid.IntRange(1, 100).Draw(t, "accelerators"), Agents: loose, CycleS: 10, ToolS: 2},
			{Tier: plimsoll.Tier{Name: "tight", SpeedTPS: 60, TTFT: 5 * time.Second}, Accelerators: rapid.IntRange(1, 100).Draw(t, "accelerators tight"), Agents: rapid.IntRange(1, loose).Draw(t, "tight"), CycleS: 10, ToolS: 2},
		},
	}
}

// drawRequest makes a request for power on one system.
func drawRequest(t *rapid.T) plan.Request {
	r := request(plimsoll.Watts(rapid.Float64Range(1e3, 2e7).Draw(t, "budget")), rapid.SampledFrom([]plan.Level{plan.LevelFacility, plan.LevelIT, plan.LevelRack, plan.LevelAccelerator}).Draw(t, "level"), drawSystem(t))
	r.PUE = rapid.Float64Range(1, 2).Draw(t, "pue")
	r.Reserve = plan.Share(rapid.Float64Range(0, 0.3).Draw(t, "reserve"))
	r.Redundancy = rapid.SampledFrom([]plan.Redundancy{{}, {Spare: 1}, {Spare: 2}, {Double: true}}).Draw(t, "redundancy")
	if rapid.Bool().Draw(t, "mixed") {
		share := plan.Share(rapid.Float64Range(0.05, 0.95).Draw(t, "share"))
		r.Mix = plan.Mix{{Tier: "loose", Share: share}, {Tier: "tight", Share: 1 - share}}
	}
	return r
}

func answer(t *rapid.T, r plan.Request) plan.Answer {
	p, err := plan.Compute(r)
	if err != nil {
		t.Fatal(err)
	}
	return p.Systems[0]
}

func TestMorePowerNeverFewerAgents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		less := answer(t, r)
		r.Power *= plimsoll.Watts(rapid.Float64Range(1, 3).Draw(t, "more"))
		if more := answer(t, r); more.Agents < less.Agents || more.AgentsAfterRedundancy < less.AgentsAfterRedundancy {
			t.Fatalf("more power: %d (%d) agents, less: %d (%d)", more.Agents, more.AgentsAfterRedundancy, less.Agents, less.AgentsAfterRedundancy)
		}
	})
}

func TestSparesNeverAddAgents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		last := math.MaxInt
		for _, red := range []plan.Redundancy{{}, {Spare: 1}, {Spare: 2}} {
			r.Redundancy = red
			a := answer(t, r)
			if a.AgentsAfterRedundancy > last || a.AgentsAfterRedundancy > a.Agents {
				t.Fatalf("%s carries %d of %d agents, less redundancy %d", red, a.AgentsAfterRedundancy, a.Agents, last)
			}
			last = a.AgentsAfterRedundancy
		}
	})
}

// Whatever is rounded, the buyer never gets more than unrounded arithmetic gives:
// power at most the budget, agents at most capacity per accelerator times
// accelerators, racks and spares at least their quotients.
func TestRoundingNeverFavoursTheBuyer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		r.RackPower = 3e5
		a := answer(t, r)
		s := r.Systems[0]
		if *a.PowerMW > float64(r.Power)/1e6*(1+1e-9) || *a.StrandedMW < -1e-9*float64(r.Power) {
			t.Fatalf("units need %g MW of %g", *a.PowerMW, float64(r.Power)/1e6)
		}
		best := 0.0
		for _, c := range s.Capacities {
			best = math.Max(best, float64(c.Agents)/float64(c.Accelerators))
		}
		if float64(a.Agents) > best*float64(a.Accelerators)*(1+1e-9) {
			t.Fatalf("%d agents on %d accelerators of at most %g each", a.Agents, a.Accelerators, best)
		}
		busy := 0
		for _, tier := range a.ByTier {
			busy += tier.Units + tier.Spares
			blocks := tier.Units / tier.UnitsPerBlock * tier.Deployments
			if blocks*tier.AgentsMeasured < tier.Agents || tier.Units%tier.UnitsPerBlock != 0 {
				t.Fatalf("tier %+v serves more than its deployments carry", tier)
			}
		}
		if busy > a.Units {
			t.Fatalf("%d units are in use of %d", busy, a.Units)
		}
		if float64(*a.Racks)*float64(r.RackPower) < float64(a.Accelerators)*s.Unit.Power[1].Watts*(1-1e-9) {
			t.Fatalf("%d racks do not feed %d accelerators", *a.Racks, a.Accelerators)
		}
	})
}

// What a demand needs carries the demand, and one unit less does not.
func TestReverseIsTheLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		r.Power, r.Mix = 0, nil
		r.Agents = rapid.IntRange(1, 20000).Draw(t, "agents")
		r.Headroom = plan.Share(rapid.Float64Range(0, 0.5).Draw(t, "headroom"))
		need := answer(t, r)
		if need.AgentsPlanned < r.Agents {
			t.Fatalf("%d units carry %d of %d", need.Units, need.AgentsPlanned, r.Agents)
		}
		r.Units = need.Units - 1
		if r.Units > 0 && need.ByTier[0].UnitsPerBlock == 1 {
			if got := answer(t, r); got.Demand.Met && got.AgentsPlanned >= r.Agents {
				t.Fatalf("%d units would do, %d were asked for", r.Units, need.Units)
			}
		}
	})
}

func TestMoreUsersNeverFewerSlots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := plan.Population{Users: rapid.IntRange(1, 3000).Draw(t, "users"), Active: plan.Share(rapid.Float64Range(0.01, 1).Draw(t, "active")), Sessions: 1, Blocking: 0.01,
			Model: rapid.SampledFrom([]string{plan.ErlangB, plan.ErlangC, plan.Binomial}).Draw(t, "model")}
		few := p.Slots()
		p.Users++
		if p.Slots() < few {
			t.Fatalf("%d users: %d slots, one less: %d", p.Users, p.Slots(), few)
		}
	})
}

func FuzzMix(f *testing.F) {
	f.Add("20tps/10s=70%,60tps/5s=30%")
	f.Add("a=1")
	f.Add("=,=")
	f.Fuzz(func(t *testing.T, text string) {
		var m plan.Mix
		if m.UnmarshalText([]byte(text)) != nil {
			return
		}
		sum := 0.0
		for _, p := range m {
			sum += float64(p.Share)
		}
		if math.Abs(sum-1) > 1e-6 || len(m) == 0 {
			t.Fatalf("%q was read as %v", text, m)
		}
	})
}
