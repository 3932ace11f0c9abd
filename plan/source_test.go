package plan_test

import (
	"math"
	"strings"
	"testing"

	"plimsoll/plan"
	"plimsoll/power"
	"plimsoll/result"
)

// measured is a run with one certified tier, one with a bracket alone and one
// without an answer.
func measured() result.Result {
	ninety, eightyFour, thirty := 90, 84, 30
	return result.Result{
		Method: "certified", Preset: "publish", Accelerators: 8, Settings: result.Settings{ToolDelay: "aa"},
		Tiers: []result.Tier{
			{Name: "loose", SpeedTPS: 30, TTFTs: 10, Capacity: &ninety, Certified: &eightyFour, Estimate: &result.Estimate{Value: 91.2, Low: 86.4, High: 95.1}},
			{Name: "tight", SpeedTPS: 100, TTFTs: 5, Capacity: &thirty, LowestFail: 36},
			{Name: "none", SpeedTPS: 300, TTFTs: 3},
		},
		Levels: []result.Level{{Agents: 90, Validity: "valid", TurnsPerMinute: 450}},
	}
}

func TestFromResult(t *testing.T) {
	table, err := power.Provisioned()
	if err != nil {
		t.Fatal(err)
	}
	s, err := plan.FromResult("ours", "runs/x", measured(), table, plan.Options{Accelerator: "H200"})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Capacities) != 2 || s.Evidence != plan.Measured || s.Unit.Name != "node" || s.Unit.Accelerators != 8 || len(s.Unit.Power) != 3 {
		t.Fatalf("%+v", s)
	}
	loose, tight := s.Capacities[0], s.Capacities[1]
	// The certified number is planned with; the interval still holds it and the estimate's end.
	if loose.Agents != 84 || loose.Low != 84 || loose.High != 96 || loose.Span != "95 % interval" {
		t.Errorf("certified: %+v", loose)
	}
	// 90 agents at 450 turns a minute are 12 s a turn; a delay of "aa" is 1.47 s of it.
	if loose.CycleS != 12 || math.Abs(loose.ToolS-1.4707) > 1e-3 {
		t.Errorf("cycle %g s, tool %g s", loose.CycleS, loose.ToolS)
	}
	// A failing level is no capacity: the bracket ends one below it.
	if tight.Agents != 30 || tight.Low != 30 || tight.High != 35 || tight.Span != "search bracket" || tight.CycleS != 0 {
		t.Errorf("bracket: %+v", tight)
	}
}

func TestFromResultMarks(t *testing.T) {
	r := measured()
	r.Levels[0].SimulatedLoad, r.Partial = true, true
	s, err := plan.FromResult("ours", "runs/x", r, power.Table{}, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Evidence != plan.Simulated || !strings.Contains(s.Source, "partial") || s.Unit.Name != "deployment" {
		t.Errorf("a partial run in virtual time: %+v", s)
	}
	r.Tiers = r.Tiers[2:]
	if _, err := plan.FromResult("ours", "runs/x", r, power.Table{}, plan.Options{}); err == nil {
		t.Error("a run without an answer was planned with")
	}
}

// What the user states of a unit replaces the table's power of the same unit, and
// leaves the accelerator's and the facility's.
func TestStatedPower(t *testing.T) {
	table, err := power.Provisioned()
	if err != nil {
		t.Fatal(err)
	}
	s, err := plan.FromResult("ours", "runs/x", measured(), table, plan.Options{Accelerator: "H200",
		UnitPower: []plan.Figure{{Boundary: "rack", Watts: 12000}, {Boundary: "node_dc", Watts: 9000}}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range s.Unit.Power {
		got[string(f.Boundary)] = f.Watts
	}
	if len(got) != 4 || got["rack"] != 1500 || got["node_dc"] != 1125 || got["accelerator"] != 700 || got["facility"] != 1730 {
		t.Errorf("%v", got)
	}
}
