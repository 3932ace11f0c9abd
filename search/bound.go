package search

import (
	"cmp"
	"math"
	"slices"
)

// leastRuns is how many local runs a bound needs; leastNoise is the least spread of
// runs that is taken for noise.
const (
	leastRuns  = 6
	leastNoise = 0.05
)

// bound is what the claim runs of a tier prove.
type bound struct {
	ok        bool
	certified int     // agents
	estimate  float64 // agents
	low, high float64 // 95 % interval of the estimate
	s         float64 // run-to-run standard deviation of the binding margin
	slope     float64 // of the binding margin, per log agents
}

// tight reports whether the bound lies within a share of the estimate, so that more
// runs would gain little.
func (b bound) tight(share float64) bool {
	return float64(b.certified) >= (1-share)*math.Floor(b.estimate)
}

// judge bounds the capacity: for each constraint the largest N at which the upper
// side of the local line lies at or below 0, the least of them, capped by the
// highest level with at least two runs whose mean margins pass.
//
// A level that cliffRuns runs pass by far is certified whatever the line says.
//
// At a torn edge neither says anything, and the share of failing runs is bounded.
func (l *locality) judge() bound {
	if l.torn() {
		return l.tornBound()
	}
	out := l.lineBound()
	if far := l.farBelow(); far > out.certified {
		out.ok, out.certified, out.low, out.estimate = true, far, float64(far), math.Max(math.Exp(l.edge), float64(far))
		out.high = math.Max(out.high, out.estimate)
		if _, fail, ok := l.cliff(); ok {
			out.high = float64(fail)
		}
	}
	return out
}

// lineBound is the bound by the local lines of both constraints.
func (l *locality) lineBound() bound {
	runs := l.local()
	if len(runs) < leastRuns {
		return bound{}
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, r := range runs {
		low, high = min(low, r.x), max(high, r.x)
	}
	side := earlySide
	if l.last || len(runs) >= l.c.Runs {
		side = oneSide
	}
	out := bound{ok: true, estimate: math.Inf(1), high: math.Inf(1)}
	certified := high
	for constraint := range constraints {
		if slack(runs, constraint) {
			continue
		}
		f := l.line(runs, constraint)
		t := student(side, max(1, f.freedom))
		// A little beyond the runs on the left: a bound just under them is still one.
		x, ok := f.last(low-localReach, high, t)
		if !ok {
			return bound{}
		}
		certified = min(certified, x)
		middle, okMiddle := f.last(low-localReach, high+localReach, 0)
		upper, okUpper := f.last(low-localReach, high+localReach, -t)
		if okMiddle && math.Exp(middle) < out.estimate {
			out.estimate, out.s, out.slope = math.Exp(middle), f.s, f.slope
		}
		if okUpper {
			out.high = min(out.high, math.Exp(upper))
		}
	}
	// The three come from grids of their own.
	out.low, out.high = min(math.Exp(certified), out.estimate), max(out.high, out.estimate)
	out.certified = min(int(math.Floor(math.Exp(certified)+1e-9)), l.proven())
	out.ok = out.certified > 0
	return out
}

// slack reports whether all runs hold a constraint by far enough that it does not
// bind at this edge.
func slack(runs []observation, constraint int) bool {
	for _, r := range runs {
		if r.y[constraint] > -farOff/2 {
			return false
		}
	}
	return true
}

// proven returns the highest tested N that replicates hold: of the runs at it and
// up to replicateReach above it, at least two and the nearest, the mean margins pass.
// More agents are no easier, so that runs above stand for it.
func (l *locality) proven() int {
	rising := slices.Clone(l.runs)
	slices.SortStableFunc(rising, func(a, b observation) int { return cmp.Compare(a.agents, b.agents) })
	for i := len(rising) - 1; i >= 0; i-- {
		if i > 0 && rising[i-1].agents == rising[i].agents {
			continue
		}
		var sum [constraints]float64
		n := 0
		for _, o := range rising[i:] {
			if d := o.x - rising[i].x; d > replicateReach && (n >= 2 || d > replicateFar) {
				break
			}
			n++
			for k := range constraints {
				sum[k] += o.y[k]
			}
		}
		if n >= 2 && slices.Max(sum[:]) <= 0 {
			return rising[i].agents
		}
	}
	return 0
}

// zero reports whether a single agent fails: at least two runs at 1, the ramp's counted,
// since 0 claims nothing, and no claim run passed.
func (l *locality) zero() bool {
	n := 0
	for _, r := range l.ramp {
		if r.agents == 1 && !r.pass {
			n++
		}
	}
	for _, r := range l.runs {
		if r.pass {
			return false
		}
		if r.agents == 1 {
			n++
		}
	}
	return n >= 2 && len(l.runs) > 0
}

// highestPass returns the highest level of which a run passed.
func (l *locality) highestPass() int {
	best := 0
	for _, r := range l.runs {
		if r.pass {
			best = max(best, r.agents)
		}
	}
	return best
}

// falling reports whether a level failed far below one that passed, by more than the
// noise of two runs explains.
func (l *locality) falling() bool {
	if l.torn() {
		return false
	}
	noise := 3 * math.Sqrt2 * math.Max(l.bound.s, leastNoise)
	for _, high := range l.runs {
		for _, low := range l.runs {
			if high.pass && !low.pass && low.x < high.x-2*localReach && low.margin()-high.margin() > noise {
				return true
			}
		}
	}
	return false
}
