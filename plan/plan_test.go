package plan_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/plan"
	"plimsoll/power"
	"plimsoll/result"
)

// published returns a shipped result as a system.
func published(t testing.TB, prefix string, o plan.Options) plan.System {
	t.Helper()
	all, err := result.Published()
	if err != nil {
		t.Fatal(err)
	}
	table, err := power.Provisioned()
	if err != nil {
		t.Fatal(err)
	}
	var found []result.Entry
	for _, e := range all {
		if strings.HasPrefix(e.Name, prefix) {
			found = append(found, e)
		}
	}
	s, err := plan.FromEntries(found, table, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// request is a budget with everything at its default.
func request(watts plimsoll.Watts, at plan.Level, systems ...plan.System) plan.Request {
	return plan.Request{Systems: systems, Power: watts, At: at, PUE: 1.2, Reserve: 0.05, Diversity: 1, KV: plan.KVEngine, Idle: 1}
}

func compute(t testing.TB, r plan.Request) plan.Plan {
	t.Helper()
	p, err := plan.Compute(r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rung returns the agents per megawatt of an answer at a boundary and basis.
func rung(t *testing.T, a plan.Answer, b plimsoll.Boundary, basis plimsoll.Basis) plan.Density {
	t.Helper()
	for _, d := range a.Densities {
		if d.Boundary == b && d.Basis == basis && !d.Whole {
			return d
		}
	}
	t.Fatalf("%s has no figure at %s, %s", a.System, b, basis)
	return plan.Density{}
}

// A megawatt of accelerator power is 61.4K and 2.6K agents as published; a megawatt
// of everything is 27K and 0.8K, since the accelerator is less than half of it.
func TestPublishedPair(t *testing.T) {
	pair := []plan.System{published(t, "NVIDIA GB300", plan.Options{}), published(t, "NVIDIA H200", plan.Options{})}
	chips := compute(t, request(1e6, plan.LevelAccelerator, pair...))
	all := compute(t, request(1e6, plan.LevelFacility, pair...))
	for i, want := range []struct{ chip, allIn, watts float64 }{{61354, 27381, 937.2}, {2594, 794.8, 530.1}} {
		chip := rung(t, chips.Systems[i], plimsoll.BoundaryAccelerator, plimsoll.Measured)
		if chip.Budget == nil || *chip.Budget != want.chip || math.Abs(chip.WattsPer-want.watts) > 0.1 {
			t.Errorf("%s: %+v, want %g agents at %g W", chips.Systems[i].System, chip, want.chip, want.watts)
		}
		whole := rung(t, all.Systems[i], plimsoll.BoundaryFacility, plimsoll.Provisioned)
		if whole.Budget == nil || math.Abs(*whole.Budget-want.allIn) > 0.5 {
			t.Errorf("%s: %+v, want %g agents", all.Systems[i].System, whole, want.allIn)
		}
		if d := rung(t, all.Systems[i], plimsoll.BoundaryAccelerator, plimsoll.Measured); d.Budget != nil {
			t.Errorf("%s: %g agents/MW of accelerator power were multiplied by facility power", all.Systems[i].System, d.AgentsPerMW)
		}
	}
	ratio := func(p plan.Plan, b plimsoll.Boundary, basis plimsoll.Basis) float64 {
		return rung(t, p.Systems[0], b, basis).AgentsPerMW / rung(t, p.Systems[1], b, basis).AgentsPerMW
	}
	if a, b := ratio(chips, plimsoll.BoundaryAccelerator, plimsoll.Measured), ratio(all, plimsoll.BoundaryFacility, plimsoll.Provisioned); math.Abs(a-23.7) > 0.05 || math.Abs(b-34.5) > 0.1 {
		t.Errorf("ratio %.2f at the accelerator, %.2f all-in; want 23.7 and 34.5", a, b)
	}
}

// A result of 32 accelerators fits twice into a rack of 72: never 2.25 times.
func TestUnitsAreNotScaled(t *testing.T) {
	a := compute(t, request(1e6, plan.LevelFacility, published(t, "NVIDIA GB300", plan.Options{}))).Systems[0]
	if a.Units != 5 || a.Agents != 5*2*1840 || a.Accelerators != 360 || *a.Racks != 5 || a.Limit != "power" {
		t.Errorf("1 MW: %d units, %d agents, %d accelerators, limit %s", a.Units, a.Agents, a.Accelerators, a.Limit)
	}
	// 40 accelerators over nodes of 8 take five nodes whole.
	nodes := published(t, "NVIDIA GB300", plan.Options{Unit: 8})
	r := request(0, plan.LevelFacility, nodes)
	r.Units, r.Tier = 14, "60tps/5s"
	if a := compute(t, r).Systems[0]; a.Agents != 2*768 || a.Units != 10 {
		t.Errorf("14 nodes: %d agents on %d, want two deployments on ten", a.Agents, a.Units)
	}
}

func TestRefusals(t *testing.T) {
	gb300, h200, b300 := published(t, "NVIDIA GB300", plan.Options{}), published(t, "NVIDIA H200", plan.Options{}), published(t, "NVIDIA B300", plan.Options{})
	simulated, other := h200, h200
	simulated.Evidence, other.Preset = plan.Simulated, "quick"
	disguised := h200
	disguised.Evidence = plan.Measured
	disguised.Capacities = []plan.Capacity{{Tier: h200.Capacities[0].Tier, Accelerators: 8, Agents: 11,
		Densities: []plimsoll.PerMegawatt{{Value: 10, Boundary: plimsoll.BoundaryAccelerator, Basis: plimsoll.Simulated}}}}
	renamed := h200
	renamed.Capacities = []plan.Capacity{{Tier: plimsoll.Tier{Name: "20tps/10s", SpeedTPS: 30, TTFT: 10 * time.Second}, Accelerators: 8, Agents: 20}}
	bare := h200
	bare.Unit.Power = bare.Unit.Power[:1]
	bare.Unit.Power = []plan.Figure{{Boundary: plimsoll.BoundaryAccelerator, Watts: 700, Source: "s"}}
	for _, c := range []struct {
		name, want string
		change     func(*plan.Request)
	}{
		{"chip figure times facility power", "must not be multiplied", func(r *plan.Request) { r.Systems = []plan.System{b300} }},
		{"chip figure with redundancy", "no unit can be formed", func(r *plan.Request) {
			r.Systems, r.At, r.Redundancy = []plan.System{b300}, plan.LevelAccelerator, plan.Redundancy{Spare: 1}
		}},
		{"presets", "presets must not be mixed", func(r *plan.Request) { r.Systems = []plan.System{gb300, other} }},
		{"tiers", "tiers must not be mixed", func(r *plan.Request) { r.Systems, r.Tier = []plan.System{gb300, renamed}, "20tps/10s" }},
		{"no tier in common", "no tier in common", func(r *plan.Request) { r.Systems = []plan.System{gb300, renamed} }},
		{"tier not measured", "has no result at tier", func(r *plan.Request) { r.Tier = "180tps/3s" }},
		{"simulated beside published", "simulated", func(r *plan.Request) { r.Systems = []plan.System{gb300, simulated} }},
		{"simulated as measured", "cannot be planned with as measured", func(r *plan.Request) { r.Systems = []plan.System{disguised} }},
		{"only accelerator power known", "unit_power", func(r *plan.Request) { r.Systems = []plan.System{bare} }},
		{"tool time of an unknown cycle", "rescaled", func(r *plan.Request) { r.ToolTime = time.Minute }},
		{"packed below mean power", "diversity factor", func(r *plan.Request) { r.Diversity = 2 }},
		{"racks of unknown power", "rack-power", func(r *plan.Request) { r.Systems, r.Racks = []plan.System{h200}, 3 }},
		{"nothing asked", "nothing to plan", func(r *plan.Request) { r.Power = 0 }},
		{"pue", "pue 0.9", func(r *plan.Request) { r.PUE = 0.9 }},
		{"price that is no number", "gpu-hour NaN", func(r *plan.Request) { r.Price.GPUHour = math.NaN() }},
		{"price twice", "not both", func(r *plan.Request) { r.Price = plan.Price{GPUHour: 1, Capex: 1, Years: 1} }},
	} {
		r := request(1e6, plan.LevelFacility, gb300)
		c.change(&r)
		if _, err := plan.Compute(r); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v does not say %q", c.name, err, c.want)
		}
	}
	r := request(1e6, plan.LevelFacility, gb300, simulated)
	r.WithSimulated = true
	p := compute(t, r)
	if p.Systems[1].Evidence != plan.Simulated || len(p.Notes) == 0 || p.Systems[1].Densest || p.Systems[1].Cheapest {
		t.Errorf("a simulated system beside others is not marked: %+v", p.Notes)
	}
}

func TestLimits(t *testing.T) {
	h200 := published(t, "NVIDIA H200", plan.Options{})
	for _, c := range []struct {
		name, want string
		met        bool
		change     func(*plan.Request)
	}{
		{"power", "power", true, func(*plan.Request) {}},
		{"racks", "racks", true, func(r *plan.Request) { r.Racks, r.RackPower = 2, 40e3 }},
		{"units", "units", true, func(r *plan.Request) { r.Units = 3 }},
		{"redundancy takes all", "redundancy", true, func(r *plan.Request) { r.Units, r.Redundancy = 2, plan.Redundancy{Spare: 2} }},
		{"demand fits", "demand", true, func(r *plan.Request) { r.Agents = 100 }},
		{"demand does not fit", "power", false, func(r *plan.Request) { r.Agents = 100000 }},
		{"redundancy in the way", "redundancy", false, func(r *plan.Request) { r.Units, r.Agents, r.Redundancy = 10, 110, plan.Redundancy{Spare: 1} }},
		{"blocking in the way", "blocking", false, func(r *plan.Request) {
			r.Units, r.Population = 10, &plan.Population{Users: 500, Active: 0.2, Sessions: 1, Blocking: 0.001, Model: plan.ErlangB}
		}},
	} {
		r := request(1e6, plan.LevelFacility, h200)
		c.change(&r)
		a := compute(t, r).Systems[0]
		if a.Limit != c.want || a.LimitWhy == "" || a.Demand != nil && a.Demand.Met != c.met {
			t.Errorf("%s: limit %s (%s), demand %+v", c.name, a.Limit, a.LimitWhy, a.Demand)
		}
	}
}

// Racks are packed by provisioned power: three nodes of 10.2 kW stand in 40 kW.
func TestReverse(t *testing.T) {
	r := request(0, plan.LevelFacility, published(t, "NVIDIA H200", plan.Options{}))
	r.RackPower, r.Redundancy, r.Price = 40e3, plan.Redundancy{Spare: 1}, plan.Price{GPUHour: 2}
	r.Agents = 100
	a := compute(t, r).Systems[0]
	// 100 agents take ceil(100/11) = 10 nodes, one spare: 11 in ceil(11/3) = 4 racks.
	if a.Units != 11 || *a.Racks != 4 || a.AgentsAfterRedundancy != 110 || a.Agents != 121 || *a.CostPerHour != 11*8*2 || math.Abs(*a.CostPerAgentHour-1.76) > 1e-9 {
		t.Errorf("100 agents: %d nodes, %d racks, %d agents, %g an hour", a.Units, *a.Racks, a.AgentsAfterRedundancy, *a.CostPerHour)
	}
	if want := 11 * 10.2e-3 / 0.95 * 1.2; math.Abs(*a.PowerMW-want) > 1e-9 || math.Abs(*a.FacilityMW-want) > 1e-9 {
		t.Errorf("needs %g MW, want %g", *a.PowerMW, want)
	}
	// The largest team of one node: 11 slots at 1 % of time exceeded.
	r = request(0, plan.LevelFacility, published(t, "NVIDIA H200", plan.Options{}))
	r.Units, r.Population = 1, &plan.Population{Active: 0.2, Sessions: 1, Blocking: 0.01, Model: plan.Binomial}
	team := compute(t, r).Systems[0].Demand.Supported
	slots := func(users int) int {
		p := *r.Population
		p.Users = users
		return p.Slots()
	}
	if slots(team) > 11 || slots(team+1) <= 11 {
		t.Errorf("a node carries a team of %d", team)
	}
}

// Twice the mean tool time at the same load: N' = N (Z' + R) / (Z + R).
func TestToolTime(t *testing.T) {
	s := published(t, "NVIDIA H200", plan.Options{TurnS: 8, ToolS: 2})
	r := request(0, plan.LevelFacility, s)
	r.Units = 10
	for _, c := range []struct {
		tool time.Duration
		kv   string
		want int // of a deployment
	}{{2 * time.Second, plan.KVEngine, 11}, {12 * time.Second, plan.KVEngine, 22}, {12 * time.Second, plan.KVMemory, 11}, {time.Second, plan.KVMemory, 9}, {time.Second, plan.KVEngine, 9}} {
		r.ToolTime, r.KV = c.tool, c.kv
		if a := compute(t, r).Systems[0]; a.Agents != 10*c.want {
			t.Errorf("tool time %s, %s: %d agents, want %d", c.tool, c.kv, a.Agents, 10*c.want)
		}
	}
}

func TestEnergyOverTheDay(t *testing.T) {
	r := request(0, plan.LevelFacility, published(t, "NVIDIA H200", plan.Options{}))
	r.Units, r.Price = 10, plan.Price{Capex: 43800, KWh: 0.1, Years: 1}
	// 530.105 W measured and 575 W of host (1275 - 700), times PUE 1.2.
	perAccelerator := (11.0/2594*1e6/8 + 575) * 1.2
	flat := compute(t, r).Systems[0]
	if got, want := flat.Energy.MeanMW, 80*perAccelerator/1e6; math.Abs(got-want) > 1e-12 {
		t.Errorf("flat: %g MW, want %g", got, want)
	}
	if got, want := *flat.CostPerHour, 80*5+80*perAccelerator/1000*0.1; math.Abs(got-want) > 1e-9 {
		t.Errorf("cost %g, want %g", got, want)
	}
	r.Day, r.Idle = make([]float64, 24), 0.4
	for h := range 12 {
		r.Day[h] = 1
	}
	day := compute(t, r).Systems[0]
	if got, want := day.Energy.MeanMW, flat.Energy.MeanMW*(0.4+0.6*0.5); math.Abs(got-want) > 1e-12 {
		t.Errorf("day: %g MW, want %g", got, want)
	}
	if got, want := day.Energy.WhPerAgentHour, day.Energy.MeanMW*1e6/(110*0.5); math.Abs(got-want) > 1e-9 {
		t.Errorf("day: %g Wh an agent-hour, want %g", got, want)
	}
}

// Where power is measured at the wall only PUE is applied; where only an all-in
// constant is known, the facility's own power is not multiplied by PUE again.
func TestEnergyByBoundary(t *testing.T) {
	wall := published(t, "NVIDIA H200", plan.Options{})
	wall.Capacities[0].Densities = []plimsoll.PerMegawatt{
		{Value: 2594, Boundary: plimsoll.BoundaryAccelerator, Basis: plimsoll.Measured, Source: "chips", Grade: plimsoll.G1},
		{Value: 1250, Boundary: plimsoll.BoundaryNodeAC, Basis: plimsoll.Measured, Source: "wall", Grade: plimsoll.G3, MeanW: 8800, Uncertainty: 12.5},
	}
	allIn := published(t, "AMD MI355X", plan.Options{Agents: 40, Accelerators: 8})
	for _, c := range []struct {
		system     plan.System
		watts, unc float64 // of an accelerator at the facility
	}{{wall, 1100 * 1.2, 0.01}, {allIn, 40/3551.0*1e6/8 + 2650 - 1400, 0}} {
		r := request(0, plan.LevelFacility, c.system)
		r.Units = 3
		a := compute(t, r).Systems[0]
		if got := a.Energy.MeanMW * 1e6 / 24; math.Abs(got-c.watts) > 1e-6 || math.Abs(a.Energy.Uncertainty-c.unc) > 1e-9 || a.Energy.Basis != plimsoll.Estimated {
			t.Errorf("%s: %g W an accelerator ± %g (%s), want %g ± %g", a.System, got, a.Energy.Uncertainty, a.Energy.Basis, c.watts, c.unc)
		}
	}
	// 47 nodes of 8 x 2,650 W all-in fit into a megawatt, whatever the PUE.
	r := request(1e6, plan.LevelFacility, allIn)
	for _, r.PUE = range []float64{1.1, 1.5} {
		if a := compute(t, r).Systems[0]; a.Units != 47 || a.Agents != 47*40 {
			t.Errorf("PUE %g: %d nodes, %d agents", r.PUE, a.Units, a.Agents)
		}
	}
}

// An answer of no agents is an answer: nothing is carried, and a demand is refused.
func TestNoAgents(t *testing.T) {
	s := published(t, "NVIDIA H200", plan.Options{})
	s.Capacities[0].Agents, s.Capacities[0].Densities[0].Value = 0, 0
	r := request(1e6, plan.LevelFacility, s)
	if a := compute(t, r).Systems[0]; a.Agents != 0 || a.Units != 0 || a.CostPerAgentHour != nil {
		t.Errorf("%d agents on %d units", a.Agents, a.Units)
	}
	r.Power, r.Agents = 0, 5
	if _, err := plan.Compute(r); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("error %v", err)
	}
}

func TestIntervalIsCarriedThrough(t *testing.T) {
	s := published(t, "NVIDIA H200", plan.Options{})
	s.Capacities[0].Low, s.Capacities[0].High, s.Capacities[0].Span = 9, 13, "95 % interval"
	r := request(0, plan.LevelFacility, s)
	r.Units, r.Redundancy = 5, plan.Redundancy{Spare: 1}
	a := compute(t, r).Systems[0]
	if a.Interval == nil || a.Interval.Low != 36 || a.Interval.High != 52 || a.AgentsAfterRedundancy != 44 {
		t.Errorf("interval %+v of %d agents", a.Interval, a.AgentsAfterRedundancy)
	}
}

func ExampleCompute() {
	tier := plimsoll.Tier{Name: "30tps/10s", SpeedTPS: 30, TTFT: 10 * time.Second}
	node := plan.System{
		Name: "our node", Evidence: plan.Measured, Source: "runs/20260101", Preset: "standard", Method: "certified",
		Unit:       plan.Unit{Name: "node", Accelerators: 8, Power: []plan.Figure{{Boundary: plimsoll.BoundaryNodeAC, Watts: 1275, Source: "10.2 kW a node"}}},
		Capacities: []plan.Capacity{{Tier: tier, Accelerators: 8, Agents: 40}},
	}
	p, err := plan.Compute(plan.Request{Systems: []plan.System{node}, Power: 1e6, At: plan.LevelFacility, PUE: 1.25, Reserve: 0.05,
		Diversity: 1, Redundancy: plan.Redundancy{Spare: 1}, KV: plan.KVEngine, Idle: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	a := p.Systems[0]
	fmt.Println(a.Units, "nodes;", a.AgentsAfterRedundancy, "agents after one fails; limit:", a.Limit)
	// Output: 74 nodes; 2920 agents after one fails; limit: power
}
