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

// normal draws from the standard normal law by its inverse.
func (s *source) normal() float64 {
	u := (float64(s.next()>>11) + 0.5) / (1 << 53)
	return math.Sqrt2 * math.Erfinv(2*u-1)
}
