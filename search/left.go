package search

import (
	"math"

	"plimsoll"
)

// usualRuns is how many claim runs a tier takes as a rule.
const usualRuns = 10

// Remaining returns how many levels the search is expected to measure still, and
// how many at most (void repeats apart); most is 0 where only the budget bounds it.
func (s *Search) Remaining(past []plimsoll.Past) (expected, most int) {
	l := read(&s.c, past)
	if l.broken != "" {
		return 0, 0
	}
	if len(s.c.Levels) > 0 {
		for _, n := range s.c.Levels {
			if l.runsAt(n) == 0 {
				expected++
			}
		}
		return expected, expected
	}
	if s.choose(&l).agents == 0 {
		return 0, 0
	}
	expected = max(1, s.brackets(&l))
	if s.c.Method == MethodCertified {
		expected = max(1, s.brackets(&l)+s.claimsLeft(&l))
	}
	if s.c.Method == MethodAA && s.c.MaxLevels > 0 {
		most = max(0, s.c.MaxLevels-len(l.levels))
		expected = min(expected, most)
	}
	return expected, most
}

// brackets estimates the levels that brackets still take: two doublings for a tier
// that never failed, and the halvings.
func (s *Search) brackets(l *ledger) int {
	c := s.c
	if c.Method == MethodCertified {
		c.Resolution = rampRatio - 1
	}
	halvings, doublings := 0.0, 0.0
	for _, t := range c.Tiers {
		b := bracketOf(l.points(t, bracketLevel))
		if b.settled(&c) {
			continue
		}
		switch {
		case b.fail == 0 && b.pass == 0:
			// Nothing is known: the capacity is taken to lie halfway, in log N, between
			// the first level and the most agents.
			guess := math.Sqrt(float64(max(1, c.First)) * float64(c.MaxAgents))
			if first := math.Ceil(math.Log2(guess/float64(max(1, c.First)))) + 1; doublings == 0 || !c.Shared {
				doublings += max(1, first)
			}
			b.pass, b.fail = int(guess), 2*int(guess)
		case b.fail == 0:
			if doublings == 0 || !c.Shared {
				doublings += 2
			}
			b.pass, b.fail = max(1, b.pass)*2, max(1, b.pass)*4
		}
		b.pass = max(1, b.pass)
		fine := math.Max(1, c.Resolution*float64(b.pass))
		halvings += math.Ceil(math.Log2(math.Max(1, float64(b.fail-b.pass)/fine)))
	}
	return int(halvings + doublings)
}

// claimsLeft estimates the claim levels that tiers still take.
func (s *Search) claimsLeft(l *ledger) int {
	left := 0
	for _, at := range s.localities(l) {
		if !at.done {
			left += max(1, max(usualRuns, s.c.LeastRuns)-len(at.local()))
		}
	}
	return min(left, s.mostClaims()-l.claims())
}

// Left estimates the seconds that the search still needs, from what levels took.
func (s *Search) Left(past []plimsoll.Past) float64 {
	expected, _ := s.Remaining(past)
	took, n := 0.0, 0
	for _, p := range past {
		if !p.Stage.Warmup {
			took, n = took+p.Took, n+1
		}
	}
	if n == 0 {
		return float64(expected) * lasts(s.c.Shape, s.c.First).Seconds()
	}
	return float64(expected) * took / float64(n)
}
