package search

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll"
)

// ran returns runs of n agents and 1,000 turns: so many that pass by far, and so many
// that fail by far with 40 % of their turns late.
func ran(n, good, bad int) []observation {
	of := func(margin, miss float64) observation {
		return observation{agents: n, x: math.Log(float64(n)), pass: margin < 0,
			y: [constraints]float64{margin, -farOff}, raw: [constraints]float64{5 * margin, -1.5},
			miss: [constraints]float64{miss, 0.01}, turns: [constraints]float64{1000, 1000}}
	}
	return append(slices.Repeat([]observation{of(-farOff, 0.001)}, good), slices.Repeat([]observation{of(farOff, 0.4)}, bad)...)
}

func tornAt(runs []observation) locality {
	return locality{c: &Config{MaxAgents: 1000, Runs: 30, LeastRuns: 6}, runs: runs}
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
		"too few runs below":             {slices.Concat(ran(9, 3, 1), ran(8, 12, 0)), true, 0, 8},
		"enough runs below":              {slices.Concat(ran(9, 3, 1), ran(8, 25, 0)), true, 8, 8},
		"two of them failed":             {slices.Concat(ran(9, 3, 1), ran(8, 23, 2)), true, 0, 7},
		"one of very many failed":        {slices.Concat(ran(9, 3, 1), ran(8, 59, 1)), true, 8, 8},
		"runs above stand for it":        {slices.Concat(ran(9, 30, 1), ran(8, 9, 0)), true, 8, 9},
		"a single agent is the fewest":   {slices.Concat(ran(1, 3, 1)), true, 0, 1},
		"many agents go down in shares ": {ran(400, 3, 1), true, 0, 368},
	} {
		l := tornAt(c.runs)
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

// TestTornBoundFallsWithLateTurns: a run that comes to miss more than any other never
// certifies more. One that comes to miss a little may, rightly: it tells that episodes
// are short, and the same late turns are then more of them.
func TestTornBoundFallsWithLateTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		runs := slices.Concat(ran(9, 3, 1), ran(8, rapid.IntRange(5, 40).Draw(t, "good"), rapid.IntRange(0, 2).Draw(t, "bad")))
		before := tornAt(runs)
		was := before.tornBound().certified
		worst := episode
		for _, r := range before.runs {
			worst = math.Max(worst, r.miss[constraintTTFT])
		}
		worse := tornAt(slices.Clone(runs))
		i := rapid.IntRange(0, len(runs)-1).Draw(t, "run")
		worse.runs[i].miss[constraintTTFT] = math.Min(1, worst+rapid.Float64Range(0, 0.5).Draw(t, "more"))
		if is := worse.tornBound().certified; is > was {
			t.Fatalf("certified %d, with more late turns %d", was, is)
		}
	})
}

// TestTornEdgeMeasuresWholeWindows: at a torn edge a level's window has one length, and
// nothing ends it early.
func TestTornEdgeMeasuresWholeWindows(t *testing.T) {
	p, err := PresetByName("standard")
	if err != nil {
		t.Fatal(err)
	}
	tier := plimsoll.Tier{Name: "30tps/10s", SpeedTPS: 30, TTFT: 10 * time.Second}
	s, err := New(p.Config([]plimsoll.Tier{tier}))
	if err != nil {
		t.Fatal(err)
	}
	var past []plimsoll.Past
	whole := 0
	for range 200 {
		stage, answer := s.Next(past)
		if answer != nil {
			break
		}
		v := plimsoll.Verdict{Tier: tier.Name, Level: stage.Level, Agents: stage.Agents, Outcome: plimsoll.Pass, SpeedTPS: 60, TTFTs: 1}
		ttft := 1.0
		if stage.Agents > 40 || (stage.Agents > 20 && stage.Level%4 == 0) {
			v.Outcome, v.BoundBy, v.TTFTs, ttft = plimsoll.Fail, "ttft", 90, 90
		}
		e := plimsoll.Evidence{Stage: *stage, At: 600e9, Turns: 500, Window: plimsoll.Window{End: 600e9}}
		for range e.Turns {
			e.TTFT, e.Speed = append(e.TTFT, ttft), append(e.Speed, 60)
		}
		if fixed(stage.Shape) {
			whole++
			if stage.Shape.Min != 20*time.Minute || s.Enough(e) {
				t.Errorf("level %d: window of %s, want 20 min and no early end: 1,000 turns at the rate of 500 in 10 min", stage.Level, stage.Shape.Min)
			}
		} else if stage.Claim && ttft > 10 && !s.Enough(e) {
			t.Errorf("level %d is clear and goes on", stage.Level)
		}
		past = append(past, plimsoll.Past{Stage: *stage, Evidence: e, Took: 700, Verdicts: []plimsoll.Verdict{v}})
	}
	if whole < 5 {
		t.Errorf("%d levels with whole windows", whole)
	}
}
