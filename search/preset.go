package search

import (
	"fmt"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/slo"
)

// Preset is a named way of measuring: timing, rules and the search's numbers.
type Preset struct {
	Name         string
	Method       string
	Shape        plimsoll.Shape
	Rules        slo.Rules
	First        int
	MaxAgents    int
	Resolution   float64
	MaxLevels    int
	Shared       bool
	LeastRuns    int
	Runs         int
	MoreRuns     int
	Tight        float64
	Confirm      bool
	Whole        bool
	Warmup       bool
	OutputPolicy string
	Start        string
	ToolDelay    string
	Salts        string
	// NotComparable says why results must not be set beside published ones; empty
	// where they may.
	NotComparable string
}

// presets returns all presets.
func presets() []Preset {
	standard := Preset{
		Name: "standard", Method: MethodCertified, Rules: slo.Standard(), First: 8, MaxAgents: 65536,
		Resolution: 0.02, Shared: true, LeastRuns: 6, Runs: 30, MoreRuns: 2, Tight: 0.05, Warmup: true,
		OutputPolicy: "recorded", Start: "spread", ToolDelay: "recorded", Salts: plimsoll.SaltsWalk,
		Shape: plimsoll.Shape{
			Ramp: 60 * time.Second, Settle: 60 * time.Second, SettleMax: 10 * time.Minute, Min: 300 * time.Second, Max: 30 * time.Minute,
			Turns: 1000, Limit: time.Hour, Tick: 5 * time.Second, Request: 300 * time.Second, Idle: 120 * time.Second,
		},
	}
	publish := standard
	publish.Name, publish.LeastRuns, publish.Runs, publish.MoreRuns, publish.Tight, publish.Confirm, publish.Whole = "publish", 12, 45, 15, 0.035, true, true
	return []Preset{
		{
			Name: "quick", Method: MethodAA, Rules: slo.Standard(), First: 8, MaxAgents: 256,
			Resolution: 0.10, MaxLevels: 16, Shared: true, LeastRuns: 6, Runs: 30, MoreRuns: 2, Tight: 0.05, Warmup: true,
			OutputPolicy: "recorded", Start: "spread", ToolDelay: "recorded", Salts: plimsoll.SaltsWalk,
			NotComparable: "preset quick looks for seconds only",
			Shape: plimsoll.Shape{
				Ramp: 500 * time.Millisecond, Settle: 700 * time.Millisecond, Min: 1200 * time.Millisecond, Max: 3 * time.Second,
				Turns: 60, Limit: 7 * time.Second, Tick: 250 * time.Millisecond, Request: 15 * time.Second, Idle: 10 * time.Second,
			},
		},
		standard, publish,
		{
			Name: "aa", Method: MethodAA, Rules: slo.AA(), First: 2, MaxAgents: 65536,
			Resolution: 0.01, LeastRuns: 6, Runs: 30, MoreRuns: 2, Tight: 0.05,
			OutputPolicy: "free", Start: "offset", ToolDelay: "aa", Salts: plimsoll.SaltsLevel,
			Shape: plimsoll.Shape{
				SpawnPerS: 1, Settle: 240 * time.Second, Min: 600 * time.Second, Walks: 30, WalksPerAgent: 3,
				Limit: time.Hour, Tick: time.Second, Request: 300 * time.Second, Idle: 300 * time.Second,
			},
		},
	}
}

// PresetByName returns the named preset.
func PresetByName(name string) (Preset, error) {
	var names []string
	for _, p := range presets() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Preset{}, fmt.Errorf("preset %q is not known: want %s", name, strings.Join(names, ", "))
}

// Config returns the preset's search for these tiers; the caller overrides what
// its user said.
func (p Preset) Config(tiers []plimsoll.Tier) Config {
	return Config{
		Method: p.Method, Tiers: tiers, Shape: p.Shape, Rules: p.Rules, First: p.First, MaxAgents: p.MaxAgents,
		Resolution: p.Resolution, MaxLevels: p.MaxLevels, Shared: p.Shared,
		LeastRuns: p.LeastRuns, Runs: p.Runs, MoreRuns: p.MoreRuns, Tight: p.Tight, Confirm: p.Confirm, Whole: p.Whole,
	}
}

// fewAgents is where a window of seconds begins to hold too few turns for a verdict.
const fewAgents = 4

// shapeAt returns the timing of a level of n agents: a handful of agents needs a
// longer window for the same turns, and a slow spawn stretches the
// limit, so that ramp, settle and the shortest window always fit.
func shapeAt(s plimsoll.Shape, n int) plimsoll.Shape {
	if n < fewAgents && s.Max > 0 {
		more := s.Max*fewAgents/time.Duration(n) - s.Max
		s.Max += more
		if s.Limit > 0 {
			s.Limit += more
		}
	}
	if s.Limit > 0 {
		s.Limit = max(s.Limit, s.RampFor(n)+max(s.Settle, s.SettleMax)+s.Min)
	}
	return s
}

// rampTurns is how many turns suffice for a bracket, where a claim wants more.
const rampTurns = 250

// rampShape is the timing of a level that only brackets: its window closes at its
// shortest length once it holds a few turns.
func rampShape(s plimsoll.Shape) plimsoll.Shape {
	s.Turns, s.Walks, s.WalksPerAgent = min(s.Turns, rampTurns), 0, 0
	return s
}

// lasts is how long a level of n agents takes at least, and at most: as long as it may
// settle and measure, and then wait for its slowest turn.
func lasts(s plimsoll.Shape, n int) (least, most time.Duration) {
	least = s.RampFor(n) + s.Settle + s.Min
	most = max(least, s.Limit)
	if s.Max > 0 {
		most = min(most, s.RampFor(n)+max(s.Settle, s.SettleMax)+s.Max+s.Request)
	}
	return least, max(least, most)
}
