package sim

import (
	"cmp"
	"slices"
	"time"
)

// A session without a request for so long is not live any more: its agent has gone,
// or takes long over a tool. Its engine is remembered for longer.
const (
	sessionLive = time.Minute
	sessionKept = time.Hour
)

// affinity keeps sessions on the rank that they came to, and sends a new one to the
// engine with the fewest live ones and there to the rank with the fewest.
type affinity struct {
	sessions map[uint64]*session
	// Sessions without a request, by the end of their last one: live and not. One that
	// has come back meanwhile is passed over.
	resting, gone queue[rest]
}

type session struct {
	on    *rank
	open  int           // requests under way
	since time.Duration // without one
	live  bool
}

type rest struct {
	id    uint64
	of    *session
	since time.Duration
}

func newAffinity() affinity { return affinity{sessions: make(map[uint64]*session)} }

// place returns the session's state with one more request under way. Of engines and
// ranks with equally many live sessions it takes the one with the least load.
func (a *affinity) place(now time.Duration, id uint64, engines ...*Engine) *session {
	a.expire(now)
	s := a.sessions[id]
	if s == nil {
		on := slices.MinFunc(engines, func(a, b *Engine) int {
			return cmp.Or(cmp.Compare(a.live, b.live), cmp.Compare(a.load(), b.load()))
		})
		s = &session{on: slices.MinFunc(on.ranks, func(a, b *rank) int {
			return cmp.Or(cmp.Compare(a.live, b.live), cmp.Compare(a.load(), b.load()))
		})}
		a.sessions[id] = s
	}
	if !s.live {
		s.count(1)
	}
	s.open++
	return s
}

// count makes the session one of the live ones (1), or not (-1).
func (s *session) count(n int) {
	s.live = n > 0
	s.on.live += n
	s.on.engine.live += n
}

// ended tells that a request of a session is done.
func (a *affinity) ended(now time.Duration, id uint64, s *session) {
	if s.open--; s.open == 0 {
		s.since = now
		a.resting.push(rest{id, s, now})
	}
}

// expire lets sessions go that have rested long enough.
func (a *affinity) expire(now time.Duration) {
	for a.resting.len() > 0 && a.resting.first().since+sessionLive <= now {
		if r := a.resting.pop(); r.of.open == 0 && r.of.since == r.since && r.of.live {
			r.of.count(-1)
			a.gone.push(r)
		}
	}
	for a.gone.len() > 0 && a.gone.first().since+sessionKept <= now {
		if r := a.gone.pop(); r.of.open == 0 && r.of.since == r.since && !r.of.live {
			delete(a.sessions, r.id)
		}
	}
}
