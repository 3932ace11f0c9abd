package search

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// line is a least-squares line y = at + slope (x - centre) through runs, with what
// its bound needs. One point is one run: turns of a run are not independent.
type line struct {
	n                 int
	centre, at, slope float64
	sxx               float64
	s                 float64 // residual standard deviation, between runs
	freedom           float64
	shift             float64 // of the pooled quantile against the mean run's, by s
}

// fit returns the line of one constraint through the runs. A slope below 0 counts
// as 0: more agents do not make an engine better, so that the data then only say
// how the margin is at their centre.
func fit(runs []observation, constraint int) line {
	l := line{n: len(runs)}
	curve := 0.0
	for _, r := range runs {
		l.centre += r.x
		l.at += r.y[constraint]
		curve += r.curve[constraint]
	}
	n := float64(l.n)
	l.centre, l.at, curve = l.centre/n, l.at/n, curve/n
	sxy := 0.0
	for _, r := range runs {
		l.sxx += (r.x - l.centre) * (r.x - l.centre)
		sxy += (r.x - l.centre) * (r.y[constraint] - l.at)
	}
	l.freedom = n - 1
	if l.sxx > 1e-12 {
		l.slope = math.Max(0, sxy/l.sxx)
		l.freedom = n - 2
	}
	squares := 0.0
	for _, r := range runs {
		off := r.y[constraint] - l.value(r.x)
		squares += off * off
	}
	if l.freedom >= 1 {
		l.s = math.Sqrt(squares / l.freedom)
	}
	inside := 0.0
	for _, r := range runs {
		inside += r.error[constraint] * r.error[constraint] / n
	}
	l.s = math.Max(l.s, math.Sqrt(inside))
	l.shift = math.Max(0, curve) * l.s * l.s / 2
	return l
}

// value is the line at x.
func (l line) value(x float64) float64 { return l.at + l.slope*(x-l.centre) }

// side is the bound of the pooled margin at x: the line, the shift by the
// run-to-run variance, and t standard errors up (t > 0) or down.
func (l line) side(x, t float64) float64 {
	error := math.Sqrt(1 / float64(l.n))
	if l.sxx > 1e-12 {
		error = math.Sqrt(1/float64(l.n) + (x-l.centre)*(x-l.centre)/l.sxx)
	}
	return l.value(x) + l.shift + t*l.s*error
}

// last returns the largest x in [low, high] at which the side lies at or below 0;
// ok is false where there is none. Without a rising line nothing is said beyond
// the runs' centre.
func (l line) last(low, high, t float64) (x float64, ok bool) {
	if l.slope <= 0 {
		high = math.Min(high, l.centre)
	}
	const steps = 400
	for i := steps; i >= 0; i-- {
		if x := low + (high-low)*float64(i)/steps; l.side(x, t) <= 0 {
			return x, true
		}
	}
	return 0, false
}

// student returns the q-quantile of Student's t.
func student(q, freedom float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile(q)
}
