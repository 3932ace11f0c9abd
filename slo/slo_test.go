package slo_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/slo"
)

var tier = plimsoll.Tier{Name: "30tps/10s", SpeedTPS: 30, TTFT: 10 * time.Second}

// level is evidence of n good turns at this speed and TTFT.
func level(n int, speed, ttft float64) plimsoll.Evidence {
	e := plimsoll.Evidence{
		Stage: plimsoll.Stage{Level: 1, Attempt: 1, Agents: 8}, Turns: n, OK: n, At: plimsoll.Never,
		TTFT: slices.Repeat([]float64{ttft}, n), Speed: slices.Repeat([]float64{speed}, n), Starved: map[string]int{},
	}
	e.SpeedAA = e.Speed
	return e
}

func Example() {
	v := slo.Judge(level(100, 35, 11.2), tier, slo.Standard())
	fmt.Println(v.Outcome, v.BoundBy, v.Reasons)
	// Output: fail ttft [P95 TTFT 11.2 s is above 10 s]
}

func TestJudge(t *testing.T) {
	nan := math.NaN()
	open := func(e *plimsoll.Evidence, n int, o plimsoll.OpenTurn) {
		e.Open = slices.Repeat([]plimsoll.OpenTurn{o}, n)
		e.Turns += n
		e.Censored += n
	}
	for _, c := range []struct {
		name    string
		rules   slo.Rules
		spoil   func(*plimsoll.Evidence)
		outcome plimsoll.Outcome
		bound   string
		reason  string
	}{
		{"good", slo.Standard(), func(e *plimsoll.Evidence) {}, plimsoll.Pass, "", "P25 speed 35"},
		{"on the limits", slo.Standard(), func(e *plimsoll.Evidence) { *e = level(100, 30, 10) }, plimsoll.Pass, "", ""},
		{"slow", slo.Standard(), func(e *plimsoll.Evidence) { *e = level(100, 29, 4) }, plimsoll.Fail, "speed", "P25 speed 29 tokens/s is below 30"},
		{"both", slo.Standard(), func(e *plimsoll.Evidence) { *e = level(100, 29, 11) }, plimsoll.Fail, "ttft+speed", ""},
		{"few", slo.Standard(), func(e *plimsoll.Evidence) { *e = level(19, 29, 11) }, plimsoll.Undecided, "", "only 19 turns"},
		{"failures", slo.Standard(), func(e *plimsoll.Evidence) { e.Turns += 2; e.Failed = 2 }, plimsoll.Fail, "failures", "2 of 102 turns failed"},
		{"starved", slo.Standard(), func(e *plimsoll.Evidence) { e.Starved["30tps/10s"] = 1 }, plimsoll.Fail, "starvation", "1 of 8 agents"},
		{"starved, aa", slo.AA(), func(e *plimsoll.Evidence) { e.Starved["30tps/10s"] = 1 }, plimsoll.Pass, "", ""},
		{"one read", slo.Standard(), func(e *plimsoll.Evidence) { e.OneRead = 6 }, plimsoll.Undecided, "", "in one read"},
		{"one read and slow", slo.Standard(), func(e *plimsoll.Evidence) { *e = level(100, 20, 4); e.OneRead = 6 }, plimsoll.Undecided, "", "in one read"},
		{"one read and late", slo.Standard(), func(e *plimsoll.Evidence) { *e = level(100, 20, 14); e.OneRead = 6 }, plimsoll.Fail, "ttft", ""},
		{"one read, aa", slo.AA(), func(e *plimsoll.Evidence) { e.OneRead = 6 }, plimsoll.Pass, "", ""},
		{"usage", slo.Standard(), func(e *plimsoll.Evidence) { e.UsageExceeds = 6 }, plimsoll.Undecided, "", "usage counts more"},
		{"gate", slo.Standard(), func(e *plimsoll.Evidence) {
			*e = level(100, 20, 14)
			e.Gates = []plimsoll.Gate{{Name: "lag", Value: 7, Limit: 5, Unit: "ms"}}
		}, plimsoll.Void, "", "lag p99"},
		{"broken", slo.Standard(), func(e *plimsoll.Evidence) { e.Observed.Broken = "connection refused" }, plimsoll.Void, "", "connection refused"},
		{"open, cannot matter", slo.Standard(), func(e *plimsoll.Evidence) {
			open(e, 4, plimsoll.OpenTurn{Waited: 1, TTFT: nan, Speed: nan})
		}, plimsoll.Pass, "", ""},
		{"open, could matter", slo.Standard(), func(e *plimsoll.Evidence) {
			open(e, 10, plimsoll.OpenTurn{Waited: 1, TTFT: nan, Speed: nan})
		}, plimsoll.Undecided, "", "10 of 110 turns were cut"},
		{"open, could matter, aa", slo.AA(), func(e *plimsoll.Evidence) {
			open(e, 10, plimsoll.OpenTurn{Waited: 1, TTFT: nan, Speed: nan})
		}, plimsoll.Pass, "", "decided on its turns: 10 of 110 turns were cut"},
		{"open and late, aa", slo.AA(), func(e *plimsoll.Evidence) {
			copy(e.TTFT[94:], []float64{11, 11, 11, 11, 11, 11})
			open(e, 20, plimsoll.OpenTurn{Waited: 1, TTFT: nan, Speed: nan})
		}, plimsoll.Fail, "ttft", "P95 TTFT 11 s is above 10 s; decided on its turns: 20 of 120"},
		{"open past the limit", slo.Standard(), func(e *plimsoll.Evidence) {
			open(e, 10, plimsoll.OpenTurn{Waited: 10.5, TTFT: nan, Speed: nan})
		}, plimsoll.Fail, "ttft", "without bound"},
		{"open and slow already", slo.Standard(), func(e *plimsoll.Evidence) {
			open(e, 50, plimsoll.OpenTurn{Waited: 3, TTFT: 1, Speed: 12})
		}, plimsoll.Fail, "speed", ""},
	} {
		e := level(100, 35, 4)
		c.spoil(&e)
		v := slo.Judge(e, tier, c.rules)
		if v.Outcome != c.outcome || v.BoundBy != c.bound || !strings.Contains(strings.Join(v.Reasons, "; "), c.reason) {
			t.Errorf("%s: %s %q %q, want %s %q %q", c.name, v.Outcome, v.BoundBy, v.Reasons, c.outcome, c.bound, c.reason)
		}
	}
}

// drawn is evidence with open turns of every kind.
func drawn(t *rapid.T) plimsoll.Evidence {
	n := rapid.IntRange(20, 120).Draw(t, "n")
	e := plimsoll.Evidence{Stage: plimsoll.Stage{Agents: 8}, Turns: n, OK: n, At: plimsoll.Never}
	for range n {
		e.TTFT = append(e.TTFT, rapid.Float64Range(0.1, 12).Draw(t, "ttft"))
		e.Speed = append(e.Speed, rapid.Float64Range(25, 60).Draw(t, "speed"))
	}
	for range rapid.IntRange(0, 15).Draw(t, "open") {
		o := plimsoll.OpenTurn{Waited: rapid.Float64Range(0, 20).Draw(t, "waited"), TTFT: math.NaN(), Speed: math.NaN()}
		if rapid.Bool().Draw(t, "begun") {
			o.TTFT, o.Speed = o.Waited/2, rapid.Float64Range(0, 60).Draw(t, "so far")
		}
		e.Open = append(e.Open, o)
		e.Turns++
		e.Censored++
	}
	slices.Sort(e.TTFT)
	slices.Sort(e.Speed)
	return e
}

func TestVerdictIsMonotoneInTheTier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawn(t)
		strict := plimsoll.Tier{Name: "s", SpeedTPS: rapid.Float64Range(20, 50).Draw(t, "x"), TTFT: 8 * time.Second}
		loose := strict
		loose.SpeedTPS *= rapid.Float64Range(0.3, 1).Draw(t, "looser")
		loose.TTFT += time.Duration(rapid.IntRange(0, 5e9).Draw(t, "longer"))
		e.Open = nil
		e.Turns, e.Censored = e.OK, 0
		a, b := slo.Judge(e, strict, slo.Standard()), slo.Judge(e, loose, slo.Standard())
		if a.Outcome == plimsoll.Pass && b.Outcome != plimsoll.Pass {
			t.Fatalf("passes %v and not the looser %v: %v", strict, loose, b.Reasons)
		}
	})
}

// Deciding on the turns changes no verdict that is decided without, and marks every other.
func TestOnTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawn(t)
		e.SpeedAA = e.Speed
		rules := slo.AA()
		on := slo.Judge(e, tier, rules)
		rules.OnTurns = false
		off := slo.Judge(e, tier, rules)
		if on.Outcome == plimsoll.Undecided || on.OnTurns != (off.Outcome == plimsoll.Undecided) || off.OnTurns || !on.OnTurns && on.Outcome != off.Outcome {
			t.Fatalf("%s, on its turns %v: %v; else %s: %v", on.Outcome, on.OnTurns, on.Reasons, off.Outcome, off.Reasons)
		}
	})
}

func TestDecidedVerdictHoldsWhicheverWayOpenTurnsGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawn(t)
		rules := slo.Standard()
		v := slo.Judge(e, tier, rules)
		if v.Outcome == plimsoll.Undecided || float64(len(e.Open)) <= rules.MaxCensored*float64(e.Turns) {
			return
		}
		end := e
		end.TTFT, end.Speed = slices.Clone(e.TTFT), slices.Clone(e.Speed)
		end.Open, end.Censored, end.OK = nil, 0, e.Turns
		for _, o := range e.Open {
			first := o.TTFT
			if math.IsNaN(first) {
				first = o.Waited + rapid.Float64Range(0, 30).Draw(t, "more")
			}
			speed := o.Speed
			if math.IsNaN(speed) || speed >= tier.SpeedTPS {
				speed = rapid.Float64Range(1, 90).Draw(t, "speed at last")
			}
			end.TTFT, end.Speed = append(end.TTFT, first), append(end.Speed, speed)
		}
		slices.Sort(end.TTFT)
		slices.Sort(end.Speed)
		if w := slo.Judge(end, tier, rules); w.Outcome != v.Outcome {
			t.Fatalf("said %s %v, the end says %s %v", v.Outcome, v.Reasons, w.Outcome, w.Reasons)
		}
	})
}

func TestExactBinomial(t *testing.T) {
	// The allowed misses at P95 and P25 that the published rule tables give.
	for _, c := range []struct {
		n, k  int
		p, a  float64
		holds bool
	}{
		{59, 0, 0.05, 0.05, true}, {58, 0, 0.05, 0.05, false}, {100, 1, 0.05, 0.05, true}, {100, 2, 0.05, 0.05, false},
		{200, 4, 0.05, 0.05, true}, {400, 12, 0.05, 0.05, true}, {3200, 139, 0.05, 0.05, true}, {3200, 140, 0.05, 0.05, false},
		{90, 0, 0.05, 0.01, true}, {89, 0, 0.05, 0.01, false}, {800, 25, 0.05, 0.01, true},
		{11, 0, 0.25, 0.05, true}, {100, 17, 0.25, 0.05, true}, {100, 18, 0.25, 0.05, false}, {1600, 371, 0.25, 0.05, true},
	} {
		if got := slo.ClearlyBelow(c.k, c.n, c.p, c.a); got != c.holds {
			t.Errorf("%d of %d under %g at %g: %v", c.k, c.n, c.p, c.a, got)
		}
	}
	sum := 0.0
	for k := range 8 {
		sum = slo.AtMost(k, 7, 0.3)
	}
	if sum != 1 || math.Abs(slo.AtLeast(7, 7, 0.3)-math.Pow(0.3, 7)) > 1e-12 {
		t.Errorf("tails: %g, %g", sum, slo.AtLeast(7, 7, 0.3))
	}
}

func TestQuantileRanks(t *testing.T) {
	for _, c := range []struct {
		n      int
		q      float64
		lo, hi float64 // as shares of n
	}{{200, 0.95, 0.92, 0.985}, {1000, 0.95, 0.936, 0.964}, {5000, 0.95, 0.944, 0.956}, {200, 0.25, 0.19, 0.315}, {1000, 0.25, 0.223, 0.278}} {
		l, r, ok := slo.QuantileRanks(c.n, c.q, 0.05)
		if lo, hi := float64(l)/float64(c.n), float64(r)/float64(c.n); !ok || math.Abs(lo-c.lo) > 0.006 || math.Abs(hi-c.hi) > 0.006 {
			t.Errorf("n %d q %g: ranks %d, %d (%.3f, %.3f), want %.3f, %.3f", c.n, c.q, l, r, lo, hi, c.lo, c.hi)
		}
	}
	if _, _, ok := slo.QuantileRanks(20, 0.95, 0.05); ok {
		t.Error("20 values bound a P95 from above")
	}
}

func TestClearNeverContradictsTheVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(20, 400).Draw(t, "n")
		late := rapid.IntRange(0, n).Draw(t, "late")
		slow := rapid.IntRange(0, n).Draw(t, "slow")
		e := level(n, 35, 4)
		for i := range late {
			e.TTFT[n-1-i] = 20
		}
		for i := range slow {
			e.Speed[i] = 10
		}
		e.At = 9e9
		e.Window = plimsoll.Window{End: 9e9}
		e.Stage.Agents = rapid.IntRange(1, 64).Draw(t, "agents")
		clear := slo.Clear(e, tier, slo.Standard())
		e.At = plimsoll.Never
		for range e.Stage.Agents {
			e.Open = append(e.Open, plimsoll.OpenTurn{TTFT: math.NaN(), Speed: math.NaN()})
			e.Turns++
			e.Cancelled++
		}
		if v := slo.Judge(e, tier, slo.Standard()); clear != plimsoll.Undecided && v.Outcome != clear {
			t.Fatalf("clear %s, verdict %s %v", clear, v.Outcome, v.Reasons)
		}
	})
}

// walks are n walks of m turns each whose level differs by walk.
func walks(n, m int) (out []plimsoll.Journey, pooled []float64) {
	for i := range n {
		j := plimsoll.Journey{Slot: i}
		for k := range m {
			x := math.Exp(0.8*math.Sin(float64(i)*2.3) + 0.2*math.Sin(float64(k)*1.7+float64(i)))
			j.TTFT = append(j.TTFT, x)
			pooled = append(pooled, x)
		}
		out = append(out, j)
	}
	slices.Sort(pooled)
	return out, pooled
}

func TestIntervalRespectsWalks(t *testing.T) {
	j, pooled := walks(60, 20)
	at := pooled[int(0.95*float64(len(pooled)-1))]
	low, high, ok := slo.Interval(j, slo.TTFTs, 0.95, 0.05)
	if !ok || low > at || high < at {
		t.Fatalf("[%g, %g] does not hold %g", low, high, at)
	}
	// Turns taken for independent give a narrower interval than walks do.
	l, r, _ := slo.QuantileRanks(len(pooled), 0.95, 0.05)
	if high-low <= pooled[r]-pooled[l] {
		t.Errorf("by walks %g wide, by turns %g", high-low, pooled[r]-pooled[l])
	}
	again, _, _ := slo.Interval(j, slo.TTFTs, 0.95, 0.05)
	if again != low {
		t.Errorf("the same walks give %g and %g", low, again)
	}
	if se := slo.LogError(j, slo.TTFTs, pooled, 0.95); se <= 0 || se > 0.5 {
		t.Errorf("standard error %g", se)
	}
	if _, _, ok = slo.Interval(j[:7], slo.TTFTs, 0.95, 0.05); ok {
		t.Error("7 walks give an interval")
	}
}
