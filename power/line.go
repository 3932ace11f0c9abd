package power

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"time"

	"plimsoll"
)

// knot is a value at an instant; line joins knots by straight pieces.
type knot struct {
	at plimsoll.Instant
	v  float64
}

type line []knot

// column picks one value of the points, leaving out where there is none.
func column(points []point, value func(point) float64) line {
	var l line
	for _, p := range points {
		if v := value(p); !math.IsNaN(v) {
			l = append(l, knot{p.at, v})
		}
	}
	return l
}

// freshOnly leaves out repeats of the value before: a source that is read more
// often than it has news repeats itself. Only the first of a run was fresh; the
// very last knot stays, so that the line ends where the readings do. A gauge in
// whole watts may well read the same twice, so its repeats stay.
func freshOnly(l line, gauge bool) line {
	if gauge && !slices.ContainsFunc(l, func(k knot) bool { return k.v != math.Trunc(k.v) }) {
		return l
	}
	var kept line
	for i, k := range l {
		if i == 0 || k.v != l[i-1].v || i == len(l)-1 {
			kept = append(kept, k)
		}
	}
	return kept
}

// brackets reports whether the line has a knot at or before the window's start and
// one at or after its end.
func (l line) brackets(w plimsoll.Window) bool {
	return len(l) >= 2 && l[0].at <= w.Start && l[len(l)-1].at >= w.End
}

// falls reports whether any value is below the one before.
func (l line) falls() bool {
	return !slices.IsSortedFunc(l, func(a, b knot) int { return cmp.Compare(a.v, b.v) })
}

// at interpolates; before the first and after the last knot it is that knot.
func (l line) at(t plimsoll.Instant) float64 {
	i := sort.Search(len(l), func(i int) bool { return l[i].at >= t })
	switch {
	case i == 0:
		return l[0].v
	case i == len(l):
		return l[len(l)-1].v
	}
	a, b := l[i-1], l[i]
	return a.v + (b.v-a.v)*float64(t-a.at)/float64(b.at-a.at)
}

// area is the integral over the window, in value times seconds.
func (l line) area(w plimsoll.Window) float64 {
	total, from := 0.0, knot{w.Start, l.at(w.Start)}
	step := func(to knot) {
		total += (from.v + to.v) / 2 * to.at.Sub(from.at).Seconds()
		from = to
	}
	for _, k := range l {
		if k.at > w.Start && k.at < w.End {
			step(k)
		}
	}
	step(knot{w.End, l.at(w.End)})
	return total
}

// gap is the longest time between two neighbours that overlaps the window.
func (l line) gap(w plimsoll.Window) time.Duration {
	var longest time.Duration
	for i := 1; i < len(l); i++ {
		if l[i].at > w.Start && l[i-1].at < w.End {
			longest = max(longest, l[i].at.Sub(l[i-1].at))
		}
	}
	return longest
}

// frozen reports whether the value is the same all through the window.
func (l line) frozen(w plimsoll.Window) bool {
	v := l.at(w.Start)
	for _, k := range l {
		if k.at >= w.Start && k.at <= w.End && k.v != v {
			return false
		}
	}
	return l.at(w.End) == v
}

// resample reads the line at n+1 evenly spaced instants from start to end.
func (l line) resample(w plimsoll.Window, n int) []float64 {
	out := make([]float64, n+1)
	for i := range out {
		out[i] = l.at(w.Start + plimsoll.Instant(float64(w.End-w.Start)*float64(i)/float64(n)))
	}
	return out
}
