package search

import (
	"math"
	"slices"
	"testing"
)

// ran returns runs of n agents: so many that pass by far, and so many that fail by far
// with 40 % of their turns late.
func ran(n, good, bad int) []observation {
	of := func(margin, miss float64) observation {
		return observation{agents: n, x: math.Log(float64(n)), pass: margin < 0,
			y: [constraints]float64{margin, -farOff}, raw: [constraints]float64{5 * margin, -1.5},
			miss: [constraints]float64{miss, 0.01}}
	}
	return append(slices.Repeat([]observation{of(-farOff, 0.005)}, good), slices.Repeat([]observation{of(farOff, 0.4)}, bad)...)
}

func TestTornEdge(t *testing.T) {
	for name, c := range map[string]struct {
		runs      []observation
		torn      bool
		certified int
		next      int
	}{
		"a cliff":                        {slices.Concat(ran(9, 3, 0), ran(10, 0, 3)), false, 0, 0},
		"fails below a pass far above":   {slices.Concat(ran(9, 0, 3), ran(30, 3, 0)), false, 0, 0},
		"both at one level":              {ran(9, 3, 1), true, 0, 8},
		"fails below a pass":             {slices.Concat(ran(8, 0, 1), ran(9, 3, 0)), true, 0, 7},
		"too few runs below":             {slices.Concat(ran(9, 3, 1), ran(8, 20, 0)), true, 0, 8},
		"enough runs below":              {slices.Concat(ran(9, 3, 1), ran(8, 25, 0)), true, 8, 8},
		"one of them failed":             {slices.Concat(ran(9, 3, 1), ran(8, 29, 1)), true, 0, 7},
		"one of very many failed":        {slices.Concat(ran(9, 3, 1), ran(8, 59, 1)), true, 8, 7},
		"a single agent is the fewest":   {slices.Concat(ran(1, 3, 1)), true, 0, 1},
		"many agents go down in shares ": {ran(400, 3, 1), true, 0, 384},
	} {
		l := locality{c: &Config{MaxAgents: 1000, Runs: 30, LeastRuns: 6}, runs: c.runs}
		if l.torn() != c.torn {
			t.Errorf("%s: torn is %t", name, !c.torn)
			continue
		}
		if !c.torn {
			continue
		}
		if b := l.judge(); b.certified != c.certified || b.ok != (c.certified > 0) || b.low > b.estimate || b.estimate > b.high {
			t.Errorf("%s: %+v, want %d certified", name, b, c.certified)
		}
		if n, why := l.next(); n != c.next {
			t.Errorf("%s: next is %d (%s), want %d", name, n, why, c.next)
		}
	}
}
