package search

import (
	"fmt"
	"math"
	"slices"

	"plimsoll"
)

// What is assumed of an edge before its own runs tell.
const (
	priorSlope   = 2.0   // of the log margin, per log agents
	priorSquares = 0.003 // weight of that, as a sum of squares of log agents
	leastSlope   = 0.5
	priorSpread  = 0.12 // of runs, log margin
	kernel       = 0.20 // levels within this log distance of the edge say where it is
	rampWeight   = 0.5  // of a level of the ramp, whose window is short
	ahead        = 5    // runs that are taken to follow
)

// locality is the search of one tier's edge.
type locality struct {
	c      *Config
	tier   plimsoll.Tier
	ramp   []observation // levels of the ramp: they say where to look and claim nothing
	runs   []observation // all claim runs that decided something
	edge   float64       // where margins cross 0, log agents
	slope  float64       // of the margin there, per log agents
	below  bool          // every level passes
	above  bool          // none does
	spread [constraints]spread
	last   bool // no more runs are left
	bound  bound
	done   bool
}

// aim finds the edge from all levels, the ramp's too: the crossing of their monotone
// regression, and then of a line through those near it.
func (l *locality) aim() {
	all := append(slices.Clone(l.ramp), l.runs...)
	l.edge, l.below, l.above = crossing(all)
	l.slope = priorSlope
	if l.below || l.above || len(all) == 0 {
		return
	}
	low, high := l.flanks(all)
	for range 3 {
		var n, x, y, xx, xy float64
		for i, r := range all {
			d, m, w := r.x-l.edge, r.margin(), 1.0
			if math.Abs(d) > kernel || math.Abs(m) >= farOff {
				continue
			}
			if i < len(l.ramp) {
				w = rampWeight
			}
			n, x, y, xx, xy = n+w, x+w*d, y+w*m, xx+w*d*d, xy+w*d*m
		}
		if n < 1.5 {
			return
		}
		l.slope = math.Max(leastSlope, (xy-x*y/n+priorSquares*priorSlope)/(xx-x*x/n+priorSquares))
		step := x/n - y/n/l.slope
		l.edge = math.Max(low, math.Min(high, l.edge+math.Max(-kernel/2, math.Min(kernel/2, step))))
	}
}

// flanks returns the levels next to the edge, log agents, of which a run below passes by
// far and one above fails by far: no line through the runs between leads beyond them.
func (l *locality) flanks(all []observation) (low, high float64) {
	low, high = 0, math.Log(float64(l.c.MaxAgents))
	for _, r := range all {
		switch m := r.margin(); {
		case m >= farOff && r.x >= l.edge:
			high = math.Min(high, r.x)
		case m <= -farOff && r.x <= l.edge:
			low = math.Max(low, r.x)
		}
	}
	return low, high
}

// top reports whether every run passes up to the most agents allowed.
func (l *locality) top() bool {
	return l.below && l.edge >= math.Log(float64(l.c.MaxAgents))-1e-9
}

// settle bounds the capacity and decides whether this tier needs more runs.
func (l *locality) settle() {
	if len(l.runs) == 0 {
		return
	}
	l.bound = l.judge()
	pass, fail, cliff := l.cliff()
	switch {
	case l.zero():
		l.done = true
	case l.torn():
		aim, _ := l.retreat()
		l.done = (l.bound.ok && l.bound.certified >= aim) || len(l.runs) >= l.c.Runs
	case l.top():
		l.done = l.bound.certified == l.c.MaxAgents || l.at(l.c.MaxAgents) >= 2*cliffRuns
	case l.unconfirmed():
	case cliff && l.bound.ok && l.bound.certified >= pass && len(l.replicates(fail)) >= cliffFails:
		l.done = true
	case l.bound.ok && (l.bound.tight(l.c.Tight) || l.withinOne(2)) && len(l.local()) >= l.c.LeastRuns:
		l.done = true
	}
	l.done = l.done || len(l.local()) >= l.c.Runs
}

// withinOne reports whether the estimate lies one agent above the bound, and that level
// has so many runs.
func (l *locality) withinOne(runs int) bool {
	return l.bound.ok && math.Floor(l.bound.estimate) == float64(l.bound.certified+1) && l.at(l.bound.certified+1) >= runs
}

// unconfirmed reports whether the bound still wants a run of its own.
func (l *locality) unconfirmed() bool {
	return l.c.Confirm && l.bound.ok && l.at(l.bound.certified) == 0
}

// at counts the runs at n agents or nearby.
func (l *locality) at(n int) int {
	count := 0
	for _, r := range l.runs {
		if math.Abs(r.x-math.Log(float64(n))) < nearby {
			count++
		}
	}
	return count
}

// gain is how far, in log agents, one more run is expected to raise the bound.
func (l *locality) gain() float64 {
	gap := mostMargin
	if l.bound.ok {
		gap = math.Min(gap, math.Log(l.bound.estimate/float64(l.bound.certified)))
	}
	n := float64(len(l.local()) + 1)
	return gap * (1 - math.Sqrt((n-1)/n))
}

// next returns the level of the run that serves the bound most, and why.
func (l *locality) next() (int, string) {
	pass, fail, cliff := l.cliff()
	switch {
	case l.torn():
		return l.retreat()
	case cliff:
		return l.climb(pass, fail)
	case l.top():
		return l.c.MaxAgents, "a replicate of the highest level allowed"
	case l.above:
		return 1, "no level passed: a single agent"
	case len(l.local()) >= l.c.LeastRuns && l.unconfirmed():
		return l.bound.certified, "a run at the bound itself"
	case l.withinOne(0) && !l.withinOne(2):
		return l.bound.certified + 1, "a run one agent above the bound, where the estimate lies"
	}
	at := math.Exp(l.edge - l.margin())
	low := min(max(1, int(math.Round(at*(1-aside)))), l.c.MaxAgents)
	high := min(max(1, int(math.Round(at*(1+aside)))), l.c.MaxAgents)
	n := low
	if l.at(high) < l.at(low) {
		n = high
	}
	return n, fmt.Sprintf("a run near %.0f, where a bound is to be expected", at)
}

// known says in words what the search knows of this edge.
func (l *locality) known() string {
	out := fmt.Sprintf("%d runs, edge near %.0f", len(l.runs), math.Exp(l.edge))
	if l.bound.ok {
		out = fmt.Sprintf("%d runs, estimate %.0f, certified %d so far", len(l.runs), l.bound.estimate, l.bound.certified)
	}
	return out
}

// margin is how far below the crossing a bound is to be expected: t standard errors
// of the mean of the runs that there will be, over the slope. Levels around that
// point serve the bound best, since a line is known best at its runs' centre.
func (l *locality) margin() float64 {
	runs := l.within(localReach)
	if len(runs) < shareFrom-1 {
		// Runs further below tell of the spread as well, and end it that runs stay there.
		runs = l.within(localReach + mostMargin)
	}
	n := float64(max(len(runs)+ahead, leastRuns+2))
	worst := leastMargin
	if len(runs) < 4 {
		worst = (student(oneSide, n-2)*priorSpread/math.Sqrt(n) + priorSpread*priorSpread) / l.slope
	} else {
		for constraint := range constraints {
			f := l.line(runs, constraint)
			if math.Abs(f.value(l.edge)) > farOff*2/3 {
				continue // not what binds here
			}
			worst = math.Max(worst, (student(oneSide, math.Max(n-2, f.freedom))*f.s/math.Sqrt(n)+f.shift())/l.slope)
		}
	}
	return math.Min(worst, mostMargin)
}

// line is the local line of a constraint with the spread that all tiers' runs show.
func (l *locality) line(runs []observation, constraint int) line {
	f := fit(runs, constraint)
	f.share(l.spread[constraint])
	return f
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
