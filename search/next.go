package search

import (
	"fmt"
	"math"

	"plimsoll"
	"plimsoll/slo"
)

// choice is a level to measure; agents 0: none is left.
type choice struct {
	agents int
	tiers  []plimsoll.Tier
	why    string
	claim  bool
	share  float64 // of the shape's turns; 0 all
	whole  bool    // a window of fixed length, never ended early
}

// Next returns the next stage, or the answer.
func (s *Search) Next(past []plimsoll.Past) (*plimsoll.Stage, *plimsoll.Answer) {
	l := read(&s.c, past)
	if l.broken != "" {
		return nil, s.answer(&l, l.broken, true)
	}
	if again := l.repeat; again != nil {
		var why string
		if again.Shape, why = s.within(&l, again.Shape, again.Agents); why != "" {
			return nil, s.answer(&l, again.Why+"; "+why, false)
		}
		return again, nil
	}
	pick := s.choose(&l)
	if pick.agents == 0 {
		return nil, s.answer(&l, pick.why, false)
	}
	if s.c.Method == MethodAA && s.c.MaxLevels > 0 && len(l.levels) >= s.c.MaxLevels {
		return nil, s.answer(&l, fmt.Sprintf("%d levels were measured, the most allowed", len(l.levels)), false)
	}
	if why := s.spent(&l, pick); why != "" {
		return nil, s.answer(&l, why, false)
	}
	shape, why := s.within(&l, s.shape(&l, pick), pick.agents)
	if why != "" {
		return nil, s.answer(&l, why, false)
	}
	replicate := l.runsAt(pick.agents)
	if pick.claim {
		// Claim levels share no draw of trajectories, at whatever N: else the runs of a
		// line would resemble each other, and their spread would say too little.
		replicate = len(l.levels)
	}
	return &plimsoll.Stage{
		Level: l.next, Attempt: 1, Replicate: replicate, Agents: pick.agents, Fresh: true, Claim: pick.claim,
		Why: pick.why, Shape: shape, Tiers: pick.tiers,
	}, nil
}

// Early reports whether a level of the stage may end before its window is full.
func (s *Search) Early(stage plimsoll.Stage) bool {
	return s.c.Rules.EarlyAlpha > 0 && len(stage.Tiers) > 0 && !(stage.Claim && (s.c.Whole || fixed(stage.Shape)))
}

// shape is the timing of a level that was picked.
func (s *Search) shape(l *ledger, pick choice) plimsoll.Shape {
	shape := shapeAt(s.c.Shape, pick.agents)
	if s.c.Method == MethodCertified && len(s.c.Levels) == 0 && !pick.claim {
		shape = rampShape(shape)
	}
	if pick.whole {
		return l.wholeWindow(shape)
	}
	if pick.share > 0 {
		shape.Turns = int(math.Round(float64(shape.Turns) * pick.share))
	}
	return shape
}

// Enough reports whether a level under way is settled for every tier it judges. For a
// claim level that is so where its margin lies beyond farOff for every tier: margins
// enter a bound capped there, so that what enters is the same; or where a single agent
// fails it, however closely: below that there is nothing to bound.
func (s *Search) Enough(e plimsoll.Evidence) bool {
	if !s.Early(e.Stage) {
		return false
	}
	for _, t := range e.Stage.Tiers {
		settled := slo.Clear(e, t, s.c.Rules) != plimsoll.Undecided
		if e.Stage.Claim {
			fails := t
			if e.Stage.Agents > 1 {
				fails = beyond(t, -1)
			}
			settled = slo.Clear(e, fails, s.c.Rules) == plimsoll.Fail || slo.Clear(e, beyond(t, 1), s.c.Rules) == plimsoll.Pass
		}
		if !settled {
			return false
		}
	}
	return true
}

// choose picks the next level.
func (s *Search) choose(l *ledger) choice {
	switch {
	case len(s.c.Levels) > 0:
		return s.rung(l)
	case s.c.Method == MethodCertified:
		return s.certify(l)
	case s.c.Shared:
		return s.shared(l)
	}
	return s.alone(l)
}

// rung returns the next level of a fixed ladder.
func (s *Search) rung(l *ledger) choice {
	for i, n := range s.c.Levels {
		if l.runsAt(n) == 0 {
			return choice{agents: n, tiers: s.c.Tiers, why: fmt.Sprintf("rung %d of %d", i+1, len(s.c.Levels))}
		}
	}
	return choice{why: "every rung of the ladder was measured"}
}

// alone searches tier after tier, each by its own levels.
func (s *Search) alone(l *ledger) choice {
	for _, t := range s.c.Tiers {
		if b := bracketOf(l.points(t, bracketLevel)); !b.settled(&s.c) {
			n, why := b.next(&s.c, t.Name)
			return choice{agents: n, tiers: []plimsoll.Tier{t}, why: why}
		}
	}
	return choice{why: "every tier is settled"}
}

// shared serves the tier of which least is known: first those without a bracket,
// loosest first, then the widest bracket. Every level is judged for all tiers.
func (s *Search) shared(l *ledger) choice {
	hand, name := s.widest(l, &s.c)
	if name != "" {
		n, why := hand.next(&s.c, name)
		return choice{agents: n, tiers: s.c.Tiers, why: why}
	}
	return s.confirm(l)
}

// confirm measures a fail below a pass again, and then the pass, once each.
func (s *Search) confirm(l *ledger) choice {
	for _, t := range s.c.Tiers {
		b := bracketOf(l.points(t, bracketLevel))
		if b.inverted == 0 {
			continue
		}
		for _, n := range []int{b.fail, b.inverted} {
			if l.runsAt(n) < 2 {
				return choice{agents: n, tiers: s.c.Tiers, why: fmt.Sprintf("%d failed below %d, which passed for %s: measured again", b.fail, b.inverted, t.Name)}
			}
		}
	}
	return choice{why: "every tier is settled"}
}
