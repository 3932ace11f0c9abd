package search_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/search"
)

// paced is an engine whose levels settle and last as long as they are let, up to so many
// seconds: each ends within its limit, as a level does.
func paced(t *rapid.T, e engine) func(plimsoll.Stage) plimsoll.Past {
	return func(s plimsoll.Stage) plimsoll.Past {
		p := e.hold(s)
		settled := s.Shape.Settle
		if s.Shape.UntilStationary() {
			settled += time.Duration(rapid.Int64Range(0, int64(s.Shape.SettleMax-s.Shape.Settle)).Draw(t, "settling"))
		}
		p.Evidence.Window.Start = plimsoll.Instant(0).Add(s.Shape.RampFor(s.Agents) + settled)
		least := p.Evidence.Window.Start.Seconds() + s.Shape.Min.Seconds()
		if least > s.Shape.Limit.Seconds()+1e-6 {
			t.Fatalf("%d agents: the shortest window ends after %g s, the limit is %s", s.Agents, least, s.Shape.Limit)
		}
		p.Took = rapid.Float64Range(least, max(least, s.Shape.Limit.Seconds())).Draw(t, "took")
		return p
	}
}

// A budget is kept whatever levels take, holds a level at least, and is used: what is
// left in the end holds no further level.
func TestBudgetIsKeptAndUsed(t *testing.T) {
	preset, err := search.PresetByName("standard")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		c := preset.Config(tiers())
		c.Budget = time.Duration(rapid.IntRange(7, 240).Draw(t, "budget")) * time.Minute
		s, err := search.New(c)
		if err != nil {
			t.Fatal(err)
		}
		answer, past := conductBy(t, s, paced(t, cliff(map[string]int{"30tps/10s": 60, "100tps/5s": 25, "300tps/3s": 9})))
		took, longest := 0.0, c.Shape.Settle.Seconds()
		for _, p := range past {
			took += p.Took
			longest = max(longest, p.Settled().Seconds())
		}
		if len(past) == 0 || took > c.Budget.Seconds()+1e-6 {
			t.Fatalf("%d levels took %g s of %s", len(past), took, c.Budget)
		}
		left := c.Budget.Seconds() - took
		if most := c.Shape.Ramp.Seconds() + longest + c.Shape.Min.Seconds(); strings.Contains(answer.Reason, "budget") && left > most+1e-6 {
			t.Fatalf("%g s are left, a level needs at most %g: %s", left, most, answer.Reason)
		}
		for _, a := range answer.Tiers {
			if a.AtLeast < 8 && a.Outcome == plimsoll.Undecided && a.LowestFail == 0 {
				t.Fatalf("%s: at least %d: %s", a.Tier.Name, a.AtLeast, a.Reason)
			}
		}
	})
}

// A budget that holds no level is refused before anything is measured, and names the
// least that does; one that holds some of those expected says how many.
func TestBudgetTooSmall(t *testing.T) {
	preset, err := search.PresetByName("standard")
	if err != nil {
		t.Fatal(err)
	}
	for budget, want := range map[time.Duration]struct{ refused, scarce string }{
		6 * time.Minute:  {refused: "at least 7m0s"},
		10 * time.Minute: {scarce: "at most 1 of about"},
		time.Hour:        {scarce: "at most 8 of about"},
		0:                {},
		99 * time.Hour:   {},
	} {
		c := preset.Config(tiers())
		c.Budget = budget
		s, err := search.New(c)
		if want.refused != "" {
			if err == nil || !strings.Contains(err.Error(), want.refused) {
				t.Errorf("%s: %v, want it refused with %q", budget, err, want.refused)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Scarce(); (got == "") != (want.scarce == "") || !strings.Contains(got, want.scarce) {
			t.Errorf("%s: %q, want %q in it", budget, got, want.scarce)
		}
		least, most := s.Span()
		if left := s.Left(nil); !(least <= left && left <= most) || (budget > 0 && most > budget.Seconds()) {
			t.Errorf("%s: %g s expected, from %g to %g", budget, left, least, most)
		}
	}
}

// A budget that will not do for every tier gives some of them a number.
func TestABudgetServesOneTierAfterTheOther(t *testing.T) {
	e := smooth(map[string]int{"30tps/10s": 60, "100tps/5s": 30, "300tps/3s": 10}, 1.5)
	last := 0
	for levels := 14; levels <= 50; levels += 4 {
		answer, _ := conduct(t, quick(t, func(c *search.Config) { certified(c); c.Budget = time.Duration(5*levels) * time.Second }), e)
		numbers := 0
		for _, a := range answer.Tiers {
			if a.Certified > 0 {
				numbers++
			}
		}
		if numbers < last || (levels == 18 && numbers == 0) {
			t.Errorf("%d levels: %d tiers have a number, %d before: %s", levels, numbers, last, answer.Reason)
		}
		last = numbers
	}
	if last != 3 {
		t.Errorf("%d tiers have a number in the end", last)
	}
}

// What is left follows what levels took: claim levels as claim levels did.
func TestLeftFollowsWhatLevelsTook(t *testing.T) {
	s := quick(t, variants()["certified"])
	e := smooth(map[string]int{"30tps/10s": 60, "100tps/5s": 30, "300tps/3s": 10}, 1.5)
	_, past := conductBy(t, s, func(stage plimsoll.Stage) plimsoll.Past {
		p := e.hold(stage)
		p.Took = map[bool]float64{true: 20, false: 5}[stage.Claim]
		return p
	})
	claims := 0
	for i, p := range past {
		if p.Stage.Claim {
			claims++
		}
		if expected, _ := s.Remaining(past[:i]); claims == 4 && s.Left(past[:i]) != 20*float64(expected) {
			t.Fatalf("after %d levels: %g s for %d more", i, s.Left(past[:i]), expected)
		}
	}
	if claims < 4 {
		t.Fatalf("%d claim levels", claims)
	}
}

// A void level is repeated within what the budget leaves, and in virtual time, where the
// draws would be the same, not at all.
func TestVoidIsRepeatedWhereThatMayHelp(t *testing.T) {
	void := func(plimsoll.Stage, plimsoll.Tier) plimsoll.Verdict {
		return plimsoll.Verdict{Outcome: plimsoll.Void, Reasons: []string{"little"}}
	}
	for name, test := range map[string]struct {
		budget    time.Duration
		simulated bool
		levels    int
		outcome   plimsoll.Outcome
		reason    string
	}{
		"live":         {levels: 3, outcome: plimsoll.Void, reason: "void 3 times"},
		"on a budget":  {budget: 8 * time.Second, levels: 1, outcome: plimsoll.Undecided, reason: "the budget of 8s is spent"},
		"virtual time": {simulated: true, levels: 1, outcome: plimsoll.Void, reason: "a repeat gives the same"},
	} {
		s := quick(t, func(c *search.Config) { c.Budget = test.budget })
		answer, past := conductBy(t, s, func(stage plimsoll.Stage) plimsoll.Past {
			p := engine(void).hold(stage)
			p.Took, p.Evidence.Observed.Simulated = 6, test.simulated
			return p
		})
		if a := answer.Tiers[0]; len(past) != test.levels || a.Outcome != test.outcome || !strings.Contains(a.Reason, test.reason) {
			t.Errorf("%s: %d levels, %s: %s", name, len(past), a.Outcome, a.Reason)
		}
	}
}

// Rules are named anew where decisions changed: for method aa on a budget alone.
func TestRulesOfABudget(t *testing.T) {
	got := []string{
		search.Rules(search.MethodAA, "quick", 0), search.Rules(search.MethodAA, "quick", time.Hour),
		search.Rules(search.MethodAA, "aa", time.Hour), search.Rules(search.MethodCertified, "standard", 0),
	}
	if d := cmp.Diff([]string{"aa/1", "aa/2", "aa/2.1", "certified/5"}, got); d != "" {
		t.Error(d)
	}
}
