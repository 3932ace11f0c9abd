package search

import (
	"fmt"
	"math"
	"slices"
)

// At a cliff, where an engine goes from passing by far to failing by far within a
// few agents, a line says little. There a level is certified by cliffRuns fresh runs
// that all pass by far, and the gap above it is bisected; cliffFails runs above that
// fail by far show that it is a cliff, and not an edge that some runs get over.
const (
	cliffRuns  = 3
	cliffFails = 2
	cliffGap   = 0.03 // log distance of pass and fail at which bisecting ends
)

// cliff returns the highest level whose runs all pass by far and the lowest above it
// whose runs all fail by far; ok is false where some run from a little below lies between.
func (l *locality) cliff() (pass, fail int, ok bool) {
	for _, r := range l.runs {
		if r.margin() <= -farOff {
			pass = max(pass, r.agents)
		}
	}
	for _, r := range append(slices.Clone(l.ramp), l.runs...) {
		switch {
		case r.agents > pass && r.margin() >= farOff:
			if fail == 0 || r.agents < fail {
				fail = r.agents
			}
		case r.agents >= pass && r.margin() > -farOff:
			return 0, 0, false
		}
	}
	for _, r := range l.runs {
		if below := math.Log(float64(pass)) - r.x; below > 0 && below <= localReach && r.margin() > -farOff {
			return 0, 0, false
		}
	}
	return pass, fail, pass > 0 && fail > pass
}

// climb returns the next level at a cliff: the middle of the gap, and once that is
// narrow the level below it.
func (l *locality) climb(pass, fail int) (int, string) {
	if fail-pass > 1 && math.Log(float64(fail)/float64(pass)) > cliffGap {
		return (pass + fail) / 2, fmt.Sprintf("a cliff between %d and %d: half way", pass, fail)
	}
	n := pass
	if l.by(pass) >= cliffRuns {
		n = fail
	}
	return n, fmt.Sprintf("a cliff between %d and %d: replicate of %d", pass, fail, n)
}

// by counts the runs at n, or up to replicateReach above it, that pass by far; 0
// where a run at n or nearby below does not.
func (l *locality) by(n int) int {
	count := 0
	for _, r := range l.runs {
		d := math.Log(float64(r.agents) / float64(n))
		switch {
		case d > replicateReach || d < -localReach:
		case r.margin() <= -farOff && d >= 0:
			count++
		case r.margin() > -farOff && d <= 0:
			return 0
		}
	}
	return count
}

// farBelow returns the highest level that cliffRuns runs pass by far, twice as many
// where no cliff is in sight; 0 none.
func (l *locality) farBelow() int {
	best, need := 0, 2*cliffRuns
	if _, _, ok := l.cliff(); ok {
		need = cliffRuns
	}
	for _, r := range l.runs {
		if r.agents > best && l.by(r.agents) >= need {
			best = r.agents
		}
	}
	return best
}
