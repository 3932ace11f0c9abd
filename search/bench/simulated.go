package main

import (
	"context"
	"fmt"
	"io"
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
	name       string
	profile    string
	kv, speed  float64
	set        string
	tiers      []plimsoll.Tier
	shape      plimsoll.Shape
	long       time.Duration // window of a truth run
	mostAgents int
}

// systems are three cut-down demo engines of at most 32 agents.
func systems() []system {
	shape := plimsoll.Shape{
		Ramp: 5 * time.Second, Settle: 15 * time.Second, Min: 60 * time.Second, Max: 120 * time.Second, Turns: 600,
		Limit: 5 * time.Minute, Tick: 5 * time.Second, Request: time.Minute, Idle: time.Minute,
	}
	tier := func(speed float64, ttft time.Duration) plimsoll.Tier {
		t := plimsoll.Tier{SpeedTPS: speed, TTFT: ttft}
		t.Name = t.String()
		return t
	}
	const long = 20 * time.Minute
	return []system{
		{"demo", "demo", 1, 1, "mini", []plimsoll.Tier{tier(300, 1500*time.Millisecond)}, shape, long, 64},
		{"demo, 3 % of its KV pool", "demo", 0.03, 1, "mini", []plimsoll.Tier{tier(300, 1200*time.Millisecond)}, shape, long, 64},
		{"demo, half as fast", "demo", 1, 0.5, "mini", []plimsoll.Tier{tier(150, 2*time.Second)}, shape, long, 64},
	}
}

// rows is a sink in memory.
type rows []plimsoll.Row

func (r *rows) Row(row plimsoll.Row) error { *r = append(*r, row); return nil }

func (*rows) Sample(plimsoll.Sample) error { return nil }

// loaded is a system ready to be held.
type loaded struct {
	system
	engine sim.Config
	set    *trajectory.Set
}

func (s system) load() (loaded, error) {
	shape, err := profile.Load(s.profile)
	if err != nil {
		return loaded{}, err
	}
	engine, err := shape.Engine()
	if err != nil {
		return loaded{}, err
	}
	preset, err := synth.LoadPreset(s.set)
	if err != nil {
		return loaded{}, err
	}
	set, err := preset.Generate(1, 64)
	return loaded{s, engine.Scaled(s.kv, s.speed), set}, err
}

// hold runs one level on a fresh engine and returns its evidence and duration.
func (l loaded) hold(seed uint64, s plimsoll.Stage, enough func(plimsoll.Evidence) bool) (plimsoll.Evidence, time.Duration, error) {
	fleet, err := simfleet.New(simfleet.Config{
		Engine: l.engine, Trajectories: l.set.Trajectories, OutputPolicy: "recorded",
		Agents: agent.Config{Seed: seed, DelaySeed: 1, Start: "spread", ToolDelay: "recorded"},
	})
	if err != nil {
		return plimsoll.Evidence{}, 0, err
	}
	var seen rows
	input := measure.Input{Stage: s, Now: plimsoll.Never, Head: -1, LocalExact: true}
	begin := plimsoll.Instant(0).Add(s.Shape.RampFor(s.Agents) + s.Shape.Settle)
	observed, err := fleet.Hold(context.Background(), s, &seen, func(at plimsoll.Instant, inFlight func() []plimsoll.Row) bool {
		now := input
		now.Rows, now.InFlight, now.Now, now.Observed = seen, inFlight(), at, plimsoll.Observed{Window: plimsoll.Window{Start: begin, End: plimsoll.Never}}
		return !s.Claim && enough(measure.Evidence(now))
	})
	if err != nil {
		return plimsoll.Evidence{}, 0, err
	}
	input.Rows, input.Observed = seen, observed
	return measure.Evidence(input), time.Duration(observed.End), nil
}

// truth returns each tier's capacity from a long run at every N.
func (l loaded) truth() (map[string]int, error) {
	out, over := map[string]int{}, map[string]bool{}
	shape := l.shape
	shape.Min, shape.Max, shape.Turns, shape.Limit = l.long, l.long, 0, 2*l.long
	for n := 1; n <= l.mostAgents && len(over) < len(l.tiers); n++ {
		e, _, err := l.hold(99, plimsoll.Stage{Level: 1, Attempt: 1, Agents: n, Fresh: true, Shape: shape, Tiers: l.tiers, Claim: true}, nil)
		if err != nil {
			return nil, err
		}
		for _, t := range l.tiers {
			v := slo.Judge(e, t, slo.Standard())
			if v.Outcome != plimsoll.Pass {
				over[t.Name] = true
			} else if !over[t.Name] {
				out[t.Name] = n
			}
		}
	}
	return out, nil
}

// simulated prints a row a system and method: searches against the long runs.
func simulated(out io.Writer, searches int) error {
	fmt.Fprintf(out, "\n%d searches a row on simulated engines; truth from one long run at each N\n\n", searches)
	fmt.Fprintln(out, "| engine | truth | method | over-claims of claims | no claim | claim/true p5 | p50 | p95 | levels | engine min |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, s := range systems() {
		l, err := s.load()
		if err != nil {
			return err
		}
		truth, err := l.truth()
		if err != nil {
			return err
		}
		for _, m := range methods()[2:3] { // the preset that most will use
			score, err := l.bench(m, truth, searches)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "| %s | %v | %s | %d of %d | %d | %.2f | %.2f | %.2f | %.1f | %.0f |\n", s.name, listed(truth, s.tiers), m.name,
				score.Over, score.Claims, score.None, score.Ratio(0.05), score.Ratio(0.5), score.Ratio(0.95), score.Levels, score.Minutes)
		}
	}
	return nil
}

func listed(truth map[string]int, tiers []plimsoll.Tier) string {
	out := ""
	for i, t := range tiers {
		if i > 0 {
			out += ", "
		}
		out += fmt.Sprintf("%s: %d", t.Name, truth[t.Name])
	}
	return out
}

func (l loaded) bench(m method, truth map[string]int, searches int) (shapes.Score, error) {
	score := shapes.Score{World: l.name}
	c, err := m.config(true)
	if err != nil {
		return score, err
	}
	c.Tiers, c.Shape, c.MaxAgents = l.tiers, l.shape, 256
	for i := range searches {
		answer, levels, took, err := l.try(uint64(1000+i), c)
		if err != nil {
			return score, err
		}
		score.Levels += float64(levels) / float64(searches)
		score.Minutes += took.Minutes() / float64(searches)
		for _, a := range answer.Tiers {
			score.Count(a, c.Method, truth[a.Tier.Name])
		}
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
