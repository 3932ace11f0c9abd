package result_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/result"
)

func TestPublishedResultsFollowFromEachOther(t *testing.T) {
	entries, err := result.Published()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]result.Entry{}
	for _, e := range entries {
		byName[e.Name] = e
		for _, tier := range e.Tiers {
			if tier.Capacity == nil || tier.PerAcc == nil {
				continue
			}
			if got, want := float64(*tier.Capacity)/float64(e.Accelerators), *tier.PerAcc; math.Abs(got/want-1) > 0.02 {
				t.Errorf("%s: %d agents on %d accelerators are %g each, published as %g", e.Name, *tier.Capacity, e.Accelerators, got, want)
			}
		}
	}
	c, err := result.Compare([]result.Entry{byName["NVIDIA H200 HGX, 8 GPUs"], byName["NVIDIA GB300 NVL72, 32 GPUs"]})
	if err != nil {
		t.Fatal(err)
	}
	side := c.Tiers[0].Sides[1]
	if r := float64(side.PerMW.Value); math.Abs(r-23.65) > 0.05 {
		t.Errorf("GB300 over H200 per megawatt is %gx, want 23.7x", r)
	}
	if len(c.Differences) > 0 {
		t.Errorf("two results of one publication differ in %v", c.Differences)
	}
}

func entry(capacity int, low, high float64, span string, power ...plimsoll.PerMegawatt) result.Entry {
	per := float64(capacity) / 8
	return result.Entry{Name: "x", Kind: "run", Source: "x", Date: "2026-01-02", MetricSet: plimsoll.MetricSet, Model: "m", Trajectories: "t", Accelerators: 8,
		Tiers: []result.EntryTier{{SpeedTPS: 30, TTFTs: 10, Capacity: &capacity, Low: low, High: high, Span: span, PerAcc: &per, PerMW: power}}}
}

func TestRatioBoundsHoldTheRatio(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := func(name string) result.Entry {
			n := rapid.IntRange(1, 5000).Draw(t, name)
			return entry(n, float64(n)*rapid.Float64Range(0.5, 1).Draw(t, name+" low"), float64(n)*rapid.Float64Range(1, 2).Draw(t, name+" high"), "interval")
		}
		a, b := side("a"), side("b")
		c, err := result.Compare([]result.Entry{a, b})
		if err != nil {
			t.Fatal(err)
		}
		r := c.Tiers[0].Sides[1].Agents
		if !(r.Low <= r.Value && r.Value <= r.High) || !r.Intervals {
			t.Fatalf("ratio %v", r)
		}
		if r.Differs != (r.Low > 1 || r.High < 1) {
			t.Fatalf("differs %v at %v to %v", r.Differs, r.Low, r.High)
		}
		back, err := result.Compare([]result.Entry{b, a})
		if err != nil {
			t.Fatal(err)
		}
		if s := back.Tiers[0].Sides[1].Agents; math.Abs(float64(s.Value*r.Value)-1) > 1e-12 || math.Abs(float64(s.Low*r.High)-1) > 1e-12 {
			t.Fatalf("%v is not the inverse of %v", s, r)
		}
	})
}

// TestRatioOfEstimates: with intervals on both sides the ratio is that of the
// estimates, and its interval is narrower than the worst and best case: 20/10 with
// relative widths of 1.25 and 1.2 on the log scale gives 2 x/÷ exp(sqrt(ln²1.25 + ln²1.2)).
func TestRatioOfEstimates(t *testing.T) {
	a, b := entry(9, 8, 12.5, "interval"), entry(19, 20/1.2, 24, "interval")
	a.Tiers[0].Estimate, b.Tiers[0].Estimate = 10, 20
	c, err := result.Compare([]result.Entry{a, b})
	if err != nil {
		t.Fatal(err)
	}
	r, width := c.Tiers[0].Sides[1].Agents, math.Exp(math.Hypot(math.Log(1.25), math.Log(1.2)))
	for name, pair := range map[string][2]float64{
		"value": {float64(r.Value), 2}, "low": {float64(r.Low), 2 / width}, "high": {float64(r.High), 2 * width},
		"per accelerator": {float64(c.Tiers[0].Sides[1].PerAcc.Value), 2},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-12 {
			t.Errorf("%s %v, want %v", name, pair[0], pair[1])
		}
	}
	if !r.Differs || !r.Intervals {
		t.Errorf("%+v", r)
	}
}

func TestPowerIsNeverMixed(t *testing.T) {
	chip := plimsoll.PerMegawatt{Value: 1000, Boundary: plimsoll.BoundaryAccelerator, Basis: plimsoll.Measured, Source: "a", Grade: plimsoll.G1}
	wall := plimsoll.PerMegawatt{Value: 500, Boundary: plimsoll.BoundaryNodeAC, Basis: plimsoll.Measured, Source: "b", Grade: plimsoll.G3}
	rated := plimsoll.PerMegawatt{Value: 400, Boundary: plimsoll.BoundaryAccelerator, Basis: plimsoll.Provisioned, Source: "c", Grade: plimsoll.G0}
	for name, c := range map[string]struct {
		a, b []plimsoll.PerMegawatt
		want float64 // NaN: refused
	}{
		"boundary":    {[]plimsoll.PerMegawatt{chip}, []plimsoll.PerMegawatt{wall}, math.NaN()},
		"basis":       {[]plimsoll.PerMegawatt{chip}, []plimsoll.PerMegawatt{rated}, math.NaN()},
		"second fits": {[]plimsoll.PerMegawatt{wall}, []plimsoll.PerMegawatt{chip, wall}, 1},
	} {
		got, err := result.Compare([]result.Entry{entry(10, 0, 0, "", c.a...), entry(10, 0, 0, "", c.b...)})
		if err != nil {
			t.Fatal(err)
		}
		r := got.Tiers[0].Sides[1].PerMW
		if math.IsNaN(c.want) != !r.Value.Known() || r.Value.Known() && float64(r.Value) != c.want {
			t.Errorf("%s: ratio %v, want %g", name, r, c.want)
		}
		if !r.Value.Known() && !strings.Contains(r.Reason, "convert") {
			t.Errorf("%s: reason %q", name, r.Reason)
		}
	}
}

func TestCompareNamesDifferences(t *testing.T) {
	a, b := entry(10, 0, 0, ""), entry(0, 0, 0, "")
	a.NotComparable, b.TierSet = []string{"no meter"}, "aa"
	a.Tiers[0].PerMW = []plimsoll.PerMegawatt{{Boundary: plimsoll.BoundaryRack, Basis: plimsoll.Measured, Grade: plimsoll.G2}}
	b.Model, b.Simulated, b.Name, b.Preset = "other", true, "y", "quick"
	c, err := result.Compare([]result.Entry{b, a})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(c.Differences, "\n")
	for _, want := range []string{"models differ: other | m", "presets differ: quick | unknown", "simulated, not measured: y", "tier sets differ", "power figures differ", "x is not comparable by its own word: no meter"} {
		if !strings.Contains(text, want) {
			t.Errorf("differences do not say %q:\n%s", want, text)
		}
	}
	if r := c.Tiers[0].Sides[1].Agents; r.Value.Known() || r.Reason == "" {
		t.Errorf("ratio over 0 agents is %v", r)
	}
	if _, err := result.Compare([]result.Entry{a}); err == nil {
		t.Error("one result was compared with nothing")
	}
}

// TestLeastNumbersHaveNoRatio: where a search was not allowed to go on, nobody knows how
// much more there is.
func TestLeastNumbersHaveNoRatio(t *testing.T) {
	before, now := entry(120, 120, 128, "bracket"), entry(16, 0, 0, "")
	now.Tiers[0].Open, now.Name = true, "now"
	c, err := result.Compare([]result.Entry{before, now})
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Tiers[0].Sides[1]; s.Agents.Value.Known() || s.PerAcc.Value.Known() || !strings.Contains(s.Agents.Reason, "least") {
		t.Errorf("at least 16 over 120 is %+v", s)
	}
	if slower := c.Slower(0.05); len(slower) != 1 || !strings.Contains(slower[0], "at least 16 now") {
		t.Errorf("slower: %v", slower)
	}
	if c, err = result.Compare([]result.Entry{now, before}); err != nil || len(c.Slower(0.05)) > 0 {
		t.Errorf("at least 16, then 120: %v, %v", c.Slower(0.05), err)
	}
}

func FuzzReadEntries(f *testing.F) {
	f.Add([]byte(`[{"name":"a","source":"b","date":"c","tiers":[{"speed_tps":1,"ttft_s":1,"capacity":-1}]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := result.ReadEntries(data)
		if err != nil {
			return
		}
		for _, e := range entries {
			if e.Name == "" || e.Source == "" {
				t.Errorf("took an entry without name or source: %+v", e)
			}
		}
	})
}
