package study_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/result"
	"plimsoll/sim"
	"plimsoll/sim/profile"
	"plimsoll/sim/simfleet"
	"plimsoll/sim/study"
	"plimsoll/trajectory/synth"
)

// tiered is a system with memory of so many bytes an accelerator below its pool, read
// back at so many bytes a second.
func tiered(t *testing.T, system string, bytes, rate float64) *profile.Profile {
	t.Helper()
	p := load(t, system)
	p.Offload = []profile.OffloadTier{{Name: "host", Capacity: profile.Value{Value: bytes}, Bandwidth: profile.Value{Value: rate}}}
	return p
}

// failed is a search whose one level fails a tier of 20 tok/s and 10 s.
func failed(agents int, boundBy string, uncached float64) (result.Result, result.Tier) {
	tier := result.Tier{SpeedTPS: 20, TTFTs: 10, LowestFail: agents, BoundBy: boundBy,
		Verdicts: []result.Verdict{{Level: "0001.1", Agents: agents, Verdict: plimsoll.Fail, BoundBy: boundBy}}}
	r := result.Result{Levels: []result.Level{{ID: "0001.1", Number: 1, Attempt: 1, Agents: agents, TTFTs: 15, SpeedTPS: 25,
		MeanInput: 25000, MeanUncached: result.Number(uncached), MeanOutput: 450, TurnsPerMinute: 60}}}
	r.Trajectories.Uncached = 800
	return r, tier
}

func TestLimits(t *testing.T) {
	h200, b300 := load(t, "h200"), load(t, "b300")
	host := tiered(t, "h200", 1e11, 4e9) // 2.5M tokens a rank beside 0.34M
	for _, c := range []struct {
		name, by, why, lift string
		shape               *profile.Profile
		agents              int
		bound               string
		uncached            float64
		use                 study.Use
	}{
		{"recompute", "KV pool", "it holds 14 contexts of 25.0K", "an offload tier", h200, 16, "ttft", 9000, study.Use{}},
		{"recompute beside a tier", "KV pool", "it and its offload tiers hold 112 contexts", "larger offload tiers", host, 120, "ttft", 9000, study.Use{Reading: []study.Links{{0.2, 0.2}}}},
		{"link at work", "host link", "reads from the tier host ask for 3.6 GB/s of the 4 GB/s of 1 link (90 %)", "1.50 times the bandwidth for 16 agents at 60 % use", host, 16, "ttft", 900, study.Use{Reading: []study.Links{{0.9, 0.9}}}},
		{"link at work, recompute too", "host link", "", "", host, 120, "ttft", 9000, study.Use{Reading: []study.Links{{0.95, 0.95}}}},
		{"engines busier than the link", "prefill rate", "", "", host, 16, "ttft", 10000, study.Use{Reading: []study.Links{{0.7, 0.7}}}},
		{"idle link", "prefill rate", "share their engine's steps", "", host, 16, "ttft", 900, study.Use{Reading: []study.Links{{0.1, 0.1}}}},
		{"speed", "decode rate", "", "", host, 16, "speed", 900, study.Use{Reading: []study.Links{{0.9, 0.9}}}},
		{"slow link in use", "host link", "a context of 25.0K tokens takes 10 s over one", "2.04 times the bandwidth for a context within 5 s", tiered(t, "h200", 1e11, 1e8), 2, "ttft", 900, study.Use{Reading: []study.Links{{0.2, 0.2}}}},
		{"one rank's link", "host link", "ask for 8 GB/s of the 16 GB/s of 4 links (50 %), of the busiest for 99 %", "1.65 times", tiered(t, "b300", 1e11, 4e9), 60, "ttft", 900,
			study.Use{Reading: []study.Links{{0.5, 0.99}}, Blocked: map[sim.Blocked]float64{sim.BlockedByPool: 0.8}}},
		{"network", "network", "ask for 190 GB/s of the 200 GB/s of 4 links (95 %)", "1.58 times", b300, 60, "ttft", 900, study.Use{Sending: 3.8}},
		{"slots", "slots", "all 256 slots taken for 80 %", "more sequences", b300, 60, "ttft", 900, study.Use{Blocked: map[sim.Blocked]float64{sim.BlockedBySeqs: 3.2}}}, // of 4 ranks
		{"slots, engines for prompts less busy", "slots", "all 256 slots taken for 95 %", "", b300, 60, "ttft", 36000, study.Use{Blocked: map[sim.Blocked]float64{sim.BlockedBySeqs: 3.8}}},
		{"slots, engines for prompts busier", "prefill rate", "", "", b300, 60, "ttft", 36000, study.Use{Blocked: map[sim.Blocked]float64{sim.BlockedBySeqs: 0.8}}},
		{"running sequences", "KV pool", "no room beside the running ones for 90 %", "faster decoding", h200, 12, "ttft", 900, study.Use{Blocked: map[sim.Blocked]float64{sim.BlockedByPool: 0.9}}},
	} {
		r, tier := failed(c.agents, c.bound, c.uncached)
		got, err := study.LimitOf(c.shape, r, tier, study.Uses{{Level: 1, Attempt: 1}: c.use})
		if err != nil {
			t.Fatal(err)
		}
		if got.By != c.by || !strings.Contains(got.Why, c.why) || !strings.Contains(got.Lift, c.lift) {
			t.Errorf("%s: %+v, want %s, %q, %q", c.name, got, c.by, c.why, c.lift)
		}
	}
}

// What decoding is short of follows from what its steps are made of.
func TestDecodeLimits(t *testing.T) {
	narrow, err := study.Without(load(t, "gb300-nvl72"), "nvl72")
	if err != nil {
		t.Fatal(err)
	}
	narrow.Accelerator.NICBandwidth.Value /= 8
	for _, c := range []struct {
		name, by, why  string
		shape          *profile.Profile
		asked, reached float64 // tokens/s
		turns          result.Number
	}{
		{"dense weights", "memory bandwidth", "at 30 tokens/s a step of 1 token may take 33.3 ms; with one sequence it takes 25.", load(t, "h200+llama-3.1-70b"), 30, 27, 20},
		{"no draft", "decode floor", "with 28 agents at work", load(t, "mi355x"), 20, 19, 100},
		{"experts over nodes", "exchange bandwidth", "% exchange between accelerators", narrow, 60, 40, 12000},
		{"the same on one link domain", "decode rate", "a step of 2.49 tokens", load(t, "gb300-nvl72"), 30, 28, 12000},
	} {
		r, tier := failed(28, "speed", 900)
		tier.SpeedTPS, r.Levels[0].SpeedTPS, r.Levels[0].TurnsPerMinute = c.asked, result.Number(c.reached), c.turns
		got, err := study.LimitOf(c.shape, r, tier, study.Uses{})
		if err != nil {
			t.Fatal(err)
		}
		if got.By != c.by || !strings.Contains(got.Why, c.why) || !strings.HasPrefix(got.Lift, "steps 1.") {
			t.Errorf("%s: %+v, want %s, %q", c.name, got, c.by, c.why)
		}
	}
}

type nowhere struct{}

func (nowhere) Row(plimsoll.Row) error       { return nil }
func (nowhere) Sample(plimsoll.Sample) error { return nil }

// A link that is too slow for its level is seen at work all the time, another hardly.
func TestWatchSeesLinks(t *testing.T) {
	set, err := synth.Mini(1, 16)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ rate, low, high float64 }{{1e6, 0.9, math.Inf(1)}, {1e12, 1e-9, 0.01}} {
		engine, err := tiered(t, "demo", 1e11, c.rate).Engine()
		if err != nil {
			t.Fatal(err)
		}
		fleet, err := simfleet.New(simfleet.Config{
			Engine: engine.Scaled(0.1, 1), Trajectories: set.Trajectories, OutputPolicy: "recorded",
			Agents: agent.Config{Seed: 1, Start: agent.StartSpread, ToolDelay: agent.DelayRecorded},
		})
		if err != nil {
			t.Fatal(err)
		}
		w := study.Watch{Fleet: fleet, Uses: study.Uses{}}
		stage := plimsoll.Stage{Level: 3, Attempt: 2, Agents: 32, Fresh: true,
			Shape: plimsoll.Shape{Ramp: time.Second, Settle: time.Second, Min: time.Minute, Max: time.Minute, Tick: time.Second, Request: time.Minute}}
		if _, err := w.Hold(context.Background(), stage, nowhere{}, nil); err != nil {
			t.Fatal(err)
		}
		use := w.Uses[study.Attempt{Level: 3, Attempt: 2}]
		if len(use.Reading) != 1 || use.Reading[0].Busiest < c.low || use.Reading[0].Mean > c.high || use.Sending != 0 {
			t.Errorf("at %g B/s: %+v, want a link at work for %g to %g", c.rate, use, c.low, c.high)
		}
	}
}
