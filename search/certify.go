package search

import (
	"fmt"
	"math"
	"slices"
	"time"

	"plimsoll"
)

// The numbers of method certified.
const (
	easyTTFT       = 4.0   // a level that holds a tier's limits by these factors is followed by one of
	easySpeed      = 2.0   // four times as many agents
	rampRatio      = 1.5   // the ramp's bracket is narrow enough: highest pass to lowest fail
	replicateReach = 0.03  // runs up to this log distance above a level replicate it
	replicateFar   = 0.10  // and the nearest up to this, where there are fewer than two
	localReach     = 0.20  // runs within this log distance of the crossing enter the line
	nearby         = 0.02  // runs within this log distance count as of one level
	aside          = 0.04  // runs alternate this share below and above where the bound is expected
	leastMargin    = 0.02  // log distance of the expected bound below the crossing, at least
	mostMargin     = 0.25  // and at most
	oneSide        = 0.98  // confidence of the bound and of each side of the interval
	earlySide      = 0.985 // the same while runs are left: a search that may stop on what it saw looks more than once
	leastTurns     = 1. / 3
	shareFrom      = 5 // local runs from which on the length of a window is weighed
)

// certify chooses the next level of method certified: the ramp until every tier has
// a bracket, then fresh claim levels, each where it is expected to raise a bound most.
func (s *Search) certify(l *ledger) choice {
	ramp := s.c
	ramp.Resolution = rampRatio - 1
	if hand, name := s.widest(l, &ramp); name != "" {
		n, why := hand.next(&ramp, name)
		if hand.fail == 0 && l.easily(name, hand.pass) {
			n, why = min(4*hand.pass, s.c.MaxAgents), fmt.Sprintf("%d passed by far for %s: four times as many", hand.pass, name)
		}
		return choice{agents: n, tiers: s.c.Tiers, why: why}
	}
	all := s.localities(l)
	best := s.neediest(l, all)
	if best == nil {
		return choice{why: "every tier is settled, or had as many runs as the preset takes"}
	}
	if best.last {
		return choice{why: fmt.Sprintf("%d claim levels were measured, the most that the preset takes", l.claims())}
	}
	n, why := best.next()
	return choice{
		agents: n, tiers: s.c.Tiers, why: fmt.Sprintf("%s, for %s: %s", why, best.tier.Name, best.known()), claim: true,
		share: best.share(l.idle()), whole: best.torn(),
	}
}

// easily reports whether all runs of so many agents hold the limits of a tier by far: TTFT by
// a factor of easyTTFT, speed by one of easySpeed.
func (l *ledger) easily(tier string, agents int) bool {
	tested := false
	for _, p := range l.levels {
		if p.Stage.Agents != agents {
			continue
		}
		i := slices.IndexFunc(p.Stage.Tiers, func(t plimsoll.Tier) bool { return t.Name == tier })
		for _, v := range p.Verdicts {
			if i < 0 || v.Tier != tier {
				continue
			}
			tested = true
			if t := p.Stage.Tiers[i]; !(v.TTFTs*easyTTFT <= t.TTFT.Seconds() && v.SpeedTPS >= easySpeed*t.SpeedTPS) { // NaN is not easy
				return false
			}
		}
	}
	return tested
}

// neediest returns the tier to whose edge the next claim level goes: the one whose bound
// it is expected to raise most. Where the budget will not do for all, tiers without a
// bound come first, one after the other: some numbers rather than none.
func (s *Search) neediest(l *ledger, all []locality) *locality {
	left := float64(s.claimsLeft(l, all)) * s.takes(l, true)
	scant := s.c.Budget > 0 && left > s.c.Budget.Seconds()-l.took
	var best *locality
	for i := range all {
		at := &all[i]
		if at.done {
			continue
		}
		if scant && !at.bound.ok {
			return at
		}
		if best == nil || at.gain() > best.gain() {
			best = at
		}
	}
	return best
}

// widest returns the bracket of which least is known, of those that are not settled,
// and its tier; "" none.
func (s *Search) widest(l *ledger, c *Config) (bracket, string) {
	var hand bracket
	var name string
	for _, t := range s.c.Tiers {
		b := bracketOf(l.points(t, bracketLevel))
		if !b.settled(c) && (name == "" || b.width() > hand.width()) {
			hand, name = b, t.Name
		}
	}
	return hand, name
}

// localities returns the search of each tier's edge as far as the past goes.
func (s *Search) localities(l *ledger) []locality {
	var out []locality
	for _, t := range s.c.Tiers {
		at := locality{c: &s.c, tier: t}
		for _, p := range l.levels {
			o, ok := observe(p, t)
			switch {
			case !ok:
			case p.Stage.Claim:
				at.runs = append(at.runs, o)
			default:
				at.ramp = append(at.ramp, o)
			}
		}
		wholly(at.runs)
		at.aim()
		out = append(out, at)
	}
	spread := spreads(out)
	last := l.claims() >= s.mostClaims()
	for i := range out {
		out[i].spread, out[i].last = spread, last
		out[i].settle()
	}
	return out
}

// mostClaims is how many claim levels the search takes at most.
func (s *Search) mostClaims() int { return s.c.Runs + s.c.MoreRuns*(len(s.c.Tiers)-1) }

// claims counts the claim levels.
func (l *ledger) claims() int {
	n := 0
	for _, p := range l.levels {
		if p.Stage.Claim {
			n++
		}
	}
	return n
}

// idle is the time that claim levels took outside of their windows, over that of
// their longest window; 0 while there is none.
func (l *ledger) idle() float64 {
	outside, longest, n := 0.0, 0.0, 0.0
	for _, p := range l.levels {
		if p.Stage.Claim {
			outside, n = outside+p.Took-p.Evidence.Window.Seconds(), n+1
			longest = math.Max(longest, p.Evidence.Window.Seconds())
		}
	}
	if longest <= 0 {
		return 0
	}
	return math.Max(0, outside/n/longest)
}

// share is the share of a full window's turns that the next run is worth: the f that
// makes (idle + f) (between + inside/f) least, where runs differ by the variance
// between, the turns inside of one add inside, and idle is the time of a level outside
// of its window over that window. Where runs differ by more than their own turns
// explain, more runs tell more than longer ones.
func (l *locality) share(idle float64) float64 {
	runs := l.local()
	if l.c.Whole || len(runs) < shareFrom {
		return 1
	}
	f := 0.0
	for constraint := range constraints {
		if slack(runs, constraint) {
			continue
		}
		at := l.line(runs, constraint)
		if between := at.between(); between > 0 {
			f = math.Max(f, at.inside*math.Sqrt(idle/between))
		} else {
			return 1
		}
	}
	if f == 0 {
		return 1
	}
	return math.Min(1, math.Max(leastTurns, f))
}

// beyond returns a tier moved by farOff, on the log scale: by so much harder (sign 1)
// or easier (-1) to meet.
func beyond(t plimsoll.Tier, sign float64) plimsoll.Tier {
	t.SpeedTPS *= math.Exp(sign * farOff)
	t.TTFT = time.Duration(float64(t.TTFT) * math.Exp(-sign*farOff))
	return t
}
