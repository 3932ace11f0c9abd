package slo_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/slo"
)

// TestUnknownOpenTurnsCountAsOneAnAgent: a caller that does not know which turns are
// under way is answered as one that knows of a turn an agent and nothing else.
func TestUnknownOpenTurnsCountAsOneAnAgent(t *testing.T) {
	seen := map[plimsoll.Outcome]bool{}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(20, 600).Draw(t, "n")
		e := level(n, 35, 4)
		for i := range rapid.OneOf(rapid.Just(0), rapid.IntRange(0, n/4)).Draw(t, "late") {
			e.TTFT[n-1-i] = 20
		}
		for i := range rapid.OneOf(rapid.Just(0), rapid.IntRange(0, n/2)).Draw(t, "slow") {
			e.Speed[i] = 10
		}
		e.At, e.Stage.Agents = 9e9, rapid.IntRange(1, 40).Draw(t, "agents")
		unknown := slo.Clear(e, tier, slo.Standard())
		for range e.Stage.Agents {
			e.Open = append(e.Open, plimsoll.OpenTurn{TTFT: math.NaN(), Speed: math.NaN()})
		}
		if known := slo.Clear(e, tier, slo.Standard()); known != unknown {
			t.Fatalf("%s with a turn an agent under way, %s where none is known", known, unknown)
		}
		seen[unknown] = true
		e.Open, e.At = nil, plimsoll.Never
		if over := slo.Clear(e, tier, slo.Standard()); unknown != plimsoll.Undecided && over != unknown {
			t.Fatalf("%s under way, %s once it is over", unknown, over)
		}
	})
	if !seen[plimsoll.Pass] || !seen[plimsoll.Fail] || !seen[plimsoll.Undecided] {
		t.Errorf("drawn outcomes: %v", seen)
	}
}

// TestNoFailWhileTTFTFalls: a level that would be told failed is not while its TTFT falls,
// and one that is not told failed is told the same.
func TestNoFailWhileTTFTFalls(t *testing.T) {
	for late, want := range map[int]plimsoll.Outcome{150: plimsoll.Fail, 0: plimsoll.Pass, 20: plimsoll.Undecided} {
		e := level(400, 35, 4)
		for i := range late {
			e.TTFT[len(e.TTFT)-1-i] = 20
		}
		if got := slo.Clear(e, tier, slo.Standard()); got != want {
			t.Fatalf("%d late turns: %s, want %s", late, got, want)
		}
		if want == plimsoll.Fail {
			want = plimsoll.Undecided
		}
		e.Falling = true
		if got := slo.Clear(e, tier, slo.Standard()); got != want {
			t.Errorf("%d late turns while TTFT falls: %s, want %s", late, got, want)
		}
	}
}
