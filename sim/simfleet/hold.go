package simfleet

import (
	"context"
	"fmt"
	"slices"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/sim"
)

// hold is one level under way.
type hold struct {
	fleet *Fleet
	stage plimsoll.Stage
	into  plimsoll.Sink
	level *agent.Level
	salt  agent.Salt
	key   uint64        // of the level salt, for identities
	epoch time.Duration // the engine's time at instant 0
	now   plimsoll.Instant

	slots    []*agent.Slot
	todo     queue
	flights  map[uint64]*flight
	deadline []*flight // in the order in which they time out
	emitted  []sim.Emission
	actions  []agent.Action
	sampleAt plimsoll.Instant
	err      error // of the sink
}

// rejectedAfter is how long the engine takes to refuse a request that it cannot hold.
const rejectedAfter = time.Millisecond

// contextEvery is how many steps of the loop go between two looks at the context.
const contextEvery = 1024

func (f *Fleet) newHold(s plimsoll.Stage, into plimsoll.Sink) (*hold, error) {
	if !s.Fresh {
		return nil, fmt.Errorf("level %d: a continued level cannot be held: begin it fresh", s.Level)
	}
	level, err := agent.NewLevel(s)
	if err != nil {
		return nil, err
	}
	h := &hold{
		fleet: f, stage: s, into: into, level: level, salt: agent.LevelSalt(f.config.Agents.Seed, s),
		epoch: f.now, flights: map[uint64]*flight{},
	}
	h.key = keyOf(h.salt)
	for i := range s.Agents {
		h.slots = append(h.slots, f.roster.NewSlot(s.Replicate, i))
		h.todo.add(entry{at: level.Begins(i), slot: i, begin: true})
	}
	return h, nil
}

// keyOf is the part of a block's identity that a salt makes.
func keyOf(s agent.Salt) uint64 {
	key := uint64(0)
	for _, c := range s {
		key = agent.Draw(key, "salt", uint64(c))
	}
	return key
}

// run takes what comes next, until the level is over or ctx is. At one instant the
// engine comes first, then time-outs, the level and the agents.
func (h *hold) run(ctx context.Context, enough plimsoll.Enough) error {
	for step := 0; h.err == nil; step++ {
		if step%contextEvery == 0 && ctx.Err() != nil {
			h.level.Stop(agent.ClosedInterrupted, h.now)
			h.cut()
			return ctx.Err()
		}
		look := h.level.Next(h.now)
		next := look
		if at, ok := h.todo.peek(); ok {
			next = min(next, at)
		}
		if at, ok := h.fleet.engine.Next(); ok {
			next = min(next, h.instant(at))
		}
		if at, ok := h.nextTimeout(); ok {
			next = min(next, at)
		}
		h.now = max(h.now, next)
		h.fleet.now = h.epoch + time.Duration(h.now)
		h.sample()
		h.advance()
		h.timeouts()
		if look <= h.now {
			switch h.level.Look(h.now) {
			case agent.AskEnough:
				h.level.Answered(enough != nil && enough(h.level.AskedTick(), h.inFlight))
				continue
			case agent.Cut:
				h.cut()
				return h.err
			}
		}
		h.agents()
	}
	return h.err
}

// instant turns the engine's time into the level's.
func (h *hold) instant(at time.Duration) plimsoll.Instant { return plimsoll.Instant(at - h.epoch) }

// advance takes what the engine emits up to now.
func (h *hold) advance() {
	h.emitted = h.emitted[:0]
	h.fleet.engine.Advance(h.fleet.now, func(e sim.Emission) { h.emitted = append(h.emitted, e) })
	for _, e := range h.emitted {
		f := h.flights[e.ID]
		if f == nil {
			continue
		}
		f.take(e, h.instant(e.At))
		if e.First {
			h.level.FirstToken(int(f.row.Slot), int(f.row.Branch), f.row.FirstToken)
		}
		if e.Done {
			h.end(f, h.instant(e.At), plimsoll.ClassOK)
		}
	}
}

// agents does what the agents wanted done by now.
func (h *hold) agents() {
	for {
		at, ok := h.todo.peek()
		if !ok || at > h.now {
			return
		}
		e := h.todo.pop()
		switch {
		case e.begin:
			h.step(e.slot, agent.Event{Kind: agent.Begun, At: e.at})
		case e.refused != nil:
			h.end(e.refused, e.at, plimsoll.ClassHTTP)
		default:
			h.send(e)
		}
	}
}

// step tells a slot what happened and queues what it wants.
func (h *hold) step(slot int, e agent.Event) {
	h.actions = h.slots[slot].Step(h.actions[:0], e)
	for _, a := range h.actions {
		if a.Kind == agent.Walked {
			h.level.Walked(slot, a.Due)
			continue
		}
		h.level.Waits(slot, a.Due)
		h.todo.add(entry{at: a.Due, slot: slot, action: a})
	}
}

// nextTimeout returns when the oldest turn in flight times out.
func (h *hold) nextTimeout() (plimsoll.Instant, bool) {
	for len(h.deadline) > 0 && h.deadline[0].done {
		h.deadline = h.deadline[1:]
	}
	if len(h.deadline) == 0 {
		return 0, false
	}
	return h.deadline[0].row.Sent.Add(h.stage.Shape.Request), true
}

// timeouts ends the turns that are in flight for too long.
func (h *hold) timeouts() {
	for {
		at, ok := h.nextTimeout()
		if !ok || at > h.now {
			return
		}
		f := h.deadline[0]
		h.fleet.engine.Cancel(h.fleet.now, f.id)
		f.row.Error = fmt.Sprintf("no end within %s", h.stage.Shape.Request)
		h.end(f, at, plimsoll.ClassTimeout)
	}
}

// cut ends everything in flight as the level ends.
func (h *hold) cut() {
	ids := make([]uint64, 0, len(h.flights))
	for id := range h.flights {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		f := h.flights[id]
		h.fleet.engine.Cancel(h.fleet.now, id)
		h.finish(f, h.now, h.level.CutClass(f.row.Sent, f.row.Primer))
	}
}

// sample reads the modelled power once a second.
func (h *hold) sample() {
	for h.fleet.config.Meter != "" && h.sampleAt <= h.now {
		watts, joules := h.fleet.engine.Draw(h.epoch + time.Duration(h.sampleAt))
		h.keep(h.into.Sample(plimsoll.Sample{
			Meter: h.fleet.config.Meter, Device: "engine", At: h.sampleAt, Watts: watts, Joules: joules, DeviceAt: h.sampleAt,
		}))
		h.sampleAt = h.sampleAt.Add(time.Second)
	}
}

func (h *hold) keep(err error) {
	if h.err == nil && err != nil {
		h.err = fmt.Errorf("level %d: %w", h.stage.Level, err)
	}
}
