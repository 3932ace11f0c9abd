package main

import (
	"context"
	"fmt"
	"sync"

	"plimsoll"
	"plimsoll/search"
)

// foreseen is a search that keeps how many of its levels are over and how many more it
// expects.
type foreseen struct {
	*search.Search
	label       string
	board       *board
	over, ahead int
}

// Next returns the search's next stage.
func (f *foreseen) Next(past []plimsoll.Past) (*plimsoll.Stage, *plimsoll.Answer) {
	f.over = len(past)
	f.ahead, _ = f.Remaining(past)
	return f.Search.Next(past)
}

// told is a load in virtual time that tells the board how far a search is.
type told struct {
	plimsoll.Load
	*foreseen
}

// Hold holds a level. How far it is, is read off the turns that end.
func (t told) Hold(ctx context.Context, s plimsoll.Stage, into plimsoll.Sink, enough plimsoll.Enough) (plimsoll.Observed, error) {
	expected := s.Shape.RampFor(s.Agents) + s.Shape.Settle + s.Shape.Min
	say := func(at plimsoll.Instant) {
		level := min(1, float64(at)/float64(expected))
		t.board.say(t.label, (float64(t.over)+level)/float64(t.over+max(1, t.ahead)), fmt.Sprintf("level %d, %d agents", s.Level, s.Agents))
	}
	say(0)
	return t.Load.Hold(ctx, s, &heard{Sink: into, say: say, every: plimsoll.Instant(expected / 50)}, enough)
}

// heard is a sink that says from time to time how far its level is.
type heard struct {
	plimsoll.Sink
	say   func(plimsoll.Instant)
	every plimsoll.Instant
	mu    sync.Mutex
	next  plimsoll.Instant
}

// Row passes a row on.
func (h *heard) Row(r plimsoll.Row) error {
	if r.End != plimsoll.Never {
		h.mu.Lock()
		if r.End >= h.next {
			h.next = r.End + h.every
			h.say(r.End)
		}
		h.mu.Unlock()
	}
	return h.Sink.Row(r)
}
