package plan_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"plimsoll/plan"
)

// 20 % of the users active, one session each, 0.1 % refused.
func TestErlangFigures(t *testing.T) {
	for _, c := range []struct{ users, slots int }{{100, 35}, {1000, 238}, {10000, 2095}} {
		p := plan.Population{Users: c.users, Active: 0.2, Sessions: 1, Blocking: 0.001, Model: plan.ErlangB}
		if got := p.Slots(); got != c.slots {
			t.Errorf("%d users: %d slots, want %d", c.users, got, c.slots)
		}
	}
}

// blockingB is Erlang's loss formula as its sum, not as the recursion.
func blockingB(a float64, m int) float64 {
	sum := 0.0
	for k := 0; k <= m; k++ {
		lk, _ := math.Lgamma(float64(k + 1))
		lm, _ := math.Lgamma(float64(m + 1))
		sum += math.Exp(float64(k-m)*math.Log(a) + lm - lk)
	}
	return 1 / sum
}

func TestSlotsAreTheLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Float64Range(0.1, 400).Draw(t, "offered")
		target := rapid.Float64Range(0.0005, 0.2).Draw(t, "blocking")
		p := plan.Population{Users: 1, Active: 1, Sessions: a, Blocking: plan.Share(target), Model: plan.ErlangB} // offers a Erlang
		m := p.Slots()
		if b := blockingB(a, m); b > target*(1+1e-9) {
			t.Fatalf("%g Erlang, %d slots: blocks %g, above %g", a, m, b, target)
		}
		if b := blockingB(a, m-1); m > 1 && b <= target*(1-1e-9) {
			t.Fatalf("%g Erlang: %d slots would do (%g)", a, m-1, b)
		}
		p.Model = plan.ErlangC
		if c := p.Slots(); c < m || float64(c) <= a {
			t.Fatalf("%g Erlang: queueing needs %d slots, refusing %d", a, c, m)
		}
	})
}

func TestBinomialAgainstSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "sources")
		p := rapid.Float64Range(0.01, 0.99).Draw(t, "active")
		share := rapid.Float64Range(0.0005, 0.3).Draw(t, "share")
		m := plan.Population{Users: n, Active: plan.Share(p), Sessions: 1, Blocking: plan.Share(share), Model: plan.Binomial}.Slots()
		above := func(m int) (sum float64) {
			for k := m + 1; k <= n; k++ {
				a, _ := math.Lgamma(float64(n + 1))
				b, _ := math.Lgamma(float64(k + 1))
				c, _ := math.Lgamma(float64(n - k + 1))
				sum += math.Exp(a - b - c + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
			}
			return sum
		}
		if got := above(m); got > share*(1+1e-9) {
			t.Fatalf("%d slots are exceeded for %g, above %g", m, got, share)
		}
		if m > 0 && above(m-1) <= share*(1-1e-9) {
			t.Fatalf("%d slots would do", m-1)
		}
	})
}

func TestSmallTeamsNeedLessThanErlangSays(t *testing.T) {
	p := plan.Population{Users: 20, Active: 0.5, Sessions: 1, Blocking: 0.001, Model: plan.ErlangB}
	open := p.Slots()
	p.Model = plan.Binomial
	if got := p.Slots(); got > 20 || got >= open {
		t.Errorf("20 users: binomial %d slots, Erlang B %d", got, open)
	}
}
