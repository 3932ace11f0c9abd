package measure_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/measure"
)

// shape settles from a minute after a ramp of a minute on.
var settles = plimsoll.Shape{Ramp: time.Minute, Settle: time.Minute, SettleMax: 10 * time.Minute, Tick: 5 * time.Second}

func at(s float64) plimsoll.Instant { return plimsoll.Instant(s * 1e9) }

// walked are the requests of agents that go round on their own until an instant:
// tool time, waiting for a first token, a reply, with mean lengths in s. waits gives the
// mean wait of a request that is sent at an instant.
func walked(agents int, seed uint64, until, tool, reply float64, waits func(sent float64) float64) []measure.Request {
	draw := rand.New(rand.NewPCG(seed, 1))
	var out []measure.Request
	for slot := range agents {
		now := 60 * float64(slot) / float64(agents)
		for now < until {
			first := now + waits(now)*(0.5+draw.Float64())
			end := first + reply*draw.ExpFloat64()
			out = append(out, measure.Request{Slot: slot, Sent: at(now), First: at(first), End: at(end)})
			now = end + tool*draw.ExpFloat64()
		}
	}
	return out
}

// opens returns the first tick at which the load is stationary, s.
func opens(requests []measure.Request, agents int) float64 {
	for when := settles.OpensFrom(agents); when < settles.OpensBy(agents); when = settles.NextTick(when) {
		if measure.Drift(requests, settles, agents, when) <= 1 {
			return when.Seconds()
		}
	}
	return settles.OpensBy(agents).Seconds()
}

// TestSteadyLoadOpensAtOnce: a load that does not change is found stationary at the
// first look, in all but a few cases, from one agent to thousands.
func TestSteadyLoadOpensAtOnce(t *testing.T) {
	for _, agents := range []int{1, 4, 30, 300, 2000} {
		late := 0
		const loads = 60
		for seed := range uint64(loads) {
			// Of other mean lengths each time.
			mean := 0.2 + 0.1*float64(seed%10)
			if opens(walked(agents, seed, 130, 2, 8, func(float64) float64 { return mean }), agents) > 120 {
				late++
			}
		}
		if late > loads/20 {
			t.Errorf("%d agents: %d of %d steady loads are taken for changing ones", agents, late, loads)
		}
	}
}

func TestDrift(t *testing.T) {
	const agents = 400
	for name, test := range map[string]struct {
		waits      func(sent float64) float64
		from, most float64 // when the window may open
	}{
		"steady":                  {func(float64) float64 { return 1 }, 120, 120},
		"steadily overloaded":     {func(float64) float64 { return 20 }, 120, 280},
		"a backlog that drains":   {func(sent float64) float64 { return max(1, (300-sent)/4) }, 260, 460},
		"a queue that builds up":  {func(sent float64) float64 { return min(40, math.Exp((sent-60)/40)) }, 200, 400},
		"somebody waits for ever": {func(sent float64) float64 { return 1 + 1e6*max(0, sent-59.8) }, 660, 660},
	} {
		requests := walked(agents, 7, 700, 2, 8, test.waits)
		if got := opens(requests, agents); got < test.from || got > test.most {
			t.Errorf("%s: opens at %.0f s, want %.0f to %.0f", name, got, test.from, test.most)
		}
	}
}

// TestNobodyForgotten: before every agent had its first token nothing is stationary,
// though as many wait all the time: what they wait for is the ramp's own queue.
func TestNobodyForgotten(t *testing.T) {
	const agents = 100
	var queue []measure.Request
	for slot := range agents {
		served := 60 + 3*float64(slot) // one in 3 s; then the next request waits behind all
		queue = append(queue, measure.Request{Slot: slot, Sent: at(float64(slot) / 2), First: at(served), End: at(served)},
			measure.Request{Slot: slot, Sent: at(served), First: at(served + 300), End: at(served + 301)})
	}
	if got := measure.Drift(queue, settles, agents, at(300)); !math.IsInf(got, 1) {
		t.Errorf("drift %v while agents have no first token", got)
	}
	if got := measure.Drift(nil, settles, agents, at(300)); !math.IsInf(got, 1) {
		t.Errorf("drift %v of no requests", got)
	}
}

// TestDriftLooksBack: what happens after an instant does not change what is said of it.
func TestDriftLooksBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		agents := rapid.IntRange(1, 40).Draw(t, "agents")
		requests := walked(agents, rapid.Uint64().Draw(t, "seed"), 400, 2, 8, func(sent float64) float64 { return 1 + sent/100 })
		now := at(float64(rapid.IntRange(60, 400).Draw(t, "now")))
		var known []measure.Request
		for _, r := range requests {
			if r.Sent >= now {
				continue
			}
			if r.First >= now {
				r.First = plimsoll.Never
			}
			if r.End >= now {
				r.End = plimsoll.Never
			}
			known = append(known, r)
		}
		whole, then := measure.Drift(requests, settles, agents, now), measure.Drift(known, settles, agents, now)
		if whole != then {
			t.Fatalf("drift at %d: %v by all requests, %v by what was known", now, whole, then)
		}
		if !(whole >= 0) {
			t.Fatalf("drift %v", whole)
		}
	})
}

// TestFalling: of a level under way it is said that its TTFT falls, and only then.
func TestFalling(t *testing.T) {
	for name, test := range map[string]struct {
		ttft    func(came float64) float64
		falling bool
	}{
		"falls":  {func(came float64) float64 { return 100 - came/3 }, true},
		"rises":  {func(came float64) float64 { return 1 + came/3 }, false},
		"steady": {func(came float64) float64 { return 2 + math.Mod(came*7.3, 1) }, false},
	} {
		in := measure.Input{Now: at(240), Head: -1, Stage: plimsoll.Stage{Agents: 1}}
		in.Observed.Window = plimsoll.Window{Start: at(100), End: plimsoll.Never}
		for came := 100.0; came < 260; came += 0.5 {
			in.Rows = append(in.Rows, plimsoll.Row{Class: plimsoll.ClassOK, Sent: at(came - test.ttft(came)), FirstToken: at(came), End: at(came + 1)})
		}
		if got := measure.Evidence(in).Falling; got != test.falling {
			t.Errorf("%s: falling %v", name, got)
		}
	}
}
