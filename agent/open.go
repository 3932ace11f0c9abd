package agent

import (
	"slices"

	"plimsoll"
	"plimsoll/measure"
)

// Why a window opened, as plimsoll.Observed.Opened.
const (
	OpenedStationary = "stationary"
	OpenedMax        = "max"
)

// open opens the window if it is time, by the rule of measure.Drift, and reports whether
// it is open. A caller that is late is answered tick by tick.
func (l *Level) open(now plimsoll.Instant) bool {
	shape, agents := &l.stage.Shape, l.stage.Agents
	for !l.opened && l.window.Start <= now {
		at := l.window.Start
		switch {
		case !shape.UntilStationary():
			l.opened = true
		case measure.Drift(l.requests(), *shape, agents, at) <= 1:
			l.opened, l.why = true, OpenedStationary
		case at >= shape.OpensBy(agents):
			l.opened, l.why = true, OpenedMax
		default:
			l.putOff(min(l.tick, shape.OpensBy(agents)))
		}
	}
	if l.opened {
		l.asked = nil
	}
	return l.opened
}

// note keeps a request that ended while the window had not opened.
func (l *Level) note(slot int, f *inFlight, sent, end plimsoll.Instant) {
	if sent != plimsoll.Never && !l.opened && l.stage.Shape.UntilStationary() {
		l.asked = append(l.asked, measure.Request{Slot: slot, Sent: sent, First: f.first, End: end})
	}
}

// requests returns all requests so far.
func (l *Level) requests() []measure.Request {
	all := slices.Clip(l.asked)
	for i := range l.slots {
		for _, f := range l.slots[i].open {
			all = append(all, measure.Request{Slot: i, Sent: f.sent, First: f.first, End: plimsoll.Never})
		}
	}
	return all
}

// putOff moves the next chance to open. What counted as of the window so far, in case
// that it opened, counts again from there.
func (l *Level) putOff(start plimsoll.Instant) {
	l.window.Start, l.tick, l.gone = start, l.stage.Shape.NextTick(start), 0
	l.sent = slices.DeleteFunc(l.sent, func(at plimsoll.Instant) bool { return at < start })
	l.counted = len(l.sent)
	for i := range l.slots {
		l.slots[i].walks = 0
		for _, f := range l.slots[i].open {
			if !f.primer && f.sent >= start {
				l.counted++
			}
		}
	}
	if l.stage.Shape.WalksPerAgent > 0 {
		l.short = l.stage.Agents
	}
	walked := l.walked
	l.walked = nil
	for _, w := range walked {
		l.Walked(w.slot, w.at)
	}
}
