package agent

import (
	"fmt"
	"time"

	"plimsoll"
	"plimsoll/measure"
)

// Level is the protocol of one level attempt as a pure state machine, the same for
// a real engine and for virtual time. A load tells it what the agents do (Waits,
// Sent, FirstToken, Ended, Walked) and calls Look no later than Next says; Look
// answers what to do.
//
//	phase    until
//	ramp     the last agent began (agent i begins at i/N of the ramp)
//	settle   Shape.Settle later, and where the shape says so until the load is
//	         stationary, at most Shape.SettleMax later; the window opens
//	window   it is Min long and holds its Turns and Walks ("full"), or is Max long
//	         ("max"), or the slowest turn so far would only just end before the
//	         limit ("limit"), or Enough said so at a tick ("enough")
//	hold     every turn sent in the window has ended or is settled, or the limit
//
// Enough is asked while the window is open. The load goes on in the hold, uncounted.
// Then everything in flight is cut.
// Instants may come slightly out of order. Not safe for concurrent use.
type Level struct {
	stage   plimsoll.Stage
	ramped  plimsoll.Instant // end of the ramp
	window  plimsoll.Window  // Start: the next chance to open while it has not; End Never while it is open
	opened  bool
	why     string            // it opened, where the shape leaves that to the load
	asked   []measure.Request // that ended before it opened
	closed  string
	stopped plimsoll.Instant // the tick that stopped the level
	tick    plimsoll.Instant // next tick to ask at
	over    bool

	slots   []seat
	counted int                // turns sent in the window, while it is open
	flying  int                // turns of the window in flight, after it closed
	sent    []plimsoll.Instant // of ended turns, since the window opened
	walked  []walk             // since the window opened
	short   int                // slots below WalksPerAgent
	slowest time.Duration      // of the turns that ended
	gone    time.Duration      // slot time in the window that nothing filled
}

// Why a window closed, as plimsoll.Observed.Closed.
const (
	ClosedEnough      = "enough"
	ClosedFull        = "full"
	ClosedMax         = "max"
	ClosedLimit       = "limit"
	ClosedBroken      = "broken"
	ClosedInterrupted = "interrupted"
)

// Todo is what a load must do after a Look.
type Todo uint8

// The answers of Look.
const (
	Nothing   Todo = iota
	AskEnough      // ask whether the level is settled, with AskedTick, then Look again
	Cut            // the level is over: cut everything in flight
)

// NewLevel returns the protocol of a stage.
func NewLevel(s plimsoll.Stage) (*Level, error) {
	if err := s.Shape.Validate(); err != nil {
		return nil, err
	}
	if s.Agents < 1 {
		return nil, fmt.Errorf("level %d: agents %d: want at least 1", s.Level, s.Agents)
	}
	ramped := plimsoll.Instant(0).Add(s.Shape.RampFor(s.Agents))
	start := s.Shape.OpensFrom(s.Agents)
	l := &Level{
		stage: s, ramped: ramped, window: plimsoll.Window{Start: start, End: plimsoll.Never},
		stopped: plimsoll.Never, slots: make([]seat, s.Agents), tick: s.Shape.NextTick(start),
	}
	if s.Shape.WalksPerAgent > 0 {
		l.short = s.Agents
	}
	for i := range l.slots {
		l.slots[i].until = l.Begins(i)
	}
	return l, nil
}

// Begins returns when an agent begins.
func (l *Level) Begins(slot int) plimsoll.Instant {
	if rate := l.stage.Shape.SpawnPerS; rate > 0 {
		return plimsoll.Instant(float64(slot) / rate * float64(time.Second))
	}
	return plimsoll.Instant(int64(l.stage.Shape.Ramp) / int64(l.stage.Agents) * int64(slot))
}

// Phase names the phase at an instant: ramp, settle, window, hold.
func (l *Level) Phase(now plimsoll.Instant) string {
	switch {
	case l.closed != "":
		return "hold"
	case now < l.ramped:
		return "ramp"
	case !l.opened:
		return "settle"
	}
	return "window"
}

// Next returns when Look must be called again at the latest, after what happened
// until now.
func (l *Level) Next(now plimsoll.Instant) plimsoll.Instant {
	shape := &l.stage.Shape
	soon := now.Add(shape.Tick/10 + 1)
	if shape.Limit > 0 {
		soon = min(now.Add(shape.Limit/1000), plimsoll.Instant(shape.Limit))
	}
	if l.closed != "" {
		if l.flying == 0 {
			return now
		}
		return max(now, soon)
	}
	next := l.tick
	if !l.opened {
		next = l.window.Start
	}
	if shape.Limit > 0 {
		next = min(next, soon)
	}
	if !l.opened {
		return max(now, next)
	}
	if shape.Max > 0 {
		next = min(next, l.window.Start.Add(shape.Max))
	}
	if l.full() {
		next = min(next, l.window.Start.Add(shape.Min))
	}
	return max(now, next)
}

// Steady returns until when the level goes on whatever the agents do: its next tick, the
// end of its shortest window, or its limit; 0 once the window is closed. Up to then what
// different slots do may be told in any order.
func (l *Level) Steady() plimsoll.Instant {
	if l.closed != "" {
		return 0
	}
	shape := &l.stage.Shape
	until := min(l.tick, l.window.Start.Add(shape.Min))
	if shape.Limit > 0 {
		until = min(until, plimsoll.Instant(shape.Limit))
	}
	return until
}

// Look decides what to do now.
func (l *Level) Look(now plimsoll.Instant) Todo {
	limit := plimsoll.Instant(l.stage.Shape.Limit)
	switch {
	case l.over:
		return Cut
	case limit > 0 && now >= limit:
		l.close(ClosedLimit, limit)
		l.over = true
		return Cut
	case !l.opened && l.closed == "" && !l.open(now):
		return Nothing
	case now >= l.tick && l.closed == "":
		return AskEnough
	}
	if l.closed == "" {
		l.mayClose(now)
	}
	if l.closed != "" && l.heldOut(now) {
		l.over = true
		return Cut
	}
	return Nothing
}

// OpenedAt returns when the window opened.
func (l *Level) OpenedAt() plimsoll.Instant { return l.window.Start }

// AskedTick returns the tick that AskEnough is about. A caller that is late asks tick
// by tick.
func (l *Level) AskedTick() plimsoll.Instant { return l.tick }

// Answered takes Enough's answer for the asked tick; true ends window and level there.
func (l *Level) Answered(enough bool) {
	if enough && !l.over {
		l.stopped = l.tick
		l.close(ClosedEnough, l.tick)
		l.over = true
	}
	l.tick = l.tick.Add(l.stage.Shape.Tick)
}

// Stop ends the level now: ClosedBroken or ClosedInterrupted.
func (l *Level) Stop(why string, now plimsoll.Instant) {
	l.close(why, now)
	l.over = true
}

// mayClose closes the window by its shape's rule.
func (l *Level) mayClose(now plimsoll.Instant) {
	shape := &l.stage.Shape
	long := now.Sub(l.window.Start)
	switch {
	case shape.Max > 0 && long >= shape.Max:
		l.close(ClosedMax, l.window.Start.Add(shape.Max))
	case long < shape.Min:
	case l.full():
		l.close(ClosedFull, now+1) // what filled it now is of it
	case shape.Limit > 0 && shape.Limit-time.Duration(now) < l.slowestBy(now)*5/4:
		l.close(ClosedLimit, now)
	}
}

// full reports whether the window holds what its shape asks for. A shape that asks
// for nothing and has no Max is full once it is Min long.
func (l *Level) full() bool {
	shape := &l.stage.Shape
	asks := shape.Turns > 0 || shape.Walks > 0 || shape.WalksPerAgent > 0
	if !asks {
		return shape.Max == 0
	}
	return l.counted >= shape.Turns && len(l.walked) >= shape.Walks && l.short == 0
}

// close ends the window; turns sent at or after its end are not of it.
func (l *Level) close(why string, at plimsoll.Instant) {
	if l.closed != "" {
		return
	}
	l.closed = why
	l.window.End = max(at, l.window.Start)
	l.settleSeats()
}

// Observed returns what the level knows of itself; the load adds the rest. It is
// complete once every turn in flight was cut and told to Ended.
func (l *Level) Observed(now plimsoll.Instant) plimsoll.Observed {
	o := plimsoll.Observed{Window: l.window, End: now, Tick: l.stopped, Opened: l.why, Closed: l.closed}
	for _, at := range l.sent {
		if l.window.Holds(at) {
			o.TurnsSent++
		}
	}
	for _, w := range l.walked {
		if l.window.Holds(w.at) {
			o.Walks++
		}
	}
	if full := float64(len(l.slots)) * l.window.Seconds(); full > 0 {
		o.Delivered = 1 - l.gone.Seconds()/full
	}
	return o
}

// CutClass is the class of a turn that was in flight when the level ended: one of the
// window is censored, unless Enough had settled every verdict.
func (l *Level) CutClass(sent plimsoll.Instant, primer bool) plimsoll.Class {
	if !primer && l.stopped == plimsoll.Never && l.window.Holds(sent) {
		return plimsoll.ClassCensored
	}
	return plimsoll.ClassCancelled
}
