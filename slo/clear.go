package slo

import (
	"math"

	"plimsoll"
)

// Clear returns the outcome that a level under way has beyond doubt for a tier:
// Fail or Pass where an exact binomial test says so with error at most
// r.EarlyAlpha, whichever way the open turns go; else Undecided. A pass also needs
// the window to be as long as its shape asks, since an overload builds up slowly; a
// level does not fail while its TTFT falls, since a backlog drains that may be our ramp's.
//
// A caller that sees only ended turns leaves Evidence.Open empty; then one turn an
// agent counts as open.
func Clear(e plimsoll.Evidence, t plimsoll.Tier, r Rules) plimsoll.Outcome {
	if r.EarlyAlpha <= 0 {
		return plimsoll.Undecided
	}
	ended := len(e.TTFT)
	open := len(e.Open)
	if open == 0 && e.At != plimsoll.Never {
		open = e.Stage.Agents
	}
	if ended < r.MinTurns {
		return plimsoll.Undecided
	}
	limit := t.TTFT.Seconds()
	late, slow := 0, 0
	for _, x := range e.TTFT {
		if x > limit {
			late++
		}
	}
	for _, o := range e.Open {
		if math.IsNaN(o.TTFT) && o.Waited > limit || o.TTFT > limit {
			late++
			open--
		}
	}
	speeds := e.Speed
	if r.NMinus1 {
		speeds = e.SpeedAA
	}
	for _, x := range speeds {
		if x < t.SpeedTPS {
			slow++
		}
	}
	n, m := ended+len(e.Open), len(speeds)
	if len(e.Open) == 0 {
		n += open
	}
	a := r.EarlyAlpha
	oneRead := r.MaxOneRead > 0 && over(e.OneRead, len(e.Speed)) > r.MaxOneRead
	if clearlyAbove(late, n, 1-TTFTQuantile, a) || (!oneRead && clearlyAbove(slow, m+open, SpeedQuantile, a)) ||
		clearlyAbove(e.Failed, n, r.MaxFailed, a) {
		if e.Falling {
			return plimsoll.Undecided
		}
		return plimsoll.Fail
	}
	long := e.Window.End.Sub(e.Window.Start) >= e.Stage.Shape.Min
	fine := !oneRead && over(e.UsageExceeds, len(e.Speed)) <= r.MaxExceeding && over(e.Starved[t.Name], e.Stage.Agents) <= r.MaxStarved
	if long && fine && over(e.Failed, ended) <= r.MaxFailed &&
		ClearlyBelow(late+open, n, 1-TTFTQuantile, a) && ClearlyBelow(slow+open, m+open, SpeedQuantile, a) {
		return plimsoll.Pass
	}
	return plimsoll.Undecided
}
