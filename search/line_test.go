package search

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// runs makes observations at these N with one TTFT margin each.
func runs(levels []int, margin func(x float64) float64) []observation {
	var out []observation
	for _, n := range levels {
		o := observation{agents: n, x: math.Log(float64(n))}
		o.raw = [constraints]float64{margin(o.x), -1}
		o.y = o.raw
		o.pass = o.margin() <= 0
		out = append(out, o)
	}
	return out
}

func TestCrossing(t *testing.T) {
	edge := math.Log(100)
	x, below, above := crossing(runs([]int{80, 90, 110, 125}, func(x float64) float64 { return 1.5 * (x - edge) }))
	if below || above || math.Abs(math.Exp(x)-100) > 0.5 {
		t.Errorf("crosses at %.2f, want 100", math.Exp(x))
	}
	if _, below, _ = crossing(runs([]int{8, 9}, func(float64) float64 { return -1 })); !below {
		t.Error("all pass: not said")
	}
	if _, _, above = crossing(runs([]int{8, 9}, func(float64) float64 { return 1 })); !above {
		t.Error("all fail: not said")
	}
	// A violator is pooled with its neighbour: 90 fails a little, 100 passes a little.
	margins := map[int]float64{80: -0.3, 90: 0.05, 100: -0.05, 110: 0.3}
	x, _, _ = crossing(runs([]int{80, 90, 100, 110}, func(x float64) float64 { return margins[int(math.Round(math.Exp(x)))] }))
	if n := math.Exp(x); n < 90 || n > 100 {
		t.Errorf("crosses at %.2f, want between the pooled 90 and 100", n)
	}
}

func TestBoundOfALineWithoutNoiseIsItsCrossing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		edge := math.Log(rapid.Float64Range(20, 2000).Draw(t, "edge"))
		slope := rapid.Float64Range(0.5, 6).Draw(t, "slope")
		var levels []int
		for _, f := range []float64{0.9, 0.95, 1, 1.05, 1.1} {
			levels = append(levels, int(math.Exp(edge)*f))
		}
		f := fit(runs(levels, func(x float64) float64 { return slope * (x - edge) }), constraintTTFT)
		x, ok := f.last(edge-0.3, edge+0.3, student(0.975, f.freedom))
		if !ok || math.Abs(x-edge) > 0.005 {
			t.Fatalf("bound at %.2f, want %.2f", math.Exp(x), math.Exp(edge))
		}
	})
}

func TestNoiseLowersTheBound(t *testing.T) {
	edge := math.Log(100)
	noise := map[int]float64{88: 0.04, 94: -0.06, 100: 0.05, 106: -0.03, 112: 0.02, 97: -0.04}
	f := fit(runs([]int{88, 94, 97, 100, 106, 112}, func(x float64) float64 {
		return 1.5*(x-edge) + noise[int(math.Round(math.Exp(x)))]
	}), constraintTTFT)
	x, ok := f.last(edge-0.4, edge+0.4, student(0.97, f.freedom))
	if !ok || x >= edge || x < edge-0.15 {
		t.Errorf("bound at %.1f, want below 100 and above 86", math.Exp(x))
	}
	// A falling line counts as flat, and says less the further from the runs' centre.
	flat := fit(runs([]int{90, 100, 110}, func(x float64) float64 { return 0.5*(edge-x) - 0.2 }), constraintTTFT)
	if flat.slope != 0 || flat.side(flat.centre+0.2, 2) <= flat.side(flat.centre+0.1, 2) || flat.side(flat.centre+0.1, 2) <= flat.side(flat.centre, 2) {
		t.Errorf("slope %g; sides %.3f, %.3f, %.3f at and above the centre", flat.slope, flat.side(flat.centre, 2), flat.side(flat.centre+0.1, 2), flat.side(flat.centre+0.2, 2))
	}
}

func TestCurvatureOfANormal(t *testing.T) {
	// Quantiles of a log-normal with sd 0.7: minus the slope of the log density at
	// the 95th percentile is 1.645/0.7.
	var values []float64
	for i := range 4000 {
		p := (float64(i) + 0.5) / 4000
		values = append(values, math.Exp(0.7*math.Sqrt2*math.Erfinv(2*p-1)))
	}
	if got, want := curvature(values, 0.95, 0.05, 0.025), 1.645/0.7; math.Abs(got-want) > 0.15*want {
		t.Errorf("curvature %.2f, want about %.2f", got, want)
	}
}

// TestSpreadOfAllEdgesNeverNarrowsAnEdge: what other edges show lends certainty of the
// spread, and never a smaller one.
func TestSpreadOfAllEdgesNeverNarrowsAnEdge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		noise := map[int]float64{}
		levels := []int{88, 94, 97, 100, 106, 112}
		for _, n := range levels {
			noise[n] = rapid.Float64Range(-0.2, 0.2).Draw(t, "noise")
		}
		own := fit(runs(levels, func(x float64) float64 { return 1.5*x - 6.9 + noise[int(math.Round(math.Exp(x)))] }), constraintTTFT)
		both := own
		both.share(spread{squares: rapid.Float64Range(0, 1).Draw(t, "squares"), freedom: rapid.Float64Range(0, 30).Draw(t, "freedom")})
		if both.s < own.s || both.freedom < own.freedom || both.at != own.at || both.slope != own.slope {
			t.Fatalf("spread %g with %g degrees of freedom, alone %g with %g", both.s, both.freedom, own.s, own.freedom)
		}
	})
}
