package synth

import "math"

// source is a stream of draws. It is splitmix64 (Steele, Lea, Flood 2014): tiny,
// seeded by a hash of what it is for, and the same on every platform and release.
type source struct{ state uint64 }

// newSource seeds a stream for one purpose, so that a change of one part of a
// preset leaves the draws of the others alone.
func newSource(seed uint64, purpose string, keys ...uint64) *source {
	s := &source{seed}
	for i := 0; i < len(purpose); i++ {
		s.state = s.next() ^ uint64(purpose[i])
	}
	for _, k := range keys {
		s.state = s.next() ^ k
	}
	return s
}

func (s *source) next() uint64 {
	s.state += 0x9e3779b97f4a7c15
	z := s.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// unit draws from [0, 1).
func (s *source) unit() float64 { return float64(s.next()>>11) / (1 << 53) }

// below draws from 0..n-1.
func (s *source) below(n int) int { return int(s.unit() * float64(n)) }

// spread is draw number i of an evenly spread sequence in dimension dim: the
// additive recurrence of the plastic number (Roberts, 2018), begun at a seeded
// place. Any number of first draws covers [0, 1) evenly, so that a set of some
// hundred trajectories has the preset's means without depending on luck.
func spread(seed uint64, dim, i int) float64 {
	const plastic = 1.2207440846057596 // the root of x^4 = x + 1, for 3 dimensions
	step := math.Pow(plastic, -float64(dim+1))
	x := newSource(seed, "spread", uint64(dim)).unit() + float64(i+1)*step
	return x - math.Floor(x)
}

// quantile is the inverse of the standard normal law; u is kept off its ends.
func quantile(u float64) float64 {
	return math.Sqrt2 * math.Erfinv(2*min(max(u, 1e-9), 1-1e-9)-1)
}
