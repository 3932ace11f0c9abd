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

// Use is, in the mean over a level's window, how many network links between two stages
// were at work, and how many attention ranks kept the head of their queue out, by
// reason; and, of each offload tier, how much of its time the link of a rank was at
// work, in the mean over ranks and of the busiest one. Links that are asked for more than
// they carry are at work for more than there is.
type Use struct {
	Reading []Links
	Sending float64
	Blocked map[sim.Blocked]float64
}

// Links are those of an offload tier, one a rank.
type Links struct{ Mean, Busiest float64 }

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
	for rank, tiers := range r.Reading {
		for i, now := range tiers {
			if i == len(out.Reading) {
				out.Reading = append(out.Reading, Links{})
			}
			share := (now - since.Reading[rank][i]).Seconds() / elapsed
			out.Reading[i].Mean += share / float64(len(r.Reading))
			out.Reading[i].Busiest = max(out.Reading[i].Busiest, share)
		}
	}
	for why, now := range r.Blocked {
		out.Blocked[why] = (now - since.Blocked[why]).Seconds() / elapsed
	}
	return out
}
