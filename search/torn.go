package search

import (
	"fmt"
	"math"
	"slices"

	"plimsoll/slo"
)

// The numbers of a torn edge: the confidence with which its claim holds, and how far
// apart, in log margins, its runs lie at least; noise about a line does not go so far.
const (
	tornSide = 0.95
	tornGap  = 1.0
)

// torn reports whether a run fails by far where one nearby, of as many agents or
// more, passes by far. Such an engine is metastable: once prompts are evicted faster
// than they are computed, a run does not recover in its window, and chance says which
// runs are caught. Mean margins then say nothing of all runs pooled, and no line fits.
func (l *locality) torn() bool {
	for _, bad := range l.runs {
		if bad.margin() < farOff {
			continue
		}
		for _, good := range l.runs {
			if good.margin() <= -farOff && bad.far()-good.far() >= tornGap && good.agents >= bad.agents && good.x <= bad.x+2*localReach {
				return true
			}
		}
	}
	return false
}

// tornBound is the highest tested level that holds although some runs fail by far.
func (l *locality) tornBound() bound {
	var out bound
	highest := 0
	for _, r := range l.runs {
		highest = max(highest, r.agents)
		if l.pools(r.agents) {
			out.estimate = math.Max(out.estimate, float64(r.agents))
		}
		if l.rarely(r.agents) {
			out.certified = max(out.certified, r.agents)
		}
	}
	out.ok = out.certified > 0
	out.low, out.high = float64(out.certified), math.Max(out.estimate, float64(highest))
	out.estimate = math.Max(out.estimate, out.low)
	return out
}

// replicates returns the runs at n agents or up to replicateReach above.
func (l *locality) replicates(n int) []observation {
	var out []observation
	for _, r := range l.runs {
		if d := r.x - math.Log(float64(n)); d >= 0 && d <= replicateReach {
			out = append(out, r)
		}
	}
	return out
}

// pools reports whether the replicates of a level pass, their turns pooled.
func (l *locality) pools(n int) bool {
	runs := l.replicates(n)
	for k := range constraints {
		if meanMiss(runs, k) > allowed(k) {
			return false
		}
	}
	return len(runs) >= 2
}

// rarely reports whether the replicates of a level prove that runs fail by far so
// rarely there that all runs pooled still pass. Where runs that fail by far miss the
// share bad of their turns and the others the share good, a share p of such runs makes
// p bad + (1 - p) good; the p at which that is the tier's share must be refuted by the
// number of them among the replicates (exact binomial test). Bad is taken from all
// runs that failed by far, those of more agents too, which miss more.
func (l *locality) rarely(n int) bool {
	var bad, good []observation
	for _, r := range l.runs {
		if r.margin() >= farOff {
			bad = append(bad, r)
		}
	}
	runs := l.replicates(n)
	for _, r := range runs {
		if r.margin() < farOff {
			good = append(good, r)
		}
	}
	if len(runs) < leastRuns || len(good) == 0 {
		return false
	}
	for k := range constraints {
		b, g, most := meanMiss(bad, k), meanMiss(good, k), allowed(k)
		switch {
		case g > most:
			return false
		case b <= most:
			continue // not what such runs fail by
		case !slo.ClearlyBelow(len(runs)-len(good), len(runs), (most-g)/(b-g), 1-tornSide):
			return false
		}
	}
	return true
}

// allowed returns the share of turns beyond a limit at which a tier just holds.
func allowed(constraint int) float64 {
	if constraint == constraintTTFT {
		return 1 - slo.TTFTQuantile
	}
	return slo.SpeedQuantile
}

// meanMiss is the mean share of turns beyond a limit; 0 of no run.
func meanMiss(runs []observation, constraint int) float64 {
	sum := 0.0
	for _, r := range runs {
		sum += r.miss[constraint]
	}
	return sum / math.Max(1, float64(len(runs)))
}

// retreat returns the next level at a torn edge: below the lowest one of which a run
// failed by far, until enough runs of one level hold.
func (l *locality) retreat() (int, string) {
	lowest := slices.MinFunc(slices.DeleteFunc(slices.Clone(l.runs), func(r observation) bool { return r.margin() < farOff }),
		func(a, b observation) int { return a.agents - b.agents }).agents
	n := max(1, min(lowest-1, int(float64(lowest)*(1-aside))))
	return n, fmt.Sprintf("runs near %d agents pass by far or fail by far: a replicate of %d, where none failed", lowest, n)
}
