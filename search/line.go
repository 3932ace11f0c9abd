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
	squares           float64 // of the residuals
	inside            float64 // standard error of a run's margin by its own walks
	curve             float64 // minus the slope of the log density at the percentile
}

// fit returns the line of one constraint through the runs. A slope below 0 counts
// as 0: more agents do not make an engine better, a falling line is chance.
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
	for _, r := range runs {
		off := r.y[constraint] - l.value(r.x)
		l.squares += off * off
	}
	if l.freedom >= 1 {
		l.s = math.Sqrt(l.squares / l.freedom)
	}
	inside := 0.0
	for _, r := range runs {
		inside += r.error[constraint] * r.error[constraint] / n
	}
	l.curve, l.inside = math.Max(0, curve), math.Sqrt(inside)
	l.s = math.Max(l.s, l.inside)
	return l
}

// share takes what all edges show of the spread where that is known better. The
// larger of the two spreads counts: at one edge runs may differ more than at others,
// and then the error is at most that of its own few runs at the other quantile.
func (l *line) share(all spread) {
	if all.freedom > l.freedom {
		l.freedom = all.freedom
		l.s = math.Max(l.s, math.Sqrt(all.squares/all.freedom))
	}
}

// between is the variance between runs that their own turns do not explain.
func (l line) between() float64 { return math.Max(0, l.s*l.s-l.inside*l.inside) }

// shift is by how much the percentile of all runs pooled lies beyond that of a run.
func (l line) shift() float64 { return l.curve * l.between() / 2 }

// value is the line at x.
func (l line) value(x float64) float64 { return l.at + l.slope*(x-l.centre) }

// side is the bound of the pooled margin at x: the line, the shift by the
// run-to-run variance, and t standard errors up (t > 0) or down.
func (l line) side(x, t float64) float64 {
	error := math.Sqrt(1 / float64(l.n))
	if l.sxx > 1e-12 {
		error = math.Sqrt(1/float64(l.n) + (x-l.centre)*(x-l.centre)/l.sxx)
	}
	return l.value(x) + l.shift() + t*l.s*error
}

// last returns the largest x in [low, high] at which the side lies at or below 0;
// ok is false where there is none. What the slope's own error says stands under the
// root: a flat line bounds less the further from the runs' centre.
func (l line) last(low, high, t float64) (x float64, ok bool) {
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
