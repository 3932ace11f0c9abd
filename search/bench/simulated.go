package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/measure"
	"plimsoll/search"
	"plimsoll/search/shapes"
	"plimsoll/sim"
	"plimsoll/sim/profile"
	"plimsoll/sim/simfleet"
	"plimsoll/slo"
	"plimsoll/trajectory"
	"plimsoll/trajectory/synth"
)

// system is a simulated engine with what it is loaded with.
type system struct {
	name  string
	built profile.Choice
	set   string
	tier  plimsoll.Tier
	shape plimsoll.Shape
	// The long runs that say the truth: so many at every N, with windows this long.
	runs   int
	window time.Duration
}

// truthMost is the most agents that long runs try.
const truthMost = 40

// systems are built-in profiles at tiers that they hold for at most 32 agents.
func systems() []system {
	tier := func(speed float64, ttft time.Duration) plimsoll.Tier {
		t := plimsoll.Tier{SpeedTPS: speed, TTFT: ttft}
		t.Name = t.String()
		return t
	}
	shape := plimsoll.Shape{
		Ramp: 10 * time.Second, Settle: 20 * time.Second, Min: 60 * time.Second, Max: 10 * time.Minute, Turns: 400,
		Limit: time.Hour, Tick: 10 * time.Second, Request: 300 * time.Second, Idle: 120 * time.Second,
	}
	// Contexts of 27,000 tokens build a queue up over minutes: the levels of preset
	// standard, as they are. Chance catches runs there: many long ones say the truth.
	slow := plimsoll.Shape{
		Ramp: 60 * time.Second, Settle: 60 * time.Second, SettleMax: 10 * time.Minute, Min: 300 * time.Second, Max: 30 * time.Minute, Turns: 1000,
		Limit: time.Hour, Tick: 10 * time.Second, Request: 300 * time.Second, Idle: 120 * time.Second,
	}
	return []system{
		{"8 x H200, DeepSeek-V4-Pro, set aa", profile.Choice{System: "h200"}, "aa", tier(20, 10*time.Second), slow, 96, 2 * time.Hour},
		{"H100, Llama-3.1-70B, set mini", profile.Choice{System: "h100", Model: "llama-3.1-70b"}, "mini", tier(40, 5*time.Second), shape, 4, 30 * time.Minute},
		{"H100, gpt-oss-120b, set mini", profile.Choice{System: "h100", Model: "gpt-oss-120b"}, "mini", tier(100, 5*time.Second), shape, 4, 30 * time.Minute},
	}
}

// rows is a sink in memory.
type rows []plimsoll.Row

func (r *rows) Row(row plimsoll.Row) error { *r = append(*r, row); return nil }

func (*rows) Sample(plimsoll.Sample) error { return nil }

// loaded is a system ready to be held.
type loaded struct {
	system
	deployment sim.DeploymentConfig
	set        *trajectory.Set
}

func (s system) load() (loaded, error) {
	shape, err := profile.Choose(s.built)
	if err != nil {
		return loaded{}, err
	}
	deployment, err := shape.Deployment()
	if err != nil {
		return loaded{}, err
	}
	preset, err := synth.LoadPreset(s.set)
	if err != nil {
		return loaded{}, err
	}
	set, err := preset.Generate(1, 64)
	return loaded{s, deployment, set}, err
}

// hold runs one level on a fresh engine and returns its evidence and duration; a nil
// enough lets it last as its shape says.
func (l loaded) hold(seed uint64, s plimsoll.Stage, enough func(plimsoll.Evidence) bool) (plimsoll.Evidence, time.Duration, error) {
	fleet, err := simfleet.New(simfleet.Config{
		Deployment: l.deployment, Trajectories: l.set.Trajectories, OutputPolicy: "recorded",
		Agents: agent.Config{Seed: seed, DelaySeed: 1, Start: "spread", ToolDelay: "recorded"},
	})
	if err != nil {
		return plimsoll.Evidence{}, 0, err
	}
	var seen rows
	input := measure.Input{Stage: s, Now: plimsoll.Never, Head: -1, LocalExact: true}
	observed, err := fleet.Hold(context.Background(), s, &seen, func(opened, at plimsoll.Instant, inFlight func() []plimsoll.Row) bool {
		if enough == nil {
			return false
		}
		now := input
		now.Rows, now.InFlight, now.Now, now.Observed = seen, inFlight(), at, plimsoll.Observed{Window: plimsoll.Window{Start: opened, End: plimsoll.Never}}
		return enough(measure.Evidence(now))
	})
	if err != nil {
		return plimsoll.Evidence{}, 0, err
	}
	input.Rows, input.Observed = seen, observed
	return measure.Evidence(input), time.Duration(observed.End), nil
}

// truth returns the capacity: the largest N at which long runs of different draws pass,
// their turns pooled, and those at every smaller N.
func (l loaded) truth() (int, error) {
	shape := l.shape
	shape.Min, shape.Max, shape.Turns, shape.Limit = l.window, l.window, 0, 2*l.window
	for n := 1; n <= truthMost; n++ {
		all := plimsoll.Evidence{Starved: map[string]int{}}
		for replicate := range l.runs {
			e, _, err := l.hold(99, plimsoll.Stage{Level: 1, Attempt: 1, Replicate: replicate, Agents: n, Fresh: true, Shape: shape, Tiers: []plimsoll.Tier{l.tier}, Claim: true}, nil)
			if err != nil {
				return 0, err
			}
			all.Turns, all.OK, all.Failed = all.Turns+e.Turns, all.OK+e.OK, all.Failed+e.Failed
			all.TTFT, all.Speed = append(all.TTFT, e.TTFT...), append(all.Speed, e.Speed...)
			all.Stage.Agents += n
			all.Starved[l.tier.Name] += e.Starved[l.tier.Name]
		}
		if slo.Judge(all, l.tier, slo.Standard()).Outcome != plimsoll.Pass {
			return n - 1, nil
		}
	}
	return 0, fmt.Errorf("%s: %d agents still pass %s", l.name, truthMost, l.tier.Name)
}

// simulated are the jobs of searching simulated engines with the preset that most use.
func (o options) simulated() ([]job, error) {
	var out []job
	for _, s := range systems() {
		out = append(out, job{name: s.name, do: func() ([]row, error) {
			l, err := s.load()
			if err != nil {
				return nil, err
			}
			truth, err := l.truth()
			if err != nil {
				return nil, err
			}
			m := methods()[2]
			score, err := l.bench(m, truth, max(1, o.searches/10), o.seed)
			return []row{rowOf(score, m.name, s.tier.Name, truth)}, err
		}})
	}
	return out, nil
}

func (l loaded) bench(m method, truth, searches int, seed uint64) (shapes.Score, error) {
	score := shapes.Score{World: l.name}
	c, err := shapes.Searching(m.preset, []plimsoll.Tier{l.tier})
	if err != nil {
		return score, err
	}
	c.Shape, c.MaxAgents = l.shape, 256
	for i := range searches {
		answer, levels, took, err := l.try(1000+seed+uint64(i), c)
		if err != nil {
			return score, err
		}
		score.Levels += float64(levels) / float64(searches)
		score.Minutes += took.Minutes() / float64(searches)
		score.Count(answer.Tiers[0], c.Method, truth)
	}
	slices.Sort(score.Ratios)
	return score, nil
}

// try runs one search with agents of this seed.
func (l loaded) try(seed uint64, c search.Config) (*plimsoll.Answer, int, time.Duration, error) {
	s, err := search.New(c)
	if err != nil {
		return nil, 0, 0, err
	}
	var past []plimsoll.Past
	var took time.Duration
	for range 500 {
		stage, answer := s.Next(past)
		if answer != nil {
			return answer, len(past), took, nil
		}
		e, d, err := l.hold(seed, *stage, s.Enough)
		if err != nil {
			return nil, 0, 0, err
		}
		p := plimsoll.Past{Stage: *stage, Evidence: e, Took: d.Seconds()}
		for _, t := range stage.Tiers {
			p.Verdicts = append(p.Verdicts, slo.Judge(e, t, c.Rules))
		}
		past, took = append(past, p), took+d
	}
	return nil, 0, 0, fmt.Errorf("%s: no answer after %d levels, %.0f min", l.name, len(past), math.Round(took.Minutes()))
}
