package report

import "math"

// scale maps values to pixels, linearly or by logarithm.
type scale struct {
	low, high float64 // of the values
	from, to  float64 // in pixels
	log       bool
}

// logScale spans values above 0 with a margin, in decades at least a half.
func logScale(values []float64, from, to float64) scale {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if v > 0 && !math.IsInf(v, 0) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	if low > high {
		low, high = 1, 10
	}
	a, b := math.Log10(low), math.Log10(high)
	if short := 0.5 - (b - a); short > 0 {
		a, b = a-short/2, b+short/2
	}
	margin := 0.07 * (b - a)
	return scale{low: math.Pow(10, a-margin), high: math.Pow(10, b+margin), from: from, to: to, log: true}
}

// linearScale spans 0 and the values with a margin above.
func linearScale(values []float64, from, to float64) scale {
	high := 0.0
	for _, v := range values {
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			high = math.Max(high, v)
		}
	}
	if high == 0 {
		high = 1
	}
	return scale{low: 0, high: high * 1.05, from: from, to: to}
}

// at returns the pixel of v; what lies outside stands at the edge.
func (s scale) at(v float64) float64 {
	low, high := s.low, s.high
	if s.log {
		v, low, high = math.Log10(math.Max(v, 1e-300)), math.Log10(low), math.Log10(high)
	}
	share := (v - low) / (high - low)
	return s.from + (s.to-s.from)*math.Min(1, math.Max(0, share))
}

// ticks returns up to most round values: 1, 2, 5 and their decades, or decades
// alone where those are too many.
func (s scale) ticks(most int) []float64 {
	if !s.log {
		return linearTicks(s.high, most)
	}
	for _, steps := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
		var out []float64
		for e := math.Floor(math.Log10(s.low)); e <= math.Log10(s.high); e++ {
			for _, step := range steps {
				if v := step * math.Pow(10, e); v >= s.low && v <= s.high {
					out = append(out, v)
				}
			}
		}
		if len(out) <= most {
			return out
		}
	}
	return nil
}

// timeTicks returns up to most round moments of an axis in seconds.
func timeTicks(high float64, most int) []float64 {
	for _, step := range []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400} {
		if high/step <= float64(most) {
			var out []float64
			for v := 0.0; v <= high; v += step {
				out = append(out, v)
			}
			return out
		}
	}
	return linearTicks(high, most)
}

// ticksBetween returns up to most round moments of an axis in seconds that need not begin
// at 0.
func ticksBetween(low, high float64, most int) []float64 {
	steps := timeTicks(high-low, most)
	if low == 0 {
		return steps
	}
	if len(steps) < 2 {
		return nil
	}
	var out []float64
	for v := math.Ceil(low/steps[1]) * steps[1]; v <= high; v += steps[1] {
		out = append(out, v)
	}
	return out
}

func linearTicks(high float64, most int) []float64 {
	step := math.Pow(10, math.Floor(math.Log10(high/float64(most))))
	for _, factor := range []float64{1, 2, 5, 10} {
		if high/(step*factor) <= float64(most) {
			step *= factor
			break
		}
	}
	var out []float64
	for i := 0; float64(i)*step <= high; i++ {
		out = append(out, float64(i)*step)
	}
	return out
}
