// Package shapes holds analytic engines whose true capacity is known, for trying
// search rules in no time. They compare rules, not servers: no queue, no cache, no
// error, one latency curve and one speed curve.
//
// A turn's log TTFT is the curve at N plus a run effect, a walk effect and its own
// noise, all normal; the curve is scaled so that the 95th percentile of all runs
// pooled meets the tier's limit exactly at its true capacity.
package shapes

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"plimsoll"
)

// The spread of the log values, and what a run holds.
const (
	WalkSD  = 0.35
	TurnSD  = 0.60
	PerWalk = 20   // turns a walk
	Turns   = 1000 // turns a full window
)

// The normal quantiles of P95 and P25.
const (
	z95 = 1.6448536269514722
	z25 = -0.6744897501960817
)

// World is an engine.
type World struct {
	Name string
	// TTFT returns the pooled P95 TTFT in s, Speed the pooled P25 speed in tokens/s
	// at n agents.
	TTFT, Speed func(n float64) float64
	RunSD       float64
	// Smooth says that the curve has no kink or jump up to a tenth above its edge.
	Smooth bool
	Seed   uint64
}

// Edge is where a single-tier world meets its limit of 10 s as a rule.
const Edge = 103.0

// Worlds returns the five shapes, scaled to 10 s at edge agents.
func Worlds(runSD, edge float64) []World {
	fast := func(float64) float64 { return 1e4 }
	power := func(k float64) func(float64) float64 {
		return func(n float64) float64 { return 10 * math.Pow(n/edge, k) }
	}
	return []World{
		{Name: "gentle N^1.5", TTFT: power(1.5), Speed: fast, RunSD: runSD, Smooth: true},
		{Name: "steep N^4", TTFT: power(4), Speed: fast, RunSD: runSD, Smooth: true},
		{Name: "kink N^0.4 then N^6", Speed: fast, RunSD: runSD, TTFT: func(n float64) float64 {
			return 10 * math.Pow(n/edge, map[bool]float64{true: 6, false: 0.4}[n > edge])
		}},
		{Name: "queue blow-up at 1.15 N*", Speed: fast, RunSD: runSD, Smooth: true, TTFT: func(n float64) float64 {
			load := n / edge / 1.15
			if load >= 0.999 {
				return 1e4
			}
			atEdge := edge / edge / 1.15
			return 10 * (1 - atEdge) / (1 - load)
		}},
		{Name: "cliff at N*", Speed: fast, RunSD: runSD, TTFT: func(n float64) float64 {
			return map[bool]float64{true: 50, false: 5}[n > edge]
		}},
	}
}

// WithSpeed gives a world a speed that falls as 6000/N tokens/s, so that the
// tighter tiers of a set are bound by speed.
func (w World) WithSpeed() World {
	w.Speed = func(n float64) float64 { return 6000 / n }
	return w
}

// Capacity returns the true capacity for a tier: the largest N that meets it.
func (w World) Capacity(t plimsoll.Tier) int {
	n := 0
	for w.TTFT(float64(n+1)) <= t.TTFT.Seconds() && w.Speed(float64(n+1)) >= t.SpeedTPS {
		n++
	}
	return n
}

// within is the log spread inside a run.
var within = math.Sqrt(WalkSD*WalkSD + TurnSD*TurnSD)

// run draws the turns of one run, in order of time. Speeds have half the spread.
func (w World) run(s plimsoll.Stage) (ttft, speed []float64) {
	rng := rand.New(rand.NewPCG(w.Seed, uint64(s.Agents)<<32|uint64(s.Level)<<8|uint64(s.Attempt)))
	pooled := math.Sqrt(within*within + w.RunSD*w.RunSD)
	a := math.Log(w.TTFT(float64(s.Agents))) - z95*pooled + w.RunSD*rng.NormFloat64()
	halved := math.Sqrt(within*within/4 + w.RunSD*w.RunSD)
	b := math.Log(w.Speed(float64(s.Agents))) - z25*halved + w.RunSD*rng.NormFloat64()
	var walkA, walkB float64
	for i := range Turns {
		if i%PerWalk == 0 {
			walkA, walkB = WalkSD*rng.NormFloat64(), WalkSD/2*rng.NormFloat64()
		}
		ttft = append(ttft, math.Exp(a+walkA+TurnSD*rng.NormFloat64()))
		speed = append(speed, math.Exp(b+walkB+TurnSD/2*rng.NormFloat64()))
	}
	return ttft, speed
}

// Timing of a level: what stands before the window, the window, and how often a
// level under way is looked at.
const (
	Before = 120 * time.Second
	Window = 300 * time.Second
	Tick   = 10 * time.Second
)

// Hold runs a level; enough is asked at every tick on the turns ended by then. A full
// window holds Turns turns; a stage that asks for fewer closes sooner, but not before
// its shortest window.
func (w World) Hold(s plimsoll.Stage, enough func(plimsoll.Evidence) bool) (plimsoll.Evidence, time.Duration) {
	ttft, speed := w.run(s)
	all := int(Window / Tick)
	ticks := min(all, max(int(s.Shape.Min/Tick), (s.Shape.Turns*all+Turns-1)/Turns))
	ttft, speed = ttft[:Turns*ticks/all], speed[:Turns*ticks/all]
	for k := 1; k < ticks; k++ {
		n := Turns * k / all
		e := evidence(s, ttft[:n], speed[:n], Tick*time.Duration(k))
		e.At = e.Window.End
		e.WindowOpen = true
		if enough(e) {
			e = evidence(s, slices.Clone(ttft[:n]), slices.Clone(speed[:n]), Tick*time.Duration(k))
			return sorted(e), Before + Tick*time.Duration(k)
		}
	}
	return sorted(evidence(s, ttft, speed, Tick*time.Duration(ticks))), Before + Tick*time.Duration(ticks)
}

func evidence(s plimsoll.Stage, ttft, speed []float64, window time.Duration) plimsoll.Evidence {
	return plimsoll.Evidence{
		Stage: s, Turns: len(ttft), OK: len(ttft), TTFT: ttft, Speed: speed, SpeedAA: speed, At: plimsoll.Never,
		Window:   plimsoll.Window{Start: plimsoll.Instant(Before), End: plimsoll.Instant(Before + window)},
		Observed: plimsoll.Observed{Simulated: true},
	}
}

// journeys groups the turns by walk.
func journeys(ttft, speed []float64) []plimsoll.Journey {
	var out []plimsoll.Journey
	for i := 0; i < len(ttft); i += PerWalk {
		end := min(len(ttft), i+PerWalk)
		out = append(out, plimsoll.Journey{Slot: i / PerWalk, TTFT: slices.Clone(ttft[i:end]), Speed: slices.Clone(speed[i:end])})
	}
	return out
}

func sorted(e plimsoll.Evidence) plimsoll.Evidence {
	e.Journeys = journeys(e.TTFT, e.Speed)
	slices.Sort(e.TTFT)
	slices.Sort(e.Speed)
	return e
}
