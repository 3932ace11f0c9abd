package power

import (
	"cmp"
	"math"
	"slices"
	"time"

	"plimsoll"
)

// The tolerances of the method; docs/power.md gives their sources.
const (
	counterTolerance = 0.05 // counter against trapezoid, node against its parts
	counterShare     = 0.005
	limitShare       = 1.1 // a mean above its limit by more is a wrong unit
	clockBound       = 400 * time.Millisecond
	absurdClock      = 10 * time.Minute
)

// point is one device at one moment.
type point struct {
	at            plimsoll.Instant
	watts, joules float64 // NaN none
	n             int     // samples averaged into it
}

// series is one device's points in order of time.
type series struct {
	device   string
	points   []point
	lowLimit float64
	limit    float64
	// nearest is the smallest receive time minus device time seen: the clock's
	// offset plus the least age of a reading.
	nearest time.Duration
	stamped bool
}

// take adds a sample and says what is wrong with it.
func (d *series) take(s plimsoll.Sample) []string {
	var reasons []string
	watts, joules := clean(s.Watts), clean(s.Joules)
	if math.IsNaN(watts) && math.IsNaN(joules) || math.IsNaN(watts) != math.IsNaN(s.Watts) || math.IsNaN(joules) != math.IsNaN(s.Joules) {
		reasons = append(reasons, ReasonNegativeOrNaN)
	}
	if math.IsNaN(watts) && math.IsNaN(joules) {
		return reasons
	}
	at := s.At
	if at == plimsoll.Never { // others below 0 lie before the level's begin
		return append(reasons, ReasonTimestamp)
	}
	if s.DeviceAt != plimsoll.Never && s.DeviceAt != 0 {
		age := s.At.Sub(s.DeviceAt)
		if age.Abs() > absurdClock {
			return append(reasons, ReasonTimestamp)
		}
		if !d.stamped || age < d.nearest {
			d.nearest, d.stamped = age, true
		}
		at = s.DeviceAt
	}
	if s.Limit > 0 {
		if d.limit == 0 {
			d.lowLimit, d.limit = s.Limit, s.Limit
		}
		d.lowLimit, d.limit = min(d.lowLimit, s.Limit), max(d.limit, s.Limit)
	}
	d.points = append(d.points, point{at: at, watts: watts, joules: joules, n: 1})
	return reasons
}

// clean turns what no meter can mean into NaN.
func clean(v float64) float64 {
	if v < 0 || math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// finish sorts the points, averages those of one instant and judges the clock and
// the limit.
func (d *series) finish(w plimsoll.Window, e Expect) []string {
	slices.SortStableFunc(d.points, func(a, b point) int { return cmp.Compare(a.at, b.at) })
	kept := d.points[:0]
	for _, p := range d.points {
		if n := len(kept); n > 0 && kept[n-1].at == p.at {
			kept[n-1].average(p)
			continue
		}
		kept = append(kept, p)
	}
	d.points = kept
	var reasons []string
	// 400 ms matter in 10 minutes as 4 s do in 100.
	bound := max(clockBound, time.Duration(float64(w.End-w.Start)/1500))
	// A device time ahead of its receipt is an offset for certain; one behind it may
	// be a reading's age, which one interval bounds.
	if d.stamped && (d.nearest < -bound || d.nearest > bound+e.Interval) {
		reasons = append(reasons, ReasonClockOffset)
	}
	if d.limit > 0 && d.lowLimit < d.limit*(1-counterShare) {
		reasons = append(reasons, ReasonLimitChanged)
	}
	return reasons
}

// average folds another sample of the same instant into p.
func (p *point) average(q point) {
	mean := func(a, b float64) float64 {
		switch {
		case math.IsNaN(a):
			return b
		case math.IsNaN(b):
			return a
		}
		return a + (b-a)/float64(p.n+1)
	}
	p.watts, p.joules = mean(p.watts, q.watts), mean(p.joules, q.joules)
	p.n++
}

// figure is the energy of one device in the window.
type figure struct {
	joules  float64
	method  string
	inside  int
	gap     time.Duration
	reasons []string
}

// figure integrates one device: by its counter where that is fine enough, else by
// the trapezoid over its power.
func (d *series) figure(w plimsoll.Window, e Expect) figure {
	gauge := freshOnly(column(d.points, func(p point) float64 { return p.watts }), true)
	counter := freshOnly(column(d.points, func(p point) float64 { return p.joules }), false)
	f := figure{joules: math.NaN()}
	for _, p := range d.points {
		if w.Holds(p.at) {
			f.inside++
		}
	}
	trapezoid, counted := math.NaN(), math.NaN()
	if gauge.brackets(w) {
		trapezoid = gauge.area(w)
	}
	if counter.brackets(w) {
		if counter.falls() {
			f.reasons = append(f.reasons, ReasonCounterReset)
			return f
		}
		counted = counter.at(w.End) - counter.at(w.Start)
	}
	chosen := gauge
	switch {
	case counted > 0 && e.Resolution <= counterShare*counted:
		f.joules, f.method, chosen = counted, "counter", counter
	case !math.IsNaN(trapezoid):
		f.joules, f.method = trapezoid, "trapezoid"
	case counted > 0:
		f.reasons = append(f.reasons, ReasonWindowTooShort) // for this counter's steps
		return f
	case counted == 0:
		f.reasons = append(f.reasons, ReasonValueFrozen)
		return f
	default:
		f.reasons = append(f.reasons, ReasonNotBracketed)
		return f
	}
	if e.Stated() {
		f.method = "constant"
		return f
	}
	f.gap = chosen.gap(w)
	if (f.method == "counter" || counted == 0) && math.Abs(counted-trapezoid) > counterTolerance*counted {
		f.reasons = append(f.reasons, ReasonCounterDisagrees)
	}
	if f.method == "trapezoid" && gauge.frozen(w) && w.End.Sub(w.Start) > e.MaxGap {
		f.reasons = append(f.reasons, ReasonValueFrozen)
	}
	return d.check(f, w, e)
}

// check adds what a figure's gaps and its device's limit say.
func (d *series) check(f figure, w plimsoll.Window, e Expect) figure {
	if f.gap > e.MaxGap {
		f.reasons = append(f.reasons, ReasonGap)
	}
	if d.limit > 0 && f.joules/w.Seconds() > limitShare*d.limit {
		f.reasons = append(f.reasons, ReasonUnitUnknown)
	}
	return f
}
