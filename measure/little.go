package measure

import (
	"fmt"
	"math"

	"plimsoll"
)

// little holds the interactive response law N = X (R + Z) against the rows: X is
// the turns sent a second, R + Z the mean cycle, from the end of a slot's previous
// turn to the end of this one, without the client's own lag (Denning and Buzen,
// Computing Surveys 10(3), 1978). A slot that idled, or a turn that was lost or
// counted twice, shows as a mismatch. Cycles that the window's edges cut make the
// law inexact; the limit is never below four standard errors of that. Where an engine
// slows down in the window, or turns were cut, the edges come to more than that: a
// mismatch stands only if it is there without them, by balance. It also stands where TTFT falls all
// through the window, by enough to show in a cycle: that is the backlog of our own ramp, of which
// no verdict may be made.
func little(e *plimsoll.Evidence, rows []plimsoll.Row) plimsoll.Gate {
	const name, unit = "little", "of agents"
	ordered, branched := bySlots(rows)
	cycles := cyclesIn(ordered, e.Window)
	if branched {
		return unmeasured(name, littleShare, unit, "agents with several branches")
	}
	cycle, w, n := mean(cycles), e.Window.Seconds(), float64(e.Stage.Agents)
	if len(cycles) == 0 || cycle <= 0 || n == 0 || w < littleCycles*cycle {
		return unmeasured(name, littleShare, unit, fmt.Sprintf("window holds fewer than %.0f mean cycles", littleCycles))
	}
	third := 0.0
	for _, c := range cycles {
		third += c * c * c
	}
	third /= float64(len(cycles))
	edge := math.Sqrt(2*n*third/(3*cycle)) / (n * w)
	off := math.Abs(float64(len(cycles))/w*cycle/n - 1)
	limit := math.Max(littleShare, 4*edge)
	if off > limit && !draining(ordered, e.Window, cycle) {
		off, limit = math.Abs(balance(ordered, e.Window, e.Stage.Agents)-1), littleShare
	}
	return plimsoll.Gate{Name: name, Value: off, Limit: limit, Unit: unit, OK: off <= limit}
}

// draining reports whether TTFT fell through the window, from its first half to its second
// by more than the share of a mean cycle that the law allows: caches that warm make turns
// sooner by little, and leave no backlog.
func draining(ordered []*plimsoll.Row, w plimsoll.Window, cycle float64) bool {
	var inside []*plimsoll.Row
	var halves [2][]float64
	middle := w.Start + (w.End-w.Start)/2
	for _, r := range ordered {
		if r.Primer || r.Sent == plimsoll.Never || !w.Holds(r.Sent) {
			continue
		}
		inside = append(inside, r)
		half := 0
		if r.Sent >= middle {
			half = 1
		}
		if ttft := ttftOf(r); !math.IsNaN(ttft) && !math.IsInf(ttft, 1) {
			halves[half] = append(halves[half], ttft)
		}
	}
	s := steady(inside, w)
	return s.TTFTTrend < 0 && s.TTFTTrendP < fallingP && mean(halves[0])-mean(halves[1]) > littleShare*cycle
}

// bySlots returns the rows in order of slots and time. branched: some agent has more
// than its main thread.
func bySlots(rows []plimsoll.Row) (ordered []*plimsoll.Row, branched bool) {
	ordered = make([]*plimsoll.Row, 0, len(rows))
	for i := range rows {
		branched = branched || rows[i].Branch != 0
		ordered = append(ordered, &rows[i])
	}
	sortBySlot(ordered)
	return ordered, branched
}

// cyclesIn returns the cycle of every turn sent in the window, s: tool delay plus the
// turn.
func cyclesIn(ordered []*plimsoll.Row, w plimsoll.Window) []float64 {
	var cycles []float64
	for i, r := range ordered {
		if r.Primer || r.Sent == plimsoll.Never || r.End == plimsoll.Never || !w.Holds(r.Sent) {
			continue
		}
		cycle := r.End.Sub(r.Sent).Seconds() + float64(r.Connect)/1e9
		if i > 0 && ordered[i-1].Slot == r.Slot && ordered[i-1].End != plimsoll.Never {
			cycle += math.Max(0, r.Due.Sub(ordered[i-1].End).Seconds())
		}
		cycles = append(cycles, cycle)
	}
	return cycles
}
