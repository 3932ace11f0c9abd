package measure

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"plimsoll"
)

// Request is what stationarity asks of one request of an agent, a primer or a turn: from
// Sent to First the agent waits for a first token, from there to End a reply streams.
// First and End are Never where that did not happen.
type Request struct {
	Slot             int
	Sent, First, End plimsoll.Instant
}

// What may change from one stretch of settling to the next for the load to count as
// stationary, and more where chance may have made it: of a handful of agents each counts
// for much.
const (
	driftShare   = 0.02 // of the agents, in those that stream
	driftWaiting = 0.25 // of the agents that wait for a first token, which TTFT goes with
	driftFew     = 0.01 // of the agents: so many may wait more or less whatever share of those it is
	// driftLevel is how often a steady load shows a larger change than chance may have
	// made, at either side: as three standard errors of many agents, Student's t of few.
	driftLevel = 0.00135
)

// Drift says how far the load is from stationary at an instant of settling: the largest
// change over what may change, so that it is stationary up to 1. Two neighbouring
// stretches that end there are compared, by the mean numbers of agents that wait for a
// first token and that stream. A stretch is half of the time since every agent had its
// first token, and at most Settle. It is +Inf before as much time has passed since then
// as that took after the ramp: until then the ramp is still in the engine's queue, and
// after that in step, since all whom a backlog kept waiting go on at once.
// What happened after the instant is not looked at.
func Drift(requests []Request, s plimsoll.Shape, agents int, at plimsoll.Instant) float64 {
	ready, ok := readyBy(requests, agents, at)
	ramped := plimsoll.Instant(0).Add(s.RampFor(agents))
	ready = max(ready, ramped)
	long := min(at.Sub(ready)/2, s.Settle)
	if !ok || long <= 0 || at.Sub(ready) < ready.Sub(ramped) {
		return math.Inf(1)
	}
	before, last := newStretch(at.Add(-2*long), at.Add(-long), agents), newStretch(at.Add(-long), at, agents)
	for i := range requests {
		before.add(&requests[i], at)
		last.add(&requests[i], at)
	}
	n := float64(agents)
	change, chance, mean := compare(before.waiting, last.waiting)
	waiting := change / max(driftWaiting*mean, driftFew*n, chance)
	change, chance, _ = compare(before.streaming, last.streaming)
	return max(waiting, change/max(driftShare*n, chance))
}

// readyBy returns when the last agent had its first token, or its first request ended
// without one. ok is false where some agent had not by the instant at.
func readyBy(requests []Request, agents int, at plimsoll.Instant) (ready plimsoll.Instant, ok bool) {
	first := make([]plimsoll.Instant, agents)
	for i := range first {
		first[i] = plimsoll.Never
	}
	for i := range requests {
		r := &requests[i]
		if answered := r.answered(at); answered < at && (first[r.Slot] == plimsoll.Never || answered < first[r.Slot]) {
			first[r.Slot] = answered
		}
	}
	for _, f := range first {
		if f == plimsoll.Never {
			return 0, false
		}
		ready = max(ready, f)
	}
	return ready, true
}

// answered returns when the agent no longer waits for a first token, at most at.
func (r *Request) answered(at plimsoll.Instant) plimsoll.Instant {
	if r.First != plimsoll.Never {
		return min(r.First, at)
	}
	return r.ended(at)
}

func (r *Request) ended(at plimsoll.Instant) plimsoll.Instant {
	if r.End != plimsoll.Never {
		return min(r.End, at)
	}
	return at
}

// stretch is a time with the share of it that each agent waited and streamed.
type stretch struct {
	plimsoll.Window
	waiting, streaming []float64
}

func newStretch(from, to plimsoll.Instant, agents int) stretch {
	return stretch{plimsoll.Window{Start: from, End: to}, make([]float64, agents), make([]float64, agents)}
}

func (s *stretch) add(r *Request, at plimsoll.Instant) {
	first, end := r.answered(at), r.ended(at)
	s.waiting[r.Slot] += s.share(r.Sent, first)
	s.streaming[r.Slot] += s.share(first, end)
}

// share is the part of the stretch that lies within [from, to).
func (s *stretch) share(from, to plimsoll.Instant) float64 {
	return max(0, min(to, s.End).Sub(max(from, s.Start)).Seconds()) / s.Seconds()
}

// compare returns by how many agents two stretches differ, by how many chance may make
// them by the agents' own differences, and the mean of both. Of one agent nothing is told.
func compare(a, b []float64) (change, chance, mean float64) {
	n, sum, squares := float64(len(a)), 0.0, 0.0
	for i := range a {
		change += b[i] - a[i]
		sum += a[i] + b[i]
		squares += (b[i] - a[i]) * (b[i] - a[i])
	}
	chance = math.Inf(1)
	if n > 1 {
		t := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(1 - driftLevel)
		chance = t * math.Sqrt(max(0, squares-change*change/n)/(n-1)*n)
	}
	return math.Abs(change), chance, sum / 2
}

// settling replays from a level's rows when its window opened.
func settling(rows []plimsoll.Row, stage plimsoll.Stage, opened plimsoll.Instant) plimsoll.Settling {
	out := plimsoll.Settling{Drift: math.NaN(), Least: math.NaN()}
	s := &stage.Shape
	if !s.UntilStationary() {
		return out
	}
	var before []Request
	for i := range rows {
		if r := &rows[i]; sentOrDue(r) < opened && r.Slot >= 0 && int(r.Slot) < stage.Agents {
			before = append(before, Request{int(r.Slot), sentOrDue(r), r.FirstToken, r.End})
		}
	}
	out.Drift = Drift(before, *s, stage.Agents, opened)
	for at := s.OpensFrom(stage.Agents); at < opened; at = s.NextTick(at) {
		if d := Drift(before, *s, stage.Agents, at); !(d >= out.Least) {
			out.Least = d
		}
	}
	return out
}
