package search

import (
	"math"
	"strings"

	"plimsoll"
	"plimsoll/measure"
	"plimsoll/slo"
)

// The constraints of a tier.
const (
	constraintTTFT = iota
	constraintSpeed
	constraints
)

// A log margin beyond boundless says no more than that; one beyond farOff enters the
// line and the regression at the edge as farOff, so that a cliff, where a run fails by
// a factor of ten, does not tilt them.
const (
	boundless = 2.0
	farOff    = 0.3
)

// observation is what one fresh run says of a tier: log margins, at or below 0
// where the constraint holds.
type observation struct {
	agents int
	x      float64              // log agents
	y      [constraints]float64 // capped at farOff
	raw    [constraints]float64
	level  int
	// curve is minus the slope of the log density at the percentile, on the log
	// scale and towards the miss: by how much half the run-to-run variance shifts
	// the percentile of all runs pooled against that of a run.
	curve [constraints]float64
	// turns is how many turns have a value, miss the share of them beyond the limit.
	turns, miss [constraints]float64
	window      float64 // s
	// error is the standard error of the margins inside the run, from its walks.
	error [constraints]float64
	pass  bool
}

// margin is that of the binding constraint.
func (o observation) margin() float64 { return max(o.y[constraintTTFT], o.y[constraintSpeed]) }

// far is the binding margin without the cap.
func (o observation) far() float64 { return max(o.raw[constraintTTFT], o.raw[constraintSpeed]) }

// late is how many turns are beyond the limit.
func (o observation) late(constraint int) float64 { return o.miss[constraint] * o.turns[constraint] }

// observe reads a claim level; ok is false where it decided nothing.
func observe(p plimsoll.Past, t plimsoll.Tier) (observation, bool) {
	for _, v := range p.Verdicts {
		if v.Tier != t.Name || (v.Outcome != plimsoll.Pass && v.Outcome != plimsoll.Fail) {
			continue
		}
		o := observation{agents: p.Stage.Agents, level: p.Stage.Level, x: math.Log(float64(p.Stage.Agents)), pass: v.Outcome == plimsoll.Pass}
		o.raw[constraintTTFT] = capped(logRatio(v.TTFTs, t.TTFT.Seconds()), boundless)
		o.raw[constraintSpeed] = capped(logRatio(t.SpeedTPS, v.SpeedTPS), boundless)
		o.turns = [constraints]float64{float64(len(p.Evidence.TTFT)), float64(len(p.Evidence.Speed))}
		o.window = p.Evidence.Window.Seconds()
		o.miss[constraintTTFT] = share(p.Evidence.TTFT, func(s float64) bool { return s > t.TTFT.Seconds() })
		o.miss[constraintSpeed] = share(p.Evidence.Speed, func(tps float64) bool { return tps < t.SpeedTPS })
		if strings.Contains(v.BoundBy, slo.ByFailures) || strings.Contains(v.BoundBy, slo.ByStarvation) {
			o.raw[constraintTTFT] = boundless
			o.miss[constraintTTFT] = math.Max(o.miss[constraintTTFT], episode)
		}
		for k, y := range o.raw {
			o.y[k] = capped(y, farOff)
		}
		if math.Abs(o.raw[constraintTTFT]) < farOff {
			o.curve[constraintTTFT] = curvature(p.Evidence.TTFT, slo.TTFTQuantile, 0.05, 0.025)
			o.error[constraintTTFT] = slo.LogError(p.Evidence.Journeys, slo.TTFTs, p.Evidence.TTFT, slo.TTFTQuantile)
		}
		if math.Abs(o.raw[constraintSpeed]) < farOff {
			o.curve[constraintSpeed] = -curvature(p.Evidence.Speed, slo.SpeedQuantile, 0.10, 0.10)
			o.error[constraintSpeed] = slo.LogError(p.Evidence.Journeys, slo.SpeedValues, p.Evidence.Speed, slo.SpeedQuantile)
		}
		return o, true
	}
	return observation{}, false
}

// wholly scales the turns of failing runs that ended before the longest window did to
// such a window: a run caught is taken to have stayed so.
func wholly(runs []observation) {
	longest := 0.0
	for _, r := range runs {
		longest = math.Max(longest, r.window)
	}
	for i, r := range runs {
		if r.margin() > 0 && r.window > 0 {
			for k := range constraints {
				runs[i].turns[k] *= longest / r.window
			}
		}
	}
}

// share returns how many of the values are beyond a limit, 0 to 1.
func share(values []float64, beyond func(float64) bool) float64 {
	n := 0.0
	for _, v := range values {
		if beyond(v) {
			n++
		}
	}
	return n / math.Max(1, float64(len(values)))
}

func capped(y, most float64) float64 { return math.Max(-most, math.Min(most, y)) }

// curvature estimates minus the slope of the log density of log values at the
// q-quantile, from the quantiles below and above it; 0 where they do not tell.
func curvature(ascending []float64, q, down, up float64) float64 {
	if len(ascending) < 40 {
		return 0
	}
	low, mid, high := measure.Percentile(ascending, q-down), measure.Percentile(ascending, q), measure.Percentile(ascending, q+up)
	if !(low > 0) || math.IsInf(high, 1) {
		return 0
	}
	a, b := math.Log(mid/low), math.Log(high/mid)
	if a <= 0 || b <= 0 {
		return 0
	}
	return math.Log((down/a)/(up/b)) / ((a + b) / 2)
}
