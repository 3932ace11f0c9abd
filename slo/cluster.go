package slo

import (
	"cmp"
	"math"
	"slices"

	"plimsoll"
)

// Turns of one walk resemble each other, so that a thousand turns may tell no more
// than a few hundred independent ones: an interval resamples walks, not turns.

// Values picks what an interval is about.
type Values func(plimsoll.Journey) []float64

// TTFTs picks the times to first token.
func TTFTs(j plimsoll.Journey) []float64 { return j.TTFT }

// SpeedValues picks the output speeds.
func SpeedValues(j plimsoll.Journey) []float64 { return j.Speed }

// Interval returns the percentile interval of the q-quantile by resampling whole
// walks with replacement (Davison and Hinkley, Bootstrap Methods, 1997, 3.8). Its
// draws are a fixed hash sequence: the same walks give the same interval. ok is
// false for fewer than 8 walks.
func Interval(journeys []plimsoll.Journey, of Values, q, alpha float64) (low, high float64, ok bool) {
	const resamples = 400
	if len(journeys) < 8 {
		return 0, 0, false
	}
	type value struct {
		x    float64
		walk int
	}
	var pool []value
	for i, j := range journeys {
		for _, x := range of(j) {
			pool = append(pool, value{x, i})
		}
	}
	if len(pool) == 0 {
		return 0, 0, false
	}
	slices.SortFunc(pool, func(a, b value) int { return cmp.Compare(a.x, b.x) })
	quantiles := make([]float64, 0, resamples)
	times := make([]int, len(journeys))
	draw := uint64(len(journeys))
	for range resamples {
		clear(times)
		for range journeys {
			draw = splitmix(draw)
			times[draw%uint64(len(journeys))]++
		}
		total := 0
		for _, v := range pool {
			total += times[v.walk]
		}
		rank, seen := q*float64(total-1), 0
		for _, v := range pool {
			if seen += times[v.walk]; float64(seen) > rank {
				quantiles = append(quantiles, v.x)
				break
			}
		}
	}
	if len(quantiles) < resamples/2 {
		return 0, 0, false
	}
	slices.Sort(quantiles)
	at := func(p float64) float64 { return quantiles[int(p*float64(len(quantiles)-1))] }
	return at(alpha / 2), at(1 - alpha/2), true
}

// splitmix is the next number of the SplitMix64 sequence (Steele, Lea and Flood,
// OOPSLA 2014), spread over all bits.
func splitmix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// LogError returns the standard error of the log of the q-quantile inside one run,
// by linearisation over walks: the spread of each walk's surplus of values beyond
// the quantile, over the number of values and the log density there. 0: unknown.
func LogError(journeys []plimsoll.Journey, of Values, ascending []float64, q float64) float64 {
	n := len(ascending)
	if n < 40 || len(journeys) < 8 {
		return 0
	}
	at := func(p float64) float64 { return ascending[int(p*float64(n-1))] }
	reach := math.Min(q, 1-q) / 2
	below, x, above := at(q-reach), at(q), at(q+reach)
	if !(below > 0) || math.IsInf(above, 1) || above <= below {
		return 0
	}
	density := 2 * reach / math.Log(above/below)
	squares := 0.0
	for _, j := range journeys {
		surplus := 0.0
		for _, v := range of(j) {
			surplus -= 1 - q
			if v > x {
				surplus++
			}
		}
		squares += surplus * surplus
	}
	return math.Sqrt(squares) / (float64(n) * density)
}
