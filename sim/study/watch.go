package study

import (
	"context"

	"plimsoll"
	"plimsoll/sim"
	"plimsoll/sim/simfleet"
)

// Watch holds levels on a simulated fleet and keeps what requests waited for.
type Watch struct {
	*simfleet.Fleet
	Uses Uses // of the levels held so far
}

// Uses are those of a search's levels.
type Uses map[Attempt]Use

// Attempt names a level attempt.
type Attempt struct{ Level, Attempt int }

// Use is, in the mean over a level's window, how many links were at work, of each
// offload tier and of the network between two stages, and how many attention ranks kept the
// head of their queue out, by reason. Links that are asked for more than they carry are
// more than there are.
type Use struct {
	Reading []float64
	Sending float64
	Blocked map[sim.Blocked]float64
}

// Hold holds the level. Its account begins with the first tick at which the window is
// looked at, with the level where there is no second one, and ends with the last.
func (w Watch) Hold(ctx context.Context, s plimsoll.Stage, into plimsoll.Sink, enough plimsoll.Enough) (plimsoll.Observed, error) {
	ticks, since := 0, w.read(0)
	return w.Fleet.Hold(ctx, s, into, func(opened, tick plimsoll.Instant, inFlight func() []plimsoll.Row) bool {
		now := w.read(tick)
		w.Uses[Attempt{s.Level, s.Attempt}] = now.over(since)
		if ticks++; ticks == 1 {
			since = now
		}
		return enough != nil && enough(opened, tick, inFlight)
	})
}

// reading is the pressure up to an instant.
type reading struct {
	at plimsoll.Instant
	simfleet.Pressure
}

func (w Watch) read(at plimsoll.Instant) reading { return reading{at, w.Pressure()} }

// over returns what is new since an earlier reading, a second.
func (r reading) over(since reading) Use {
	elapsed := r.at.Sub(since.at).Seconds()
	out := Use{Sending: (r.Sending - since.Sending).Seconds() / elapsed, Blocked: make(map[sim.Blocked]float64)}
	for i, now := range r.Reading {
		out.Reading = append(out.Reading, (now-since.Reading[i]).Seconds()/elapsed)
	}
	for why, now := range r.Blocked {
		out.Blocked[why] = (now - since.Blocked[why]).Seconds() / elapsed
	}
	return out
}
