package slo

import "gonum.org/v1/gonum/mathext"

// AtMost returns Pr[Bin(n, p) <= k], by the regularised incomplete beta function.
func AtMost(k, n int, p float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n:
		return 1
	}
	return mathext.RegIncBeta(float64(n-k), float64(k+1), 1-p)
}

// AtLeast returns Pr[Bin(n, p) >= k].
func AtLeast(k, n int, p float64) float64 { return 1 - AtMost(k-1, n, p) }

// ClearlyBelow reports whether k misses among n independent turns prove, with
// error at most alpha, that the true miss share is below p (Clopper and Pearson,
// Biometrika 26(4), 1934).
func ClearlyBelow(k, n int, p, alpha float64) bool { return n > 0 && AtMost(k, n, p) <= alpha }

// clearlyAbove is the mirror: the true miss share is above p.
func clearlyAbove(k, n int, p, alpha float64) bool { return n > 0 && AtLeast(k, n, p) <= alpha }

// QuantileRanks returns the 0-based ranks l <= r of ascending independent values
// such that [x_l, x_r] covers the q-quantile with probability at least 1-alpha,
// whatever the distribution: Pr[l < Bin(n,q) <= r] with equal tails. ok is false
// where n is too small for a two-sided interval.
func QuantileRanks(n int, q, alpha float64) (l, r int, ok bool) {
	l, r = -1, n
	for k := 0; k < n && AtMost(k, n, q) <= alpha/2; k++ {
		l = k
	}
	for k := n - 1; k >= 0 && AtLeast(k+1, n, q) <= alpha/2; k-- {
		r = k
	}
	if l < 0 || r >= n {
		return max(l, 0), min(r, n-1), false
	}
	return l, r, true
}
