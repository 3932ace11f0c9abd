package result

import (
	"cmp"
	"math"

	"plimsoll"
)

// span is a value with its bounds; low 0: none. An interval is of its estimate, which
// the value, a tested number of agents, need not be.
type span struct {
	value, estimate, low, high float64
}

// interval reports whether the bounds are a 95 % interval.
func (s span) interval() bool { return s.estimate > 0 }

// bounded gives a figure of a tier the relative bounds of the tier's capacity.
func bounded(value float64, t EntryTier) span {
	s := span{value: value}
	if t.Span == "" || t.Capacity == nil || *t.Capacity <= 0 || !(t.Low > 0) {
		return s
	}
	per := value / float64(*t.Capacity)
	s.low, s.high = per*t.Low, per*t.High
	if t.Span == spanInterval {
		s.estimate = per * cmp.Or(t.Estimate, float64(*t.Capacity))
	}
	return s
}

// boundedMW adds the power's own uncertainty (k = 2): in quadrature to an interval,
// to the worst and best case else.
func boundedMW(p plimsoll.PerMegawatt, t EntryTier) span {
	s := bounded(p.Value, t)
	if !(s.low > 0) || !(p.Uncertainty > 0) || p.Value <= p.Uncertainty {
		return s
	}
	least, most := 1-p.Uncertainty/p.Value, 1+p.Uncertainty/p.Value
	if s.interval() {
		s.low = s.estimate * math.Exp(-math.Hypot(math.Log(s.estimate/s.low), math.Log(least)))
		s.high = s.estimate * math.Exp(math.Hypot(math.Log(s.high/s.estimate), math.Log(most)))
		return s
	}
	s.low, s.high = s.low*least, s.high*most
	return s
}

// sameRatio is how far from 1 a bound must lie to exclude it: not in the last bits.
const sameRatio = 1e-9

// divide returns a over b. Two independent 95 % intervals give one of 95 % for the
// ratio of the estimates: on the logarithm the distances to the bounds add in quadrature
// (the delta method). Else it is the ratio of the tested capacities, and there is only a
// worst and a best case.
func divide(a, b span) Ratio {
	if b.value == 0 {
		return none("the first result is 0")
	}
	r := Ratio{Value: Number(a.value / b.value), Low: None(), High: None()}
	if !(a.low > 0) || !(b.low > 0) {
		return r
	}
	low, high := min(a.low/b.high, a.value/b.value), max(a.high/b.low, a.value/b.value)
	if a.interval() && b.interval() {
		value := a.estimate / b.estimate
		r.Value, r.Intervals = Number(value), true
		low = value * math.Exp(-math.Hypot(math.Log(a.estimate/a.low), math.Log(b.high/b.estimate)))
		high = value * math.Exp(math.Hypot(math.Log(a.high/a.estimate), math.Log(b.estimate/b.low)))
	}
	r.Low, r.High = Number(low), Number(high)
	r.Differs = low > 1+sameRatio || high < 1-sameRatio
	return r
}

func none(reason string) Ratio {
	return Ratio{Value: None(), Low: None(), High: None(), Reason: reason}
}
