package sim

import "time"

// A session without a request for so long is not live any more: its agent has gone,
// or takes long over a tool. Its engine is remembered for longer.
const (
	sessionLive = time.Minute
	sessionKept = time.Hour
)

// affinity keeps sessions on the engine that they came to, and sends a new one to the
// engine with the fewest live ones.
type affinity struct {
	sessions map[uint64]*session
	live     []int // sessions of each engine that are
	// Sessions without a request, by the end of their last one: live and not. One that
	// has come back meanwhile is passed over.
	resting, gone queue[rest]
}

type session struct {
	engine int
	open   int           // requests under way
	since  time.Duration // without one
	live   bool
}

type rest struct {
	id    uint64
	of    *session
	since time.Duration
}

func newAffinity(engines int) affinity {
	return affinity{sessions: make(map[uint64]*session), live: make([]int, engines)}
}

// place returns the session's state with one more request under way. load tells of
// engines with equally many live sessions which is better off.
func (a *affinity) place(now time.Duration, id uint64, load func(engine int) int) *session {
	a.expire(now)
	s := a.sessions[id]
	if s == nil {
		best := 0
		for i := range a.live {
			if a.live[i] < a.live[best] || a.live[i] == a.live[best] && load(i) < load(best) {
				best = i
			}
		}
		s = &session{engine: best}
		a.sessions[id] = s
	}
	if !s.live {
		s.live = true
		a.live[s.engine]++
	}
	s.open++
	return s
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
			r.of.live = false
			a.live[r.of.engine]--
			a.gone.push(r)
		}
	}
	for a.gone.len() > 0 && a.gone.first().since+sessionKept <= now {
		if r := a.gone.pop(); r.of.open == 0 && r.of.since == r.since && !r.of.live {
			delete(a.sessions, r.id)
		}
	}
}
