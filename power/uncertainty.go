package power

import (
	"math"
	"slices"

	"plimsoll"
)

// total is the power of all devices together, read at even steps of the window.
type total []float64

// sumOf adds the devices' powers at steps of about one interval. A device that
// gives energy only counts with the slope of its counter.
func sumOf(devices []*series, w plimsoll.Window, e Expect) total {
	steps := int(min(max(w.Seconds()/e.Interval.Seconds(), 10), 20_000))
	sum := make(total, steps+1)
	for _, d := range devices {
		gauge := column(d.points, func(p point) float64 { return p.watts })
		if len(gauge) == 0 {
			gauge = slope(column(d.points, func(p point) float64 { return p.joules }))
		}
		for i, v := range gauge.resample(w, steps) {
			sum[i] += v
		}
	}
	return sum
}

// slope turns a counter into the mean power of each of its pieces.
func slope(counter line) line {
	fresh := freshOnly(counter, false)
	var l line
	for i := 1; i < len(fresh); i++ {
		a, b := fresh[i-1], fresh[i]
		middle := a.at + (b.at-a.at)/2
		l = append(l, knot{middle, (b.v - a.v) / b.at.Sub(a.at).Seconds()})
	}
	return l
}

// spread returns the least, the 95th percentile (nearest rank) and the greatest.
func (t total) spread() (low, p95, high float64) {
	s := slices.Sorted(slices.Values(t))
	return s[0], s[int(math.Ceil(0.95*float64(len(s))))-1], s[len(s)-1]
}

// uncertainty is the expanded uncertainty (k = 2) of the mean power in watts: the
// root sum of squares of the meter's accuracy (rectangular), the sampling (batch
// means, where power was sampled rather than counted) and the edges (half of one
// interval at either end may belong to another load). 0 for a stated figure.
func uncertainty(f plimsoll.Energy, t total, e Expect) float64 {
	if e.Stated() {
		return 0
	}
	accuracy := e.Accuracy * f.MeanWatts / math.Sqrt(3)
	edges := f.MeanWatts * e.Interval.Seconds() / f.WindowS / math.Sqrt(3)
	sampling := 0.0
	if f.Method != "counter" {
		sampling = t.batchError()
	}
	return 2 * math.Sqrt(accuracy*accuracy+edges*edges+sampling*sampling)
}

// batchError is the standard error of the mean over ten batches, which carries the
// autocorrelation that a plain standard error would leave out.
func (t total) batchError() float64 {
	const batches = 10
	size := len(t) / batches
	if size == 0 {
		return 0
	}
	var means [batches]float64
	mean := 0.0
	for i := range means {
		for _, v := range t[i*size : (i+1)*size] {
			means[i] += v / float64(size)
		}
		mean += means[i] / batches
	}
	square := 0.0
	for _, m := range means {
		square += (m - mean) * (m - mean)
	}
	return math.Sqrt(square / (batches - 1) / batches)
}
