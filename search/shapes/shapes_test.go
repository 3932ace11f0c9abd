package shapes_test

import (
	"fmt"
	"testing"

	"plimsoll/search/shapes"
)

func Example() {
	w := shapes.Worlds(0.06)[4]
	c, _ := shapes.Searching("standard", shapes.OneTier())
	s, _ := shapes.Bench(w, c, 1)
	fmt.Println(w.Name, w.Capacity(shapes.OneTier()[0]), s.Over)
	// Output: cliff at N* 103 0
}

// TestCertifiedSeldomClaimsTooMuch is the short form of `make bench-search`. With
// one claim in twenty above the truth, 200 searches would give 17 or more of them in
// one test of fifty.
func TestCertifiedSeldomClaimsTooMuch(t *testing.T) {
	const searches = 40
	over, gentle := 0, 0
	for _, w := range shapes.Worlds(0.06) {
		c, err := shapes.Searching("standard", shapes.OneTier())
		if err != nil {
			t.Fatal(err)
		}
		s, err := shapes.Bench(w, c, searches)
		if err != nil {
			t.Fatal(err)
		}
		over += s.Over
		if w.Smooth && s.Ratio(0.5) < 0.90 {
			t.Errorf("%s: half of the claims lie below %.2f of the truth", w.Name, s.Ratio(0.5))
		}
		if w.Smooth && s.None > searches/4 {
			t.Errorf("%s: %d of %d searches give no number", w.Name, s.None, searches)
		}
	}
	if over >= 17 {
		t.Errorf("%d of %d certified numbers lie above the truth", over, 5*searches)
	}
	c, err := shapes.Searching("aa", shapes.OneTier())
	if err != nil {
		t.Fatal(err)
	}
	s, err := shapes.Bench(shapes.Worlds(0.06)[0], c, searches)
	if err != nil {
		t.Fatal(err)
	}
	if gentle = s.Over; gentle < searches/5 {
		t.Errorf("a single-run bisection claims too much in %d of %d searches only: the worlds have lost their noise", gentle, searches)
	}
}

func TestWorldsMeetTheirLimitAtTheEdge(t *testing.T) {
	for _, w := range shapes.Worlds(0.06) {
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
