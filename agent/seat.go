package agent

import (
	"time"

	"plimsoll"
)

// seat is what the level knows of one slot.
type seat struct {
	open  []inFlight
	until plimsoll.Instant // a turn, a delay or the wait to begin fills it till then
	walks int              // finished in the window
}

// walk is a trajectory that a slot finished.
type walk struct {
	slot int
	at   plimsoll.Instant
}

// inFlight is one request under way.
type inFlight struct {
	branch int
	sent   plimsoll.Instant
	first  plimsoll.Instant // first token, Never while there is none
	tokens int              // the most that the reply can hold
	primer bool
	window bool // sent in the window, once that is closed
}

// Waits tells that a slot's next turn on some branch is due then.
func (l *Level) Waits(slot int, due plimsoll.Instant) {
	s := &l.slots[slot]
	s.until = max(s.until, due)
}

// Sent tells that a turn was sent. tokens is the most that its reply can hold.
func (l *Level) Sent(slot, branch int, at plimsoll.Instant, tokens int, primer bool) {
	s := &l.slots[slot]
	if len(s.open) == 0 {
		l.miss(s.until, at)
	}
	f := inFlight{branch: branch, sent: at, first: plimsoll.Never, tokens: tokens, primer: primer}
	if !primer && at >= l.window.Start {
		if l.closed == "" {
			l.counted++
		} else if at < l.window.End {
			f.window = true
			l.flying++
		}
	}
	s.open = append(s.open, f)
}

// FirstToken tells when a turn's first token came.
func (l *Level) FirstToken(slot, branch int, at plimsoll.Instant) {
	for i := range l.slots[slot].open {
		if f := &l.slots[slot].open[i]; f.branch == branch && f.first == plimsoll.Never {
			f.first = at
		}
	}
}

// Ended tells that a turn ended, also one that was cut. sent is the instant in its
// row, which decides whether it is of the window; Never where it was cut before.
func (l *Level) Ended(slot, branch int, sent, at plimsoll.Instant) {
	s := &l.slots[slot]
	s.until = max(s.until, at)
	for i := range s.open {
		f := s.open[i]
		if f.branch != branch {
			continue
		}
		s.open[i] = s.open[len(s.open)-1]
		s.open = s.open[:len(s.open)-1]
		if f.window {
			l.flying--
		}
		l.note(slot, &f, sent, at)
		if !f.primer && sent != plimsoll.Never {
			l.slowest = max(l.slowest, at.Sub(sent))
			if sent >= l.window.Start {
				l.sent = append(l.sent, sent)
			}
		}
		return
	}
}

// Walked tells that a slot finished a trajectory.
func (l *Level) Walked(slot int, at plimsoll.Instant) {
	if at < l.window.Start || l.closed != "" {
		return
	}
	l.walked = append(l.walked, walk{slot, at})
	s := &l.slots[slot]
	s.walks++
	if s.walks == l.stage.Shape.WalksPerAgent {
		l.short--
	}
}

// miss adds the part of [from, to) in the open window to what nothing filled; what
// is left when it closes, settleSeats adds.
func (l *Level) miss(from, to plimsoll.Instant) {
	from = max(from, l.window.Start)
	if l.closed == "" && to > from {
		l.gone += to.Sub(from)
	}
}

// settleSeats looks at every slot as the window closes: which turns in flight are of
// it, and which slots stood empty at its end.
func (l *Level) settleSeats() {
	for i := range l.slots {
		s := &l.slots[i]
		if end := l.window.End; len(s.open) == 0 && s.until < end {
			l.gone += end.Sub(max(s.until, l.window.Start))
		}
		for j := range s.open {
			if f := &s.open[j]; !f.primer && l.window.Holds(f.sent) {
				f.window = true
				l.flying++
			}
		}
	}
}

// slowestBy returns the longest turn so far, those in flight with their age.
func (l *Level) slowestBy(now plimsoll.Instant) time.Duration {
	slowest := l.slowest
	for i := range l.slots {
		for _, f := range l.slots[i].open {
			if !f.primer {
				slowest = max(slowest, now.Sub(f.sent))
			}
		}
	}
	return slowest
}

// heldOut reports whether no turn of the window can change a verdict any more.
func (l *Level) heldOut(now plimsoll.Instant) bool {
	if l.flying == 0 {
		return true
	}
	for i := range l.slots {
		for j := range l.slots[i].open {
			if f := &l.slots[i].open[j]; f.window && !settled(f, now, l.stage.Tiers) {
				return false
			}
		}
	}
	return true
}

// settled reports whether a turn in flight is a miss for every tier, whatever still
// comes: no first token within the loosest TTFT limit, or too few tokens left to
// reach the lowest speed even if all of them came now. Without tiers none is.
func settled(f *inFlight, now plimsoll.Instant, tiers []plimsoll.Tier) bool {
	if len(tiers) == 0 {
		return false
	}
	loosest, slowest := tiers[0].TTFT, tiers[0].SpeedTPS
	for _, t := range tiers[1:] {
		loosest, slowest = max(loosest, t.TTFT), min(slowest, t.SpeedTPS)
	}
	if f.first == plimsoll.Never {
		return now.Sub(f.sent) > loosest
	}
	return float64(f.tokens) < slowest*now.Sub(f.first).Seconds()
}
