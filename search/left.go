package search

import (
	"math"

	"plimsoll"
)

// Remaining returns how many levels the search is expected to measure still, and
// how many at most (without void repeats); most is 0 where only the budget ends it.
func (s *Search) Remaining(past []plimsoll.Past) (expected, most int) {
	l := read(&s.c, past)
	if l.broken != "" {
		return 0, 0
	}
	done := len(l.levels)
	if len(s.c.Levels) > 0 {
		left := 0
		for _, n := range s.c.Levels {
			if l.runsAt(n) == 0 {
				left++
			}
		}
		return left, left
	}
	if s.choose(&l).agents == 0 {
		return 0, 0
	}
	steps := 0.0
	doublings := 0.0
	for _, t := range s.c.Tiers {
		b := bracketOf(l.points(t, false))
		if b.settled(&s.c) {
			continue
		}
		if b.fail == 0 {
			d := 2.0
			if s.c.Shared {
				doublings = math.Max(doublings, d)
			} else {
				doublings += d
			}
			b.pass, b.fail = max(1, b.pass)*2, max(1, b.pass)*4
		} else if b.pass == 0 {
			b.pass = max(1, b.fail/2)
		}
		fine := math.Max(1, s.c.Resolution*float64(b.pass))
		steps += math.Ceil(math.Log2(math.Max(1, float64(b.fail-b.pass)/fine)))
	}
	expected = max(1, int(steps+doublings))
	if s.c.MaxLevels > 0 {
		most = s.c.MaxLevels - done
		expected = min(expected, most)
	}
	return expected, most
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
