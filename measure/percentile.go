package measure

import "math"

// Percentile returns the q-quantile (0 <= q <= 1) of ascending values: exact, by
// linear interpolation at rank (n-1)q. Between neighbours a and b it is a where
// the fraction is 0 or a = b, else +Inf where b is +Inf. It is NaN for no values.
func Percentile(ascending []float64, q float64) float64 {
	n := len(ascending)
	if n == 0 {
		return math.NaN()
	}
	rank := float64(n-1) * math.Min(1, math.Max(0, q))
	low := int(rank)
	fraction := rank - float64(low)
	a := ascending[low]
	if fraction == 0 || low == n-1 {
		return a
	}
	b := ascending[low+1]
	switch {
	case a == b:
		return a
	case math.IsInf(b, 1):
		return math.Inf(1)
	}
	return a + fraction*(b-a)
}

// mean returns the arithmetic mean, 0 for no values.
func mean(xs []float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}
