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

func TestClaimLevelsAreFreshAndNeverEndedEarly(t *testing.T) {
	s := quick(t, certified)
	_, past := conduct(t, s, smooth(map[string]int{"30tps/10s": 60, "100tps/5s": 30, "300tps/3s": 10}, 1.5))
	claims := 0
	seen := map[[2]int]bool{}
	for _, p := range past {
		key := [2]int{p.Stage.Agents, p.Stage.Replicate}
		if seen[key] {
			t.Errorf("%d agents, replicate %d twice: the salts repeat", key[0], key[1])
		}
		seen[key] = true
		if !p.Stage.Claim {
			continue
		}
		claims++
		hopeless := plimsoll.Evidence{Stage: p.Stage, At: 9e9, Window: plimsoll.Window{End: 9e9}}
		for range 500 {
			hopeless.TTFT, hopeless.Speed = append(hopeless.TTFT, 1e3), append(hopeless.Speed, 1)
		}
		if s.Enough(hopeless) {
			t.Fatal("a claim level is ended early")
		}
		hopeless.Stage.Claim = false
		if !s.Enough(hopeless) {
			t.Fatal("a hopeless level of the ramp goes on")
		}
	}
	if claims < 15 {
		t.Errorf("%d claim levels", claims)
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
