package search

import (
	"math"
	"slices"
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
func (l *locality) judge() bound {
	out := l.lineBound()
	if far := l.farBelow(); far > out.certified {
		out.ok, out.certified, out.low, out.estimate = true, far, float64(far), math.Max(math.Exp(l.edge), float64(far))
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
	if l.rounds >= l.c.SecondRounds {
		side = oneSide
	}
	out := bound{ok: true, estimate: math.Inf(1), high: math.Inf(1)}
	certified := high
	for constraint := range constraints {
		if slack(runs, constraint) {
			continue
		}
		f := fit(runs, constraint)
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

// proven returns the highest tested N for which at least two runs at it, or up to
// replicateReach above it, exist and their mean margins pass.
func (l *locality) proven() int {
	best := 0
	for _, r := range l.runs {
		if r.agents <= best {
			continue
		}
		var sum [constraints]float64
		n := 0
		for _, o := range l.runs {
			if o.agents < r.agents || o.x > r.x+replicateReach {
				continue
			}
			n++
			for k := range constraints {
				sum[k] += o.y[k]
			}
		}
		if n >= 2 && slices.Max(sum[:]) <= 0 {
			best = r.agents
		}
	}
	return best
}

// zero reports whether a single agent fails: at least two runs at 1, none passed.
func (l *locality) zero() bool {
	n := 0
	for _, r := range l.runs {
		if r.pass {
			return false
		}
		if r.agents == 1 {
			n++
		}
	}
	return n >= 2
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

// falling reports whether a level far below one that passed failed: further than
// the noise of runs near the edge explains.
func (l *locality) falling() bool {
	top := math.Log(math.Max(1, float64(l.highestPass())))
	for _, r := range l.runs {
		if !r.pass && r.x < top-2*localReach {
			return true
		}
	}
	return false
}
