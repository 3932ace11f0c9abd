package search

import (
	"fmt"
	"math"
	"slices"

	"plimsoll"
)

// The numbers of method certified.
const (
	rampRatio      = 1.5   // the ramp's bracket is narrow enough: highest pass to lowest fail
	nearby         = 0.02  // runs within this log distance of a planned level count as it
	replicateReach = 0.03  // runs up to this log distance above a level replicate it
	localReach     = 0.15  // runs within this log distance of the crossing enter the line
	shiftWindow    = 1.3   // factor by which the first stage moves when all its runs agree
	maxShifts      = 6     //
	leastMargin    = 0.02  // log distance of the expected bound below the crossing, at least
	mostMargin     = 0.25  // and at most
	extraRounds    = 2     // of the second stage, where the bound is empty
	oneSide        = 0.975 // confidence of the bound and of each side of the interval
	earlySide      = 0.985 // the same before the last round: a search that may stop on what it saw looks more than once
	leastRuns      = 6     // local runs that a bound needs
)

// The planned levels of the two stages, relative to the bracket's centre and to
// the crossing.
func firstStage() []float64  { return []float64{0.88, 1, 1.12} }
func secondStage() []float64 { return []float64{0.96, 1.04} }

// locality is the search of one tier's edge, folded over the claim levels.
type locality struct {
	c         *Config
	tier      plimsoll.Tier
	runs      []observation // all claim runs that decided something
	plan      []int         // levels of this round that no run has served yet
	why       string
	rounds    int // second-stage rounds begun
	shifts    int
	first     bool // in the first stage
	centre    float64
	edge      float64 // crossing, log agents
	done      bool
	confirmed bool // the run at the bound was planned
	bound     bound
}

// locate folds the claim levels over a bracket that the ramp found.
func locate(c *Config, t plimsoll.Tier, centre float64, levels []plimsoll.Past) locality {
	l := locality{c: c, tier: t, first: true, centre: centre}
	l.plan, l.why = l.around(centre, firstStage(), c.FirstRuns), "first stage"
	for _, p := range levels {
		if !p.Stage.Claim {
			continue
		}
		o, ok := observe(p, t)
		if ok {
			l.runs = append(l.runs, o.near())
		}
		l.served(p.Stage.Agents)
		if len(l.plan) == 0 && !l.done {
			l.advance()
		}
	}
	return l
}

// around returns the planned levels: distinct, rising, each runs times.
func (l *locality) around(centre float64, factors []float64, runs int) []int {
	var levels []int
	for _, f := range factors {
		n := min(max(1, int(math.Round(centre*f))), l.c.MaxAgents)
		if !slices.Contains(levels, n) {
			levels = append(levels, n)
		}
	}
	var out []int
	for range runs {
		out = append(out, levels...)
	}
	return out
}

// served strikes the planned level that a run at n counts as.
func (l *locality) served(n int) {
	best, at := nearby, -1
	for i, planned := range l.plan {
		if d := math.Abs(math.Log(float64(n) / float64(planned))); d < best {
			best, at = d, i
		}
	}
	if at >= 0 {
		l.plan = slices.Delete(l.plan, at, at+1)
	}
}

// advance plans the next round, or ends the search of this tier.
func (l *locality) advance() {
	if l.first && l.moved() {
		return
	}
	if len(l.runs) == 0 {
		l.done = true
		return
	}
	l.first = false
	var below bool
	l.edge, below, _ = crossing(l.runs)
	l.bound = l.judge()
	top := below && l.edge >= math.Log(float64(l.c.MaxAgents))-1e-9
	if l.zero() || (top && l.bound.certified == l.c.MaxAgents) {
		l.done = true
		return
	}
	pass, fail, cliff := l.cliff()
	if l.confirmed || (cliff && l.bound.ok && l.bound.certified >= pass) {
		l.finish()
		return
	}
	enough := l.rounds > 0 && l.bound.ok && l.bound.tight(l.c.Tight)
	most := l.c.SecondRounds
	if !l.bound.ok {
		most += extraRounds
	}
	if enough || l.rounds >= most {
		l.finish()
		return
	}
	l.rounds++
	switch {
	case cliff:
		l.climb(pass, fail)
		return
	case top:
		l.plan, l.why = slices.Repeat([]int{l.c.MaxAgents}, 2), "replicates of the highest level allowed"
		return
	}
	l.plan = l.around(math.Exp(l.edge-l.margin()), secondStage(), 1)
	l.why = fmt.Sprintf("second stage, round %d", l.rounds)
}

// finish ends the search of this tier, after one more run at the bound where that
// is asked for; that run enters the bound like any other.
func (l *locality) finish() {
	if l.c.Confirm && !l.confirmed && l.bound.ok {
		l.confirmed = true
		l.plan = []int{l.bound.certified}
		l.why = "confirmation at the bound"
		return
	}
	l.done = true
}

// margin is how far below the crossing a bound is to be expected: t standard errors
// of the mean of the runs that there will be, over the slope. Levels around that
// point serve the bound best, since a line is known best at its runs' centre.
func (l *locality) margin() float64 {
	runs := l.within(localReach)
	if len(runs) < 3 {
		return leastMargin
	}
	worst := leastMargin
	for constraint := range constraints {
		f := fit(runs, constraint)
		if math.Abs(f.value(l.edge)) > farOff/2 {
			continue // not what binds here
		}
		n := float64(len(runs) + len(secondStage()))
		slope := math.Max(f.slope, 0.5)
		worst = math.Max(worst, (student(oneSide, n-2)*f.s/math.Sqrt(n)+f.shift)/slope)
	}
	return math.Min(worst, mostMargin)
}

// moved shifts the first stage's window where all of its runs agree.
func (l *locality) moved() bool {
	x, below, above := crossing(l.runs)
	if (!below && !above) || l.shifts >= maxShifts {
		return false
	}
	centre := l.centre * shiftWindow
	if above {
		centre = l.centre / shiftWindow
	}
	if below && (x >= math.Log(float64(l.c.MaxAgents))-1e-9) || above && x <= 1e-9 {
		return false // nothing lies beyond
	}
	l.shifts++
	l.centre = centre
	l.plan = l.around(centre, firstStage(), l.c.FirstRuns)
	l.why = "all runs agreed, the window moves"
	return true
}

// local returns the runs near the edge: within localReach, or one and a half agents
// where agents are few, and further below by as much as the bound will lie there.
func (l *locality) local() []observation { return l.within(localReach + l.margin()) }

// within returns the runs from below the edge by reach, log agents, up to localReach
// above it.
func (l *locality) within(reach float64) []observation {
	at := math.Exp(l.edge)
	var out []observation
	for _, r := range l.runs {
		if (r.x >= l.edge-reach && r.x <= l.edge+localReach) || math.Abs(float64(r.agents)-at) <= 1.5 {
			out = append(out, r)
		}
	}
	return out
}

// certify chooses the next level of method certified: the ramp until every tier has
// a bracket, then each tier's fresh claim levels, which all tiers share.
func (s *Search) certify(l *ledger) choice {
	ramp := s.c
	ramp.Resolution = rampRatio - 1
	var hand bracket
	var name string
	for _, t := range s.c.Tiers {
		b := bracketOf(l.points(t, bracketLevel))
		if !b.settled(&ramp) && (name == "" || b.width() > hand.width()) {
			hand, name = b, t.Name
		}
	}
	if name != "" {
		n, why := hand.next(&ramp, name)
		return choice{agents: n, tiers: s.c.Tiers, why: why}
	}
	for _, t := range s.c.Tiers {
		if at := s.locality(l, t); !at.done && len(at.plan) > 0 {
			return choice{agents: at.plan[0], tiers: s.c.Tiers, why: fmt.Sprintf("%s for %s around %.0f agents", at.why, t.Name, at.middle()), claim: true}
		}
	}
	return choice{why: "every tier is settled"}
}

// locality returns the search of a tier's edge as far as the past goes. The first
// stage's centre is where the ramp's margins cross 0.
func (s *Search) locality(l *ledger, t plimsoll.Tier) locality {
	var ramp []observation
	for _, p := range l.levels {
		if o, ok := observe(p, t); ok && !p.Stage.Claim {
			ramp = append(ramp, o)
		}
	}
	centre := 1.0
	if x, _, _ := crossing(ramp); !math.IsNaN(x) {
		centre = math.Exp(x)
	}
	return locate(&s.c, t, centre, l.levels)
}

func (l *locality) middle() float64 {
	if l.first {
		return l.centre
	}
	return math.Exp(l.edge)
}
