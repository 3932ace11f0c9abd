package measure

import (
	"fmt"
	"math"
	"slices"

	"plimsoll"
)

// little holds the interactive response law N = X (R + Z) against the rows: X is
// the turns sent a second, R + Z the mean cycle, from the end of a slot's previous
// turn to the end of this one, without the client's own lag (Denning and Buzen,
// Computing Surveys 10(3), 1978). A slot that idled, or a turn that was lost or
// counted twice, shows as a mismatch. Cycles that the window's edges cut make the
// law inexact; the limit is never below four standard errors of that.
//
// Where turns of the window were cut, their cycles are not known whole, and leaving
// them short would blame the load for our own stop. In a stationary process the time
// that a cycle has run at a fixed instant and the time that it still will have the same
// mean (Cox, Renewal Theory, 1962, 5.4): cycles under way at the window's end then count
// twice what of them lies before it.
func little(e *plimsoll.Evidence, rows []plimsoll.Row) plimsoll.Gate {
	const name, unit = "little", "of agents"
	cycles, branched := cyclesIn(rows, e.Window)
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
	return plimsoll.Gate{Name: name, Value: off, Limit: limit, Unit: unit, OK: off <= limit}
}

// cyclesIn returns the cycle of every turn sent in the window, s: tool delay
// (or join) plus the turn. branched: some agent has more than its main thread.
func cyclesIn(rows []plimsoll.Row, w plimsoll.Window) (cycles []float64, branched bool) {
	ordered := make([]*plimsoll.Row, 0, len(rows))
	for i := range rows {
		if rows[i].Branch != 0 {
			return nil, true
		}
		ordered = append(ordered, &rows[i])
	}
	sortBySlot(ordered)
	counts := func(r *plimsoll.Row) bool {
		return !r.Primer && r.Sent != plimsoll.Never && r.End != plimsoll.Never && w.Holds(r.Sent)
	}
	cut := slices.ContainsFunc(ordered, func(r *plimsoll.Row) bool { return counts(r) && r.Class.Cut() })
	for i, r := range ordered {
		if !counts(r) {
			continue
		}
		end, under := r.End, cut && r.End > w.End
		if under {
			end = w.End
		}
		cycle := end.Sub(r.Sent).Seconds() + float64(r.Connect)/1e9
		if i > 0 && ordered[i-1].Slot == r.Slot && ordered[i-1].End != plimsoll.Never {
			cycle += math.Max(0, r.Due.Sub(ordered[i-1].End).Seconds())
		}
		if under {
			cycle *= 2
		}
		cycles = append(cycles, cycle)
	}
	return cycles, false
}
