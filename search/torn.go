package search

import (
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/mathext"

	"plimsoll"
	"plimsoll/slo"
)

// The numbers of a torn edge.
const (
	tornSide = 0.95 // confidence with which its claim holds
	tornGap  = 1.2  // log distance of margins that noise about a line does not span
	tornNear = 1.5  // a run within this log distance of the limit, or beyond it, matters
	tornStep = 0.08 // share by which levels go down
	tornPart = 0.3  // of what a tier allows that a level to be replicated misses at most
	episode  = 0.25 // share of a run's turns that one episode makes late, before runs tell
)

// torn reports whether a run comes near the limit, or misses it, where one of as many
// agents or more holds it by a factor of 3.3 more. Such an engine is metastable: once
// prompts are evicted faster than they are computed it is long before it recovers, and
// chance says which runs are caught and for how long. Mean margins then say nothing of
// all runs pooled, and no line fits.
func (l *locality) torn() bool {
	if len(l.runs) == 0 {
		return false
	}
	all := append(slices.Clone(l.ramp), l.runs...)
	for k := range constraints {
		for _, bad := range all {
			if bad.raw[k] < -tornNear {
				continue
			}
			for _, good := range all {
				if good.raw[k] <= -farOff && bad.raw[k]-good.raw[k] >= tornGap && good.agents >= bad.agents && good.x <= bad.x+2*localReach {
					return true
				}
			}
		}
	}
	return false
}

// tornBound is the highest tested level that holds, its runs and those of more agents
// pooled.
func (l *locality) tornBound() bound {
	var out bound
	highest := 0
	seen := map[int]bool{}
	for _, r := range l.runs {
		if seen[r.agents] {
			continue
		}
		seen[r.agents] = true
		highest = max(highest, r.agents)
		if n := l.replicates(r.agents); len(n) >= 2 && pools(n, 1) {
			out.estimate = math.Max(out.estimate, float64(r.agents))
		}
		if r.agents > out.certified && l.holds(r.agents) {
			out.certified = r.agents
		}
	}
	out.ok = out.certified > 0
	out.low, out.high = float64(out.certified), math.Max(out.estimate, float64(highest))
	out.estimate = math.Max(out.estimate, out.low)
	return out
}

// replicates returns the runs at n agents or up to replicateReach above.
func (l *locality) replicates(n int) []observation {
	return l.from(n, math.Log(float64(n))+replicateReach)
}

// from returns the runs of n agents or more, up to high log agents.
func (l *locality) from(n int, high float64) []observation {
	var out []observation
	for _, r := range l.runs {
		if r.agents >= n && r.x <= high+1e-9 {
			out = append(out, r)
		}
	}
	return out
}

// pools reports whether the turns of all these runs pooled miss at most this part of
// what a tier allows.
func pools(runs []observation, part float64) bool {
	for k := range constraints {
		late, turns := 0.0, 0.0
		for _, r := range runs {
			late, turns = late+r.late(k), turns+r.turns[k]
		}
		if late > part*allowed(k)*turns {
			return false
		}
	}
	return true
}

// holds reports whether the runs of n agents, with those of more up to some level,
// prove that all runs pooled meet the tier there: more agents are no easier, so that
// runs above stand for it.
func (l *locality) holds(n int) bool {
	if l.at(n) < 2 {
		return false
	}
	near := l.from(n, math.Log(float64(n))+localReach)
	tops := map[int]bool{}
	for _, top := range near {
		if runs := l.from(n, top.x); !tops[top.agents] && len(runs) >= leastRuns && proves(runs, near) {
			return true
		}
		tops[top.agents] = true
	}
	return false
}

// proves reports whether the late turns of runs prove that all runs pooled meet the
// tier. Late turns come in episodes of many; what the runs show counts as so many
// episodes, the number of which has an upper bound as of a Poisson number (by the
// incomplete gamma function, Garwood, Biometrika 28, 1936). An episode's
// size is the mean of what a late turn's run has of them, over all runs nearby and one
// more in which a quarter of the turns are late.
func proves(runs, near []observation) bool {
	for k := range constraints {
		turns := 0.0
		for _, r := range near {
			turns += r.turns[k] / float64(len(near))
		}
		first := episode * turns
		sum, squares := first, first*first
		for _, r := range near {
			sum, squares = sum+r.late(k), squares+r.late(k)*r.late(k)
		}
		size := squares / sum
		late, all := 0.0, 0.0
		for _, r := range runs {
			late, all = late+r.late(k), all+r.turns[k]
		}
		if !(mathext.GammaIncReg(late/size+1, allowed(k)*all/size) >= tornSide) {
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

// retreat returns the next level at a torn edge: the highest of those from which down
// every level's own runs miss at most tornPart of what the tier allows; where there is
// none, one below all.
func (l *locality) retreat() (int, string) {
	best, lowest, worst := 0, 0, math.MaxInt
	for _, r := range l.runs {
		if lowest == 0 || r.agents < lowest {
			lowest = r.agents
		}
		if !pools(l.replicates(r.agents), tornPart) {
			worst = min(worst, r.agents)
		}
	}
	for _, r := range l.runs {
		if r.agents < worst {
			best = max(best, r.agents)
		}
	}
	if best == 0 {
		best = max(1, min(lowest-1, int(float64(lowest)*(1-tornStep))))
	}
	return best, fmt.Sprintf("runs of as many agents lie far apart near the limit, chance says which are caught: a replicate of %d over a whole window", best)
}

// fixed reports whether time alone closes a window.
func fixed(s plimsoll.Shape) bool {
	return s.Min == s.Max && s.Turns == 0 && s.Walks == 0 && s.WalksPerAgent == 0
}

// wholeWindow is the shape of a claim level at a torn edge: one fixed window, in which
// the fastest claim level so far would have held all turns that are asked for, since a
// run that ends once it is clear tells of the episode that it met and not of how many
// there are.
func (l *ledger) wholeWindow(s plimsoll.Shape) plimsoll.Shape {
	rate := 0.0
	for _, p := range l.levels {
		if p.Stage.Claim {
			rate = math.Max(rate, float64(p.Evidence.Turns)/math.Max(1, p.Evidence.Window.Seconds()))
		}
	}
	window := s.Max
	if rate > 0 {
		window = time.Duration(float64(s.Turns) / rate * float64(time.Second)).Truncate(s.Tick)
	}
	if s.Max > 0 {
		window = min(window, s.Max)
	}
	s.Min = max(window, s.Min)
	s.Max, s.Turns, s.Walks, s.WalksPerAgent = s.Min, 0, 0, 0
	return s
}
