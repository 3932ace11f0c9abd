package shapes_test

import (
	"fmt"
	"testing"

	"plimsoll"
	"plimsoll/detector"
	"plimsoll/search/shapes"
)

func Example() {
	w := shapes.Worlds(0.06, shapes.Edge)[4]
	c, _ := shapes.Searching("standard", shapes.OneTier())
	s, _ := shapes.Bench(w, c, 1, 1)
	fmt.Println(w.Name, w.Capacity(shapes.OneTier()[0]), s[0].Over)
	// Output: cliff at N* 103 0
}

// TestCertifiedSeldomClaimsTooMuch is the short form of `make bench-search`. With
// one claim in twenty above the truth, 200 searches would give 17 or more of them in
// one test of fifty.
func TestCertifiedSeldomClaimsTooMuch(t *testing.T) {
	detector.Skip(t, "hundreds of searches")
	const searches = 20
	over := 0
	for _, sd := range []float64{0.06, 0.15} {
		for _, w := range shapes.Worlds(sd, shapes.Edge) {
			s := bench(t, w, "standard", shapes.OneTier(), searches)[0]
			over += s.Over
			if w.Smooth && s.Ratio(0.5) < 0.88 {
				t.Errorf("%s, run sd %.2f: half of the claims lie below %.2f of the truth", w.Name, sd, s.Ratio(0.5))
			}
			if w.Smooth && s.None > searches/4 {
				t.Errorf("%s, run sd %.2f: %d of %d searches give no number", w.Name, sd, s.None, searches)
			}
		}
	}
	if over >= 17 {
		t.Errorf("%d of %d certified numbers lie above the truth", over, 10*searches)
	}
	gentle := bench(t, shapes.Worlds(0.06, shapes.Edge)[0], "aa", shapes.OneTier(), 2*searches)[0]
	if gentle.Over < searches/2 {
		t.Errorf("a single-run bisection claims too much in %d of %d searches only: the worlds have lost their noise", gentle.Over, 2*searches)
	}
}

// TestThreeTiersCostNoMoreThanAA: three certified numbers take at most the engine time
// of three bisections of single runs.
func TestThreeTiersCostNoMoreThanAA(t *testing.T) {
	detector.Skip(t, "searches for three tiers in ten worlds")
	for _, sd := range []float64{0.06, 0.15} {
		for _, w := range shapes.Worlds(sd, shapes.Edge) {
			certified := bench(t, w.WithSpeed(), "standard", shapes.ThreeTiers(), 4)[0].Minutes
			aa := bench(t, w.WithSpeed(), "aa", shapes.ThreeTiers(), 4)[0].Minutes
			if certified > 1.1*aa {
				t.Errorf("%s, run sd %.2f: %.0f engine minutes, method aa takes %.0f", w.Name, sd, certified, aa)
			}
		}
	}
}

func bench(t *testing.T, w shapes.World, preset string, tiers []plimsoll.Tier, n int) []shapes.Score {
	t.Helper()
	c, err := shapes.Searching(preset, tiers)
	if err != nil {
		t.Fatal(err)
	}
	s, err := shapes.Bench(w, c, n, 1)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWorldsMeetTheirLimitAtTheEdge(t *testing.T) {
	for _, w := range shapes.Worlds(0.06, shapes.Edge) {
		if got := w.Capacity(shapes.OneTier()[0]); got != 103 {
			t.Errorf("%s: capacity %d, want 103", w.Name, got)
		}
		three := w.WithSpeed()
		for i, want := range []int{103, 60, 20} {
			if got := three.Capacity(shapes.ThreeTiers()[i]); got != want {
				t.Errorf("%s: tier %d: capacity %d, want %d", w.Name, i, got, want)
			}
		}
	}
}
