package search

import (
	"fmt"
	"math"

	"plimsoll"
)

// usualRuns is how many claim runs a tier takes as a rule.
const usualRuns = 10

// Remaining returns how many levels the search is expected to measure still, and
// how many at most (void repeats apart); most is 0 where only the budget bounds it.
func (s *Search) Remaining(past []plimsoll.Past) (expected, most int) {
	l := read(&s.c, past)
	ramp, claims := s.ahead(&l)
	expected = ramp + claims
	switch {
	case len(s.c.Levels) > 0:
		most = expected
	case s.c.Method == MethodAA && s.c.MaxLevels > 0:
		most = max(0, s.c.MaxLevels-len(l.levels))
	}
	return expected, most
}

// ahead is how many levels the search is expected to measure still: claim levels, and
// others.
func (s *Search) ahead(l *ledger) (others, claims int) {
	if l.broken != "" {
		return 0, 0
	}
	if len(s.c.Levels) > 0 {
		for _, n := range s.c.Levels {
			if l.runsAt(n) == 0 {
				others++
			}
		}
		return others, 0
	}
	if s.choose(l).agents == 0 {
		return 0, 0
	}
	others = s.brackets(l)
	if s.c.Method == MethodCertified {
		claims = s.claimsLeft(l, s.localities(l))
	}
	if others+claims == 0 {
		others = 1
	}
	if s.c.Method == MethodAA && s.c.MaxLevels > 0 {
		others = min(others, max(0, s.c.MaxLevels-len(l.levels)))
	}
	return others, claims
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
func (s *Search) claimsLeft(l *ledger, all []locality) int {
	left := 0
	for _, at := range all {
		if !at.done {
			left += max(1, max(usualRuns, s.c.LeastRuns)-len(at.local()))
		}
	}
	return min(left, s.mostClaims()-l.claims())
}

// Left estimates the seconds that the search still needs: what levels of either kind
// took so far, each for those to come.
func (s *Search) Left(past []plimsoll.Past) float64 {
	l := read(&s.c, past)
	ramp, claims := s.ahead(&l)
	return s.affords(&l, float64(ramp)*s.takes(&l, false)+float64(claims)*s.takes(&l, true))
}

// Span returns the seconds that the whole search takes where each of the levels that are
// expected is as short as it may be, and where as many as there may be are as long.
func (s *Search) Span() (least, most float64) {
	l := read(&s.c, nil)
	expected, levels := s.Remaining(nil)
	shortest, longest := s.c.ofFirst()
	return s.affords(&l, float64(expected)*shortest.Seconds()), s.affords(&l, float64(max(expected, levels))*longest.Seconds())
}

// Scarce says of a budget that holds only some of the levels that are expected what to
// expect of it; "" it holds them all.
func (s *Search) Scarce() string {
	expected, _ := s.Remaining(nil)
	shortest, _ := s.c.ofFirst()
	holds := int(s.c.Budget / shortest)
	if s.c.Budget == 0 || holds >= expected {
		return ""
	}
	return fmt.Sprintf("the budget of %s holds at most %d of about %d levels, each of %s or more: some or all tiers will be left with a lower statement",
		s.c.Budget, holds, expected, shortest)
}

// affords is the part of so many seconds that the budget leaves.
func (s *Search) affords(l *ledger, seconds float64) float64 {
	if s.c.Budget == 0 {
		return seconds
	}
	return max(0, min(seconds, s.c.Budget.Seconds()-l.took))
}

// takes is how many seconds a claim level, or one of another kind, is expected to take:
// the mean of those so far, else of all levels. Before the first it lies halfway, in
// proportion, between the shortest and the longest.
func (s *Search) takes(l *ledger, claim bool) float64 {
	var took, n [2]float64
	for _, p := range l.levels {
		kind := 0
		if p.Stage.Claim == claim {
			kind = 1
		}
		took[kind], n[kind] = took[kind]+p.Took, n[kind]+1
	}
	switch {
	case n[1] > 0:
		return took[1] / n[1]
	case n[0] > 0:
		return took[0] / n[0]
	}
	shortest, longest := s.c.ofFirst()
	return math.Sqrt(shortest.Seconds() * longest.Seconds())
}
