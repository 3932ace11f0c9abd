package simfleet

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/measure"
	"plimsoll/search"
	"plimsoll/sim/profile"
	"plimsoll/slo"
	"plimsoll/trajectory/synth"
)

func defaultTiers() []plimsoll.Tier {
	return []plimsoll.Tier{
		{Name: "30/10", SpeedTPS: 30, TTFT: 10 * time.Second},
		{Name: "100/5", SpeedTPS: 100, TTFT: 5 * time.Second},
		{Name: "300/3", SpeedTPS: 300, TTFT: 3 * time.Second},
	}
}

// demo is the default run's engine and trajectories.
func demo(t testing.TB, seed uint64, kv, speed float64) Config {
	t.Helper()
	p, err := profile.Load("demo")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := p.Engine()
	if err != nil {
		t.Fatal(err)
	}
	set, err := synth.Mini(seed, 64)
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Engine: engine.Scaled(kv, speed), Trajectories: set.Trajectories, OutputPolicy: "recorded",
		Agents: agent.Config{Seed: seed, Start: agent.StartSpread, ToolDelay: agent.DelayRecorded},
	}
}

func long(n int, window time.Duration) plimsoll.Stage {
	return plimsoll.Stage{Level: 1, Attempt: 1, Agents: n, Fresh: true, Tiers: defaultTiers(), Shape: plimsoll.Shape{
		Ramp: 10 * time.Second, Settle: 20 * time.Second, Min: window, Max: window, Tick: time.Minute, Request: 5 * time.Minute,
	}}
}

// quick is the preset's search.
func quick(t testing.TB) (*search.Search, search.Config) {
	t.Helper()
	preset, err := search.PresetByName("quick")
	if err != nil {
		t.Fatal(err)
	}
	c := preset.Config(defaultTiers())
	s, err := search.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// judge makes of a level what a run does.
func judge(s plimsoll.Stage, rows []plimsoll.Row, o plimsoll.Observed, rules slo.Rules) plimsoll.Past {
	e := measure.Evidence(measure.Input{Stage: s, Rows: rows, Observed: o, Now: plimsoll.Never, Head: -1, LocalExact: true})
	p := plimsoll.Past{Stage: s, Evidence: e, Took: o.End.Seconds()}
	for _, t := range s.Tiers {
		p.Verdicts = append(p.Verdicts, slo.Judge(e, t, rules))
	}
	return p
}

// find searches as a quick run does.
func find(t testing.TB, c Config) (*plimsoll.Answer, []plimsoll.Past) {
	t.Helper()
	method, rules := quick(t)
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var past []plimsoll.Past
	for {
		stage, answer := method.Next(past)
		if answer != nil {
			return answer, past
		}
		var into tape
		o, err := f.Hold(context.Background(), *stage, &into, func(opened, at plimsoll.Instant, inFlight func() []plimsoll.Row) bool {
			return method.Enough(measure.Evidence(measure.Input{Stage: *stage, Rows: into.rows, InFlight: inFlight(), Now: at, Head: -1,
				Observed: plimsoll.Observed{Window: plimsoll.Window{Start: opened, End: plimsoll.Never}}}))
		})
		if err != nil {
			t.Fatal(err)
		}
		past = append(past, judge(*stage, into.rows, o, rules.Rules))
	}
}

// curve is the long-run verdict of the demo at each N that was asked for.
type curve struct {
	window time.Duration
	config func() Config
	known  map[int]plimsoll.Past
}

func (c *curve) at(t testing.TB, n int) plimsoll.Past {
	if _, ok := c.known[n]; !ok {
		_, rules := quick(t)
		stage := long(n, c.window)
		rows, o := held(t, c.config(), stage)
		c.known[n] = judge(stage, rows, o, rules.Rules)
	}
	return c.known[n]
}

func (c *curve) passes(t testing.TB, n, tier int) bool {
	return c.at(t, n).Verdicts[tier].Outcome == plimsoll.Pass
}

// capacity bisects to the largest N that passes.
func (c *curve) capacity(t testing.TB, tier int) int {
	low, high := 1, 400
	for high-low > 1 {
		if n := (low + high) / 2; c.passes(t, n, tier) {
			low = n
		} else {
			high = n
		}
	}
	return low
}

// TestQuickFindsLongRunCapacity: what levels of seconds find lies within 15 % of what
// long levels say: 15 % fewer agents pass there, 15 % more fail.
func TestQuickFindsLongRunCapacity(t *testing.T) {
	c := curve{window: time.Minute, config: func() Config { return demo(t, 42, 1, 1) }, known: map[int]plimsoll.Past{}}
	bound := []string{"speed", "speed", "ttft"}
	for seed := uint64(1); seed <= 3; seed++ {
		answer, _ := find(t, demo(t, seed, 1, 1))
		for i, a := range answer.Tiers {
			if a.Outcome != plimsoll.Pass || a.BoundBy != bound[i] {
				t.Errorf("seed %d tier %s: %s, bound by %q, want %s", seed, a.Tier.Name, a.Outcome, a.BoundBy, bound[i])
			}
			if low, high := a.Capacity*100/115, a.Capacity*100/85+1; !c.passes(t, low, i) || c.passes(t, high, i) {
				t.Errorf("seed %d tier %s: capacity %d, but long levels say %s at %d and %s at %d", seed, a.Tier.Name, a.Capacity,
					c.at(t, low).Verdicts[i].Outcome, low, c.at(t, high).Verdicts[i].Outcome, high)
			}
		}
	}
}

// TestEngineShowsInCapacity: half the KV pool serves fewer agents, twice the speed
// more, in every tier that these bind. The search steps by 10 %, so capacities are
// summed over seeds, and in a tier that the pool does not bind half of it may come out
// ahead by what is left of these steps, under 5 %.
func TestEngineShowsInCapacity(t *testing.T) {
	capacities := func(kv, speed float64) (out [3]int) {
		for seed := uint64(1); seed <= 5; seed++ {
			answer, _ := find(t, demo(t, seed, kv, speed))
			for i, a := range answer.Tiers {
				out[i] += a.Capacity
			}
		}
		return out
	}
	base, halved, doubled := capacities(1, 1), capacities(0.5, 1), capacities(1, 2)
	t.Logf("as it is %v, half the pool %v, twice the speed %v", base, halved, doubled)
	if halved[0] >= base[0] {
		t.Errorf("half the KV pool: %d agents at %s, want fewer than %d", halved[0], defaultTiers()[0].Name, base[0])
	}
	for i := range base {
		if float64(halved[i]) > 1.05*float64(base[i]) || doubled[i] <= base[i] {
			t.Errorf("tier %s: %d agents, %d with half the pool, %d at twice the speed", defaultTiers()[i].Name, base[i], halved[i], doubled[i])
		}
	}
}

// TestTune prints the demo's curve and how often quick searches agree with
// ten-minute levels. Run it after a change of the profile or of the built-in set:
//
//	PLIMSOLL_TUNE=20 go test -run Tune -v ./sim/simfleet
func TestTune(t *testing.T) {
	seeds, err := strconv.Atoi(os.Getenv("PLIMSOLL_TUNE"))
	if err != nil {
		t.Skip("PLIMSOLL_TUNE is not set: give it the number of seeds to try, such as 20")
	}
	for _, engine := range []struct{ kv, speed float64 }{{1, 1}, {0.5, 1}, {1, 2}} {
		c := curve{window: 10 * time.Minute, config: func() Config { return demo(t, 42, engine.kv, engine.speed) }, known: map[int]plimsoll.Past{}}
		t.Logf("KV pool x %g, speed x %g", engine.kv, engine.speed)
		for _, n := range []int{8, 16, 32, 48, 56, 64, 80, 96, 128, 160, 192, 224, 256} {
			v := c.at(t, n).Verdicts[0]
			t.Logf("%4d agents: P25 speed %6.1f tokens/s, P95 TTFT %5.2f s", n, v.SpeedTPS, v.TTFTs)
		}
		var want, good [3]int
		for i := range want {
			want[i] = c.capacity(t, i)
		}
		t.Logf("ten-minute levels: %v", want)
		for seed := 1; seed <= seeds; seed++ {
			answer, past := find(t, demo(t, uint64(seed), engine.kv, engine.speed))
			took, found := 0.0, [3]int{}
			for _, p := range past {
				took += p.Took
			}
			for i, a := range answer.Tiers {
				found[i] = a.Capacity
				if off := float64(a.Capacity)/float64(want[i]) - 1; off <= 0.15 && off >= -0.15 {
					good[i]++
				}
			}
			t.Logf("seed %2d: %v in %d levels, %.0f s", seed, found, len(past), took)
		}
		t.Logf("within 15 %%: %v of %d", good, seeds)
	}
}
