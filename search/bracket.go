package search

import (
	"fmt"

	"plimsoll"
)

// bracket is what is known of a tier's capacity.
type bracket struct {
	pass     int   // highest N at which it and every smaller tested N pass; 0 none
	fail     int   // lowest N that did not pass; 0 none
	failed   point // what was seen there
	onTurns  bool  // the level that passes was decided on its turns
	inverted int   // a pass above fail; 0 none
	tested   int
}

// bracketOf reads points, which rise. An undecided level below a passing one says
// nothing either way and is set aside; a failing one there is an inversion.
func bracketOf(points []point) bracket {
	b := bracket{tested: len(points)}
	top := 0
	for _, p := range points {
		if p.outcome == plimsoll.Pass {
			top = p.agents
		}
	}
	for _, p := range points {
		switch {
		case p.outcome == plimsoll.Undecided && p.agents < top:
		case p.outcome != plimsoll.Pass && b.fail == 0:
			b.fail, b.failed = p.agents, p
		case p.outcome == plimsoll.Pass && b.fail == 0:
			b.pass, b.onTurns = p.agents, p.onTurns
		case p.outcome == plimsoll.Pass && b.inverted == 0:
			b.inverted = p.agents
		}
	}
	return b
}

// settled reports whether the bracket is as narrow as asked, or cannot narrow.
func (b bracket) settled(c *Config) bool {
	switch {
	case b.fail == 0:
		return b.pass >= c.MaxAgents
	case b.pass == 0:
		return b.fail == 1
	}
	return b.fail-b.pass <= 1 || float64(b.fail) <= float64(b.pass)*(1+c.Resolution)
}

// width orders brackets by how much is unknown: the ratio of its ends.
func (b bracket) width() float64 {
	if b.fail == 0 || b.pass == 0 {
		return 1e9
	}
	return float64(b.fail) / float64(b.pass)
}

// next returns the N that narrows the bracket, and why.
func (b bracket) next(c *Config, tier string) (int, string) {
	outcome := "failed"
	if b.failed.outcome == plimsoll.Undecided {
		outcome = "was undecided"
	}
	switch {
	case b.fail == 0 && b.pass == 0:
		return min(c.First, c.MaxAgents), "first level"
	case b.fail == 0:
		return min(2*b.pass, c.MaxAgents), fmt.Sprintf("%d passed for %s: twice as many", b.pass, tier)
	case b.pass == 0:
		return b.fail / 2, fmt.Sprintf("%d %s for %s: half as many", b.fail, outcome, tier)
	}
	return (b.pass + b.fail) / 2, fmt.Sprintf("%d %s and %d passed for %s: half way", b.fail, outcome, b.pass, tier)
}
