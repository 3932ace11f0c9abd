package simfleet

import (
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll"
	"plimsoll/measure"
	"plimsoll/sim"
)

// demoRacks is so many demo engines as racks.
func demoRacks(t testing.TB, seed uint64, racks int) Config {
	c := demo(t, seed, 1, 1)
	c.Deployment = sim.DeploymentConfig{Router: sim.RouteAffinity, Racks: racks}
	for range racks {
		c.Deployment.Serve = append(c.Deployment.Serve, c.Engine)
	}
	return c
}

// TestRacksScale: four racks carry four times the agents of one, as well.
func TestRacksScale(t *testing.T) {
	figures := func(racks int) (turns, speed, ttft float64) {
		stage := long(60*racks, time.Minute)
		rows, o := held(t, demoRacks(t, 3, racks), stage)
		e := measure.Evidence(measure.Input{Stage: stage, Rows: rows, Observed: o, Now: plimsoll.Never, Head: -1})
		for _, g := range e.Gates {
			if !g.OK && g.Name != "little" {
				t.Errorf("%d racks: %+v", racks, g)
			}
		}
		return float64(e.Turns), measure.Percentile(e.Speed, 0.25), measure.Percentile(e.TTFT, 0.95)
	}
	turns1, speed1, ttft1 := figures(1)
	turns4, speed4, ttft4 := figures(4)
	t.Logf("one: %.0f turns, %.1f tokens/s, %.2f s; four: %.0f, %.1f, %.2f", turns1, speed1, ttft1, turns4, speed4, ttft4)
	if math.Abs(turns4/turns1/4-1) > 0.1 || math.Abs(speed4/speed1-1) > 0.1 || ttft4 > 1.5*ttft1+0.1 {
		t.Error("four racks are not four times one")
	}
}

// TestRacksRepeat: what racks do does not depend on how many processors carry them.
func TestRacksRepeat(t *testing.T) {
	stage := long(50, 20*time.Second)
	c := demoRacks(t, 4, 3)
	many, o1 := held(t, c, stage)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one, o2 := held(t, c, stage)
	if d := cmp.Diff(many, one); d != "" {
		t.Errorf("rows differ: %s", d)
	}
	if d := cmp.Diff(o1, o2); d != "" {
		t.Errorf("observed differs: %s", d)
	}
}
