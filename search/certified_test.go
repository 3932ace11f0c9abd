package search_test

import (
	"math"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/search"
)

func certified(c *search.Config) { c.Method, c.MaxLevels = search.MethodCertified, 0 }

// smooth is an engine without noise whose TTFT grows with this power and meets each
// tier's limit at its capacity.
func smooth(capacity map[string]int, power float64) engine {
	return func(s plimsoll.Stage, t plimsoll.Tier) plimsoll.Verdict {
		ratio := math.Pow(float64(s.Agents)/(float64(capacity[t.Name])+0.5), power)
		v := plimsoll.Verdict{Outcome: plimsoll.Pass, SpeedTPS: 2 * t.SpeedTPS, TTFTs: t.TTFT.Seconds() * ratio}
		if ratio > 1 {
			v.Outcome, v.BoundBy = plimsoll.Fail, "ttft"
		}
		return v
	}
}

func TestCertifiesWhatHolds(t *testing.T) {
	truth := map[string]int{"30tps/10s": 180, "100tps/5s": 70, "300tps/3s": 9}
	for _, power := range []float64{0.8, 1.5, 4} {
		answer, past := conduct(t, quick(t, certified), smooth(truth, power))
		for _, a := range answer.Tiers {
			n := truth[a.Tier.Name]
			if a.Outcome != plimsoll.Pass || a.Certified > n || float64(a.Certified) < 0.85*float64(n) || a.Capacity < a.Certified {
				t.Errorf("power %g, %s: %s certified %d, capacity %d of %d: %s", power, a.Tier.Name, a.Outcome, a.Certified, a.Capacity, n, a.Reason)
			}
			if !(a.Low <= a.Estimate && a.Estimate <= a.High) {
				t.Errorf("power %g, %s: estimate %g outside of %g to %g", power, a.Tier.Name, a.Estimate, a.Low, a.High)
			}
		}
		if len(past) > 60 {
			t.Errorf("power %g: %d levels", power, len(past))
		}
	}
}

// TestAFlatLimitNearbyDoesNotLowerTheBound: an engine whose speed lies a little above the
// limit at every N is bound by its TTFT alone.
func TestAFlatLimitNearbyDoesNotLowerTheBound(t *testing.T) {
	truth := map[string]int{"30tps/10s": 180, "100tps/5s": 70, "300tps/3s": 27}
	answer, _ := conduct(t, quick(t, certified), func(s plimsoll.Stage, tier plimsoll.Tier) plimsoll.Verdict {
		v := smooth(truth, 1.5)(s, tier)
		v.SpeedTPS = 1.08 * tier.SpeedTPS
		return v
	})
	for _, a := range answer.Tiers {
		if n := truth[a.Tier.Name]; a.Certified > n || float64(a.Certified) < 0.92*float64(n) {
			t.Errorf("%s: certified %d of %d: %s", a.Tier.Name, a.Certified, n, a.Reason)
		}
	}
}

func TestCertifiesACliff(t *testing.T) {
	truth := map[string]int{"30tps/10s": 180, "100tps/5s": 70, "300tps/3s": 9}
	answer, _ := conduct(t, quick(t, certified), smooth(truth, 60))
	for _, a := range answer.Tiers {
		if n := truth[a.Tier.Name]; a.Certified > n || float64(a.Certified) < 0.88*float64(n) {
			t.Errorf("%s: certified %d of %d: %s", a.Tier.Name, a.Certified, n, a.Reason)
		}
	}
}

func TestZeroIsCertified(t *testing.T) {
	answer, _ := conduct(t, quick(t, certified), smooth(map[string]int{"30tps/10s": 12, "100tps/5s": 0, "300tps/3s": 0}, 2))
	for _, a := range answer.Tiers[1:] {
		if a.Outcome != plimsoll.Pass || a.Capacity != 0 || a.Certified != 0 {
			t.Errorf("%s: %s capacity %d certified %d: %s", a.Tier.Name, a.Outcome, a.Capacity, a.Certified, a.Reason)
		}
	}
}

func TestTheTopIsCertified(t *testing.T) {
	everything := map[string]int{"30tps/10s": 5000, "100tps/5s": 5000, "300tps/3s": 5000}
	answer, _ := conduct(t, quick(t, certified), smooth(everything, 1.5))
	for _, a := range answer.Tiers {
		if a.Outcome != plimsoll.Pass || !a.Open || a.Certified < 220 || a.Certified > 256 {
			t.Errorf("%s: %s capacity %d certified %d open %v: %s", a.Tier.Name, a.Outcome, a.Capacity, a.Certified, a.Open, a.Reason)
		}
	}
}

func TestFallingEngineIsNonMonotone(t *testing.T) {
	odd := func(s plimsoll.Stage, t plimsoll.Tier) plimsoll.Verdict {
		v := smooth(map[string]int{"30tps/10s": 100, "100tps/5s": 100, "300tps/3s": 100}, 1.5)(s, t)
		if s.Claim && s.Agents < 90 {
			v.Outcome, v.BoundBy, v.TTFTs = plimsoll.Fail, "ttft", 2*t.TTFT.Seconds()
		}
		return v
	}
	answer, _ := conduct(t, quick(t, certified), odd)
	for _, a := range answer.Tiers {
		if a.Outcome == plimsoll.Pass && a.Certified > 0 {
			t.Errorf("%s: certified %d although fewer agents fail: %s", a.Tier.Name, a.Certified, a.Reason)
		}
	}
}

func TestClaimLevelsAreFresh(t *testing.T) {
	s := quick(t, certified)
	_, past := conduct(t, s, smooth(map[string]int{"30tps/10s": 60, "100tps/5s": 30, "300tps/3s": 10}, 1.5))
	claims := 0
	seen := map[[2]int]bool{}
	for _, p := range past {
		key := [2]int{p.Stage.Agents, p.Stage.Replicate}
		if seen[key] || !p.Stage.Fresh {
			t.Errorf("%d agents, replicate %d, fresh %v: the salts repeat", key[0], key[1], p.Stage.Fresh)
		}
		seen[key] = true
		if p.Stage.Claim {
			claims++
		}
	}
	if claims < 15 {
		t.Errorf("%d claim levels", claims)
	}
}

// TestClaimLevelEndsEarlyOnlyBeyondWhatIsEntered: a margin beyond 30 % on the log scale
// enters a bound as 30 %, so that no more needs to be known of it.
func TestClaimLevelEndsEarlyOnlyBeyondWhatIsEntered(t *testing.T) {
	one := func(c *search.Config) { certified(c); c.Tiers = c.Tiers[:1] }
	level := func(agents int, ttft, speed float64, claim bool) plimsoll.Evidence {
		e := plimsoll.Evidence{At: 9e9, Window: plimsoll.Window{End: 9e9}}
		e.Stage = plimsoll.Stage{Agents: agents, Tiers: tiers()[:1], Claim: claim, Shape: plimsoll.Shape{Min: time.Second}}
		for range 500 {
			e.TTFT, e.Speed = append(e.TTFT, ttft), append(e.Speed, speed)
		}
		return e
	}
	for _, c := range []struct {
		ttft, speed  float64
		ramp, claims bool
	}{
		{14, 90, true, true}, {13, 90, true, false}, {11, 90, true, false}, {9, 90, true, false}, {7, 90, true, true},
		{7, 35, true, false}, {9, 20, true, true}, {9, 25, true, false},
	} {
		for name, change := range map[string]func(*search.Config){"standard": one, "whole": func(c *search.Config) { one(c); c.Whole = true }} {
			s := quick(t, change)
			if ramp, claim := s.Early(level(8, 1, 1, false).Stage), s.Early(level(8, 1, 1, true).Stage); !ramp || claim != (name == "standard") {
				t.Errorf("%s: a level of the ramp may end early %v, a claim level %v", name, ramp, claim)
			}
			if got := s.Enough(level(8, c.ttft, c.speed, false)); got != c.ramp {
				t.Errorf("%s: TTFT %g, speed %g: a level of the ramp ends early %v", name, c.ttft, c.speed, got)
			}
			if got := s.Enough(level(8, c.ttft, c.speed, true)); got != (c.claims && name == "standard") {
				t.Errorf("%s: TTFT %g, speed %g: a claim level ends early %v", name, c.ttft, c.speed, got)
			}
			// A single agent that clearly fails needs no measure of by how much.
			clear := c.claims || c.ttft > 10 || c.speed < 30
			if got := s.Enough(level(1, c.ttft, c.speed, true)); got != (clear && name == "standard") {
				t.Errorf("%s: TTFT %g, speed %g: a claim level of one agent ends early %v", name, c.ttft, c.speed, got)
			}
		}
	}
}

func TestBudgetEndsInALowerStatement(t *testing.T) {
	s := quick(t, func(c *search.Config) { certified(c); c.Budget = 50 * time.Second })
	answer, _ := conduct(t, s, smooth(map[string]int{"30tps/10s": 60, "100tps/5s": 30, "300tps/3s": 10}, 1.5))
	for _, a := range answer.Tiers {
		if a.Outcome == plimsoll.Pass || a.AtLeast < 8 || a.Certified >= 0 {
			t.Errorf("%+v, want undecided and at least 8", a)
		}
	}
}

// TestTheRampGrowsFasterFarFromTheEdge: a level that holds its limits by far is followed by
// four times as many agents, one that holds them by less by twice as many.
func TestTheRampGrowsFasterFarFromTheEdge(t *testing.T) {
	one := func(c *search.Config) { certified(c); c.Tiers = c.Tiers[:1]; c.MaxAgents = 65536 }
	for power, want := range map[float64][]int{
		1.5: {8, 32, 128, 512, 2048, 4096}, // 512 hold 10 s by a factor of 20, 2048 by 2.4
		0.2: {8, 16, 32, 64, 128, 256},     // 8 agents hold it by a factor of 3.5 only
	} {
		_, past := conduct(t, quick(t, one), func(s plimsoll.Stage, tier plimsoll.Tier) plimsoll.Verdict {
			v := smooth(map[string]int{tier.Name: 3700}, power)(s, tier)
			v.SpeedTPS = 3 * tier.SpeedTPS
			return v
		})
		for i, n := range want {
			if got := past[i].Stage; got.Agents != n || got.Claim {
				t.Errorf("power %g, level %d: %d agents (%s), want %d", power, i+1, got.Agents, got.Why, n)
			}
		}
	}
	_, past := conduct(t, quick(t, one), smooth(map[string]int{"30tps/10s": 3700}, 4)) // speed just twice the limit
	if n := past[1].Stage.Agents; n != 32 {
		t.Errorf("speed just twice the limit: %d agents, want 32", n)
	}
}
