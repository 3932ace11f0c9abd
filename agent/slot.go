package agent

import (
	"time"

	"plimsoll"
)

// Event is what happened to a slot.
type Event struct {
	Kind EventKind
	At   plimsoll.Instant
	// Turn and Primer say which request ended, as its action named it.
	Turn   int
	Primer bool
}

// EventKind is the kind of an event.
type EventKind uint8

// The kinds of event. Begun comes once, first; Ended once for every Send, whether
// the turn succeeded or failed.
const (
	Begun EventKind = iota
	Ended
)

// Action is what a slot wants done.
type Action struct {
	Kind       ActionKind
	Trajectory int // index in the set
	Walk       int
	Branch     int
	Turn       int
	// Due is when a turn should be sent; it may lie in the future.
	Due plimsoll.Instant
	// Primer asks for the turn's prompt with one token of output, to rebuild the
	// context; such a request is in no population.
	Primer bool
}

// ActionKind is the kind of an action.
type ActionKind uint8

// The kinds of action.
const (
	Send   ActionKind = iota
	Walked            // the walk's last turn ended; the next walk's turns follow
)

// turnState is where a turn of the walk under way stands.
type turnState uint8

const (
	waiting turnState = iota // for others to end
	sending                  // its Send was given
	ended
)

// progress is a turn of the walk under way.
type progress struct {
	state   turnState
	primer  bool // a primer precedes it and has not ended
	pending int32
	ready   plimsoll.Instant // due, as far as known
	rest    time.Duration    // of the tool delay, after the primer
}

// Slot is one agent. Its memory is a few bytes a turn of the longest trajectory that it
// walked so far, whatever the contexts' lengths; Step allocates only as a longer one
// begins, and where dst has no room.
type Slot struct {
	roster     *Roster
	replicate  int
	index      int
	walk       int
	trajectory int
	left       int // turns of the walk not ended
	turns      []progress
}

// NewSlot returns the agent with this index; Begun sets it going.
func (r *Roster) NewSlot(replicate, index int) *Slot {
	return &Slot{roster: r, replicate: replicate, index: index}
}

// Step takes an event and appends what follows from it to dst. An Ended that no Send
// asked for changes nothing.
func (s *Slot) Step(dst []Action, e Event) []Action {
	switch e.Kind {
	case Begun:
		if s.left > 0 || s.walk > 0 {
			return dst
		}
		return s.begin(dst, e.At)
	case Ended:
		if e.Turn < 0 || e.Turn >= len(s.turns) {
			return dst
		}
		if e.Primer {
			return s.primed(dst, e)
		}
		return s.ended(dst, e)
	}
	return dst
}

// begin sets out on the current walk.
func (s *Slot) begin(dst []Action, at plimsoll.Instant) []Action {
	s.trajectory = s.roster.draw(s.replicate, s.index, s.walk)
	g := &s.roster.graphs[s.trajectory]
	s.left = len(g.delays)
	if s.left > cap(s.turns) {
		s.turns = make([]progress, s.left)
	}
	s.turns = s.turns[:s.left]
	for i := range s.turns {
		s.turns[i] = progress{pending: g.pending[i], ready: at}
		if g.roots[i] {
			s.turns[i].ready = at.Add(s.roster.delay(s.trajectory, i, s.walk))
		}
	}
	if s.walk == 0 {
		s.skip(g, at)
	}
	for i := range s.turns {
		p := &s.turns[i]
		if p.primer {
			dst = append(dst, s.send(g, int(g.prev[i]), at, true))
		} else if p.state == waiting && p.pending == 0 {
			dst = s.due(dst, g, i)
		}
	}
	return dst
}

// due gives the Send of a turn that waits for nothing any more.
func (s *Slot) due(dst []Action, g *graph, turn int) []Action {
	s.turns[turn].state = sending
	return append(dst, s.send(g, turn, s.turns[turn].ready, false))
}

func (s *Slot) send(g *graph, turn int, due plimsoll.Instant, primer bool) Action {
	return Action{
		Kind: Send, Trajectory: s.trajectory, Walk: s.walk, Branch: int(g.branch[turn]),
		Turn: turn, Due: due, Primer: primer,
	}
}

// primed is Ended of a primer; the turn it precedes is the next of its branch.
func (s *Slot) primed(dst []Action, e Event) []Action {
	g := &s.roster.graphs[s.trajectory]
	for i := e.Turn + 1; i < len(s.turns); i++ {
		p := &s.turns[i]
		if int(g.prev[i]) != e.Turn || !p.primer {
			continue
		}
		p.primer = false
		p.pending--
		p.ready = max(p.ready, e.At.Add(p.rest))
		if p.pending == 0 {
			dst = s.due(dst, g, i)
		}
		break
	}
	return dst
}

// ended is Ended of a turn: it frees those that waited for it, and with the last one
// the next walk begins.
func (s *Slot) ended(dst []Action, e Event) []Action {
	if s.turns[e.Turn].state != sending {
		return dst
	}
	s.turns[e.Turn].state = ended
	s.left--
	g := &s.roster.graphs[s.trajectory]
	for _, out := range g.edges[g.first[e.Turn]:g.first[e.Turn+1]] {
		p := &s.turns[out.to]
		if p.state != waiting {
			continue
		}
		ready := e.At
		if out.tool {
			ready = ready.Add(s.roster.delay(s.trajectory, int(out.to), s.walk))
		}
		p.ready = max(p.ready, ready)
		if p.pending--; p.pending == 0 {
			dst = s.due(dst, g, int(out.to))
		}
	}
	if s.left == 0 {
		dst = append(dst, Action{Kind: Walked, Trajectory: s.trajectory, Walk: s.walk, Turn: e.Turn, Due: e.At})
		s.walk++
		dst = s.begin(dst, e.At)
	}
	return dst
}
