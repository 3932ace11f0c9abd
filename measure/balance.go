package measure

import (
	"math"

	"plimsoll"
)

// balance is the law of little.go with the window's edges taken off: the share of
// N x W that the cycles of all turns fill, each cut to the window. It holds in a
// window that is not stationary and for turns that were cut. What a slot does after its
// last turn is known to be a tool delay only for as long as the longest of them.
//
// Rows come in order of slots. It is 1 where every agent is always in a cycle, less
// where one idled or a turn was lost, more where one was counted twice.
func balance(ordered []*plimsoll.Row, w plimsoll.Window, agents int) float64 {
	filled, longest := 0.0, 0.0
	var tails []float64 // s from a slot's last end to the window's end
	for i, r := range ordered {
		if r.End == plimsoll.Never {
			continue
		}
		length := r.End.Sub(sentOrDue(r)).Seconds() + float64(r.Connect)/1e9
		if i > 0 && ordered[i-1].Slot == r.Slot && ordered[i-1].End != plimsoll.Never {
			wait := math.Max(0, r.Due.Sub(ordered[i-1].End).Seconds())
			length, longest = length+wait, math.Max(longest, wait)
		}
		end := r.End.Sub(w.Start).Seconds()
		filled += math.Max(0, math.Min(end, w.Seconds())-math.Max(end-length, 0))
		if i+1 == len(ordered) || ordered[i+1].Slot != r.Slot {
			tails = append(tails, math.Min(w.Seconds(), w.Seconds()-end))
		}
	}
	for _, tail := range tails {
		filled += math.Max(0, math.Min(tail, longest))
	}
	return filled / (float64(agents) * w.Seconds())
}
