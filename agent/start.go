package agent

import "plimsoll"

// skip marks the turns before a first walk's start as ended and asks for primers
// where the start needs them.
func (s *Slot) skip(g *graph, at plimsoll.Instant) {
	start := s.roster.config.Start
	if len(s.roster.config.Assigned) > 0 {
		start = StartOffset
	}
	switch start {
	case StartSpread:
		s.spread(g, at)
	case StartOffset:
		for i := range s.roster.offset(s.replicate, s.index, g) {
			s.pass(g, i)
		}
	}
}

// spread starts at the slot's position: what had ended by then has ended; a branch
// that is under way gets a primer for its next turn.
func (s *Slot) spread(g *graph, at plimsoll.Instant) {
	position := s.roster.position(s.replicate, s.index, g)
	for i := range s.turns {
		if g.end[i] <= position {
			s.pass(g, i)
		}
	}
	for i := range s.turns {
		p := &s.turns[i]
		if p.state == ended {
			continue
		}
		if p.pending == 0 {
			// All it waits for has ended: only the rest of its delay is left.
			p.rest = max(0, g.start[i]-position)
			p.ready = at.Add(p.rest)
		}
		if prev := g.prev[i]; prev >= 0 && s.turns[prev].state == ended {
			p.primer = true
			p.pending++
		}
	}
}

// pass counts a turn as ended before the walk's start.
func (s *Slot) pass(g *graph, turn int) {
	s.turns[turn].state = ended
	s.left--
	for _, out := range g.edges[g.first[turn]:g.first[turn+1]] {
		s.turns[out.to].pending--
	}
}
