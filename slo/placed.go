package slo

import (
	"math"
	"slices"

	"plimsoll"
	"plimsoll/measure"
)

// placed is a level's two percentiles for a tier with the open turns placed.
type placed struct {
	ttft, speed limited
	unknown     int // turns of which one side at least could go either way
}

// limited is one percentile against its limit.
type limited struct {
	n     int     // values known
	known float64 // over what is known
	// fails and passes hold whichever way the open turns go; knownFails is the
	// outcome on what is known.
	fails, passes, knownFails bool
}

// open reports whether the open turns could change the outcome.
func (l limited) open() bool { return !l.fails && !l.passes }

// place puts every open turn where it belongs for the tier, and what cannot be
// told at its best and at its worst.
func place(e *plimsoll.Evidence, t plimsoll.Tier, r Rules) placed {
	ttft, speed := slices.Clone(e.TTFT), slices.Clone(e.Speed)
	if r.NMinus1 {
		speed = slices.Clone(e.SpeedAA)
	}
	limit := t.TTFT.Seconds()
	var out placed
	ttftUnknown, speedUnknown := 0, 0
	for _, o := range e.Open {
		sure := true
		switch {
		case !math.IsNaN(o.TTFT):
			ttft = append(ttft, o.TTFT)
		case o.Waited > limit:
			ttft = append(ttft, math.Inf(1))
		default:
			ttftUnknown++
			sure = false
		}
		if o.Speed < t.SpeedTPS {
			speed = append(speed, o.Speed)
		} else {
			speedUnknown++
			sure = sure && !math.IsNaN(o.TTFT) && o.TTFT > limit
		}
		if !sure {
			out.unknown++
		}
	}
	slices.Sort(ttft)
	slices.Sort(speed)
	out.ttft = limited{n: len(ttft), known: measure.Percentile(ttft, TTFTQuantile)}
	out.speed = limited{n: len(speed), known: measure.Percentile(speed, SpeedQuantile)}
	late := func(x float64) bool { return x > limit }
	slow := func(x float64) bool { return x < t.SpeedTPS }
	out.ttft.decide(ttft, ttftUnknown, TTFTQuantile, 0, math.Inf(1), late)
	out.speed.decide(speed, speedUnknown, SpeedQuantile, math.Inf(1), 0, slow)
	return out
}

// decide compares the percentile with the unknown values placed at best and worst.
func (l *limited) decide(values []float64, unknown int, q, best, worst float64, misses func(float64) bool) {
	l.knownFails = misses(l.known)
	if len(values)+unknown == 0 {
		return
	}
	l.fails = misses(measure.Percentile(with(values, best, unknown), q))
	l.passes = !misses(measure.Percentile(with(values, worst, unknown), q))
}

// with returns ascending values and n more of the same, an extreme.
func with(values []float64, extreme float64, n int) []float64 {
	if n == 0 {
		return values
	}
	more := slices.Repeat([]float64{extreme}, n)
	if extreme == 0 {
		return append(more, values...)
	}
	return append(slices.Clone(values), more...)
}
