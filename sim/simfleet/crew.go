package simfleet

import (
	"fmt"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/sim"
)

// rack is an engine with the clock and the cache that outlive a level.
type rack struct {
	engine engine
	nextID uint64
	spare  []*flight // to use again, with their prefixes
}

// crew is a level's agents on one rack. Rows and notes wait for the level.
type crew struct {
	*rack
	fleet *Fleet
	stage plimsoll.Stage
	salt  agent.Salt
	key   uint64        // of the level salt, for identities
	epoch time.Duration // the engine's time at instant 0
	now   plimsoll.Instant

	members []member // slot i of the level is member i / racks
	todo    queue
	flights []*flight // in the order of sending, from the number first on; nil once done
	first   uint64
	emitted []sim.Emission
	actions []agent.Action
	take    func(sim.Emission)

	notes []note
	rows  []plimsoll.Row
}

// member is an agent with the key of its walk's salt.
type member struct {
	*agent.Slot
	walk int // that the key is of
	key  uint64
}

func (c *crew) member(slot int) *member { return &c.members[slot/len(c.fleet.racks)] }

// session is the part of an identity that a walk's salt makes, and names the walk for
// routing.
func (c *crew) session(slot, walk int) uint64 {
	m := c.member(slot)
	if m.key == 0 || m.walk != walk {
		m.walk, m.key = walk, keyOf(agent.WalkSalt(c.salt, slot, walk))
	}
	return m.key
}

// flight returns a turn by the engine's number of it, nil where it is done. Numbers
// follow each other.
func (c *crew) flight(id uint64) *flight {
	if id < c.first {
		return nil
	}
	return c.flights[id-c.first]
}

// run takes what comes next, until an instant; what agents do at that instant is left
// for later. At one instant the engine comes first, then time-outs and the agents.
func (c *crew) run(until plimsoll.Instant) {
	for {
		next := until
		if at, ok := c.todo.peek(); ok {
			next = min(next, at)
		}
		if at, ok := c.engine.Next(); ok {
			next = min(next, c.instant(at))
		}
		if at, ok := c.nextTimeout(); ok {
			next = min(next, at)
		}
		c.now = max(c.now, next)
		c.advance()
		c.timeouts()
		if c.now >= until {
			return
		}
		c.agents()
	}
}

// instant turns the engine's time into the level's.
func (c *crew) instant(at time.Duration) plimsoll.Instant { return plimsoll.Instant(at - c.epoch) }

// time is the engine's now.
func (c *crew) time() time.Duration { return c.epoch + time.Duration(c.now) }

// advance takes what the engine emits up to now.
func (c *crew) advance() {
	c.emitted = c.emitted[:0]
	c.engine.Advance(c.time(), c.take)
	for _, e := range c.emitted {
		f := c.flight(e.ID)
		if f == nil {
			continue
		}
		f.take(e, c.instant(e.At))
		if e.First {
			c.note(note{kind: firstToken, other: f.first, slot: int32(f.slot), branch: int32(f.action.Branch)})
		}
		if e.Done {
			c.end(f, c.instant(e.At), plimsoll.ClassOK, "")
		}
	}
}

// note keeps what the level is to learn.
func (c *crew) note(n note) {
	n.at = c.now
	c.notes = append(c.notes, n)
}

// agents does what the agents wanted done by now.
func (c *crew) agents() {
	for {
		at, ok := c.todo.peek()
		if !ok || at > c.now {
			return
		}
		e := c.todo.pop()
		switch {
		case e.begin:
			c.step(e.slot, agent.Event{Kind: agent.Begun, At: e.at})
		case e.refused != nil:
			c.end(e.refused, e.at, plimsoll.ClassHTTP, "")
		default:
			c.send(&e)
		}
	}
}

// step tells a slot what happened and queues what it wants.
func (c *crew) step(slot int, e agent.Event) {
	c.actions = c.member(slot).Step(c.actions[:0], e)
	for _, a := range c.actions {
		if a.Kind == agent.Walked {
			c.note(note{kind: walked, other: a.Due, slot: int32(slot)})
			continue
		}
		c.note(note{kind: waits, other: a.Due, slot: int32(slot)})
		c.todo.add(entry{at: a.Due, slot: slot, action: a})
	}
}

// nextTimeout returns when the oldest turn in flight times out.
func (c *crew) nextTimeout() (plimsoll.Instant, bool) {
	for len(c.flights) > 0 && c.flights[0] == nil {
		c.flights = c.flights[1:]
		c.first++
	}
	if len(c.flights) == 0 {
		return 0, false
	}
	return c.flights[0].sent.Add(c.stage.Shape.Request), true
}

// timeouts ends the turns that are in flight for too long.
func (c *crew) timeouts() {
	for {
		at, ok := c.nextTimeout()
		if !ok || at > c.now {
			return
		}
		f := c.flights[0]
		c.engine.Cancel(c.time(), f.id)
		c.end(f, at, plimsoll.ClassTimeout, fmt.Sprintf("no end within %s", c.stage.Shape.Request))
	}
}

// cut ends everything in flight as the level ends.
func (c *crew) cut(l *agent.Level) {
	for _, f := range c.flights {
		if f != nil {
			c.engine.Cancel(c.time(), f.id)
			c.finish(f, c.now, l.CutClass(f.sent, f.action.Primer), "")
		}
	}
}
