package measure

import (
	"cmp"
	"math"
	"slices"

	"plimsoll"
)

// mser5 returns how many leading values to cut so that the rest looks steady, by
// the MSER-5 rule: on means of batches of 5 choose the cut d that minimises
// sum (Y_i - mean)^2 / (n-d)^2 over i > d (White, Cobb and Spratt 2000). ok is
// false where the best cut lies past half of the values: the run was too short.
func mser5(values []float64) (cut int, ok bool) {
	n := len(values) / 5
	if n < 4 {
		return 0, false
	}
	batches := make([]float64, n)
	for i := range batches {
		batches[i] = mean(values[5*i : 5*i+5])
	}
	// Backward sums make every candidate O(1).
	best, bestAt := math.Inf(1), 0
	sum, squares := 0.0, 0.0
	for d := n - 1; d >= 0; d-- {
		sum += batches[d]
		squares += batches[d] * batches[d]
		kept := float64(n - d)
		if kept < 3 {
			continue // two batches can agree by chance
		}
		if score := (squares - sum*sum/kept) / (kept * kept); score <= best {
			best, bestAt = score, d
		}
	}
	return 5 * bestAt, 2*bestAt <= n
}

// trend returns Kendall's tau of values against their order and its two-sided
// p-value by the Mann-Kendall test (normal approximation with tie correction).
// Under 8 values it returns p = 1.
func trend(values []float64) (tau, p float64) {
	n := len(values)
	if n < 8 {
		return 0, 1
	}
	s := 0.0
	for i := range values {
		for _, later := range values[i+1:] {
			if later > values[i] {
				s++
			} else if later < values[i] {
				s--
			}
		}
	}
	nf := float64(n)
	variance := nf * (nf - 1) * (2*nf + 5)
	for _, t := range tieSizes(values) {
		variance -= t * (t - 1) * (2*t + 5)
	}
	if variance <= 0 {
		return 0, 1
	}
	z := math.Max(0, math.Abs(s)-1) / math.Sqrt(variance/18)
	return s / (nf * (nf - 1) / 2), math.Erfc(z / math.Sqrt2)
}

// tieSizes returns how often each value occurs.
func tieSizes(values []float64) []float64 {
	counts := map[float64]int{}
	for _, v := range values {
		counts[v]++
	}
	var out []float64
	for _, c := range counts {
		out = append(out, float64(c))
	}
	slices.Sort(out)
	return out
}

// steadyBatches is how many equal time slices of the window the trend test
// compares: enough for power, few enough for each to hold many turns.
const steadyBatches = 20

// steady tests TTFT and speed for a trend over the window. The medians of time
// slices stand for the turns, since turns of one walk resemble each other.
func steady(rows []*plimsoll.Row, w plimsoll.Window) plimsoll.Steady {
	out := plimsoll.Steady{TransientS: -1, TTFTTrendP: 1, SpeedTrendP: 1}
	if w.End <= w.Start {
		return out
	}
	bySent := slices.Clone(rows)
	slices.SortStableFunc(bySent, func(a, b *plimsoll.Row) int { return cmp.Compare(sentOrDue(a), sentOrDue(b)) })
	var ttft, speed [steadyBatches][]float64
	var series []float64
	var at []plimsoll.Instant
	for _, r := range bySent {
		if r.Class != plimsoll.ClassOK {
			continue
		}
		slice := int(int64(r.Sent-w.Start) * steadyBatches / int64(w.End-w.Start))
		if t := ttftOf(r); !math.IsNaN(t) {
			ttft[slice] = append(ttft[slice], t)
			series, at = append(series, t), append(at, r.Sent)
		}
		if v := speedsOf(r).Main; !math.IsNaN(v) {
			speed[slice] = append(speed[slice], v)
		}
	}
	if cut, ok := mser5(series); ok {
		out.TransientS = at[cut].Sub(w.Start).Seconds()
		if cut == 0 {
			out.TransientS = 0
		}
	}
	medians := medianOf(ttft[:])
	out.BatchesJudged = len(medians)
	out.TTFTTrend, out.TTFTTrendP = trend(medians)
	out.SpeedTrend, out.SpeedTrendP = trend(medianOf(speed[:]))
	return out
}

// medianOf returns the medians of the slices that hold at least 3 values.
func medianOf(slicesOfTime [][]float64) []float64 {
	var out []float64
	for _, values := range slicesOfTime {
		if len(values) < 3 {
			continue
		}
		slices.Sort(values)
		out = append(out, Percentile(values, 0.5))
	}
	return out
}

// fallingP is by chance how often a trend is taken for one that is not there.
const fallingP = 0.001

// falling reports whether TTFT falls through a window under way. Turns count when their
// first token came, whenever they were sent, so that none is left out for waiting still.
func falling(w plimsoll.Window, at plimsoll.Instant, rows ...[]plimsoll.Row) bool {
	var ttft [steadyBatches][]float64
	w.End = min(w.End, at)
	if w.End <= w.Start {
		return false
	}
	for _, some := range rows {
		for i := range some {
			r := &some[i]
			came := r.FirstToken
			if came == plimsoll.Never && r.Class.Failed() {
				came = r.End
			}
			if v := ttftOf(r); !r.Primer && came != plimsoll.Never && w.Holds(came) && !math.IsNaN(v) {
				slice := int(int64(came-w.Start) * steadyBatches / int64(w.End-w.Start))
				ttft[slice] = append(ttft[slice], v)
			}
		}
	}
	tau, p := trend(medianOf(ttft[:]))
	return tau < 0 && p < fallingP
}
