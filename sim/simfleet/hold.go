package simfleet

import (
	"context"
	"fmt"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/sim"
)

// hold is one level under way. Racks run on their own to the next instant at which the
// level is looked at, at the same time; then it learns what happened, in order.
type hold struct {
	fleet    *Fleet
	stage    plimsoll.Stage
	into     plimsoll.Sink
	rows     pen
	level    *agent.Level
	epoch    time.Duration // the engine's time at instant 0
	now      plimsoll.Instant
	crews    []*crew
	notes    merge
	over     bool
	sampleAt plimsoll.Instant
	err      error // of the sink
}

// rejectedAfter is how long the engine takes to refuse a request that it cannot hold.
const rejectedAfter = time.Millisecond

func (f *Fleet) newHold(s plimsoll.Stage, into plimsoll.Sink) (*hold, error) {
	if !s.Fresh {
		return nil, fmt.Errorf("level %d: a continued level cannot be held: begin it fresh", s.Level)
	}
	level, err := agent.NewLevel(s)
	if err != nil {
		return nil, err
	}
	h := &hold{fleet: f, stage: s, into: into, rows: pen{into: into}, level: level, epoch: f.now}
	salt := agent.LevelSalt(f.config.Agents.Seed, s)
	for _, r := range f.racks {
		c := &crew{rack: r, fleet: f, stage: s, salt: salt, key: keyOf(salt), epoch: f.now, first: r.nextID + 1}
		c.take = func(e sim.Emission) { c.emitted = append(c.emitted, e) }
		h.crews = append(h.crews, c)
	}
	for i := range s.Agents {
		c := h.crews[i%len(h.crews)]
		c.members = append(c.members, member{Slot: f.roster.NewSlot(s.Replicate, i)})
		c.todo.add(entry{at: level.Begins(i), slot: i, begin: true})
	}
	h.notes.crews = h.crews
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

// run carries the racks on, until the level is over or ctx is.
func (h *hold) run(ctx context.Context, enough plimsoll.Enough) error {
	defer h.rows.wait()
	for h.err == nil {
		if ctx.Err() != nil {
			h.level.Stop(agent.ClosedInterrupted, h.now)
			h.cut()
			return ctx.Err()
		}
		until := h.level.Next(h.now)
		if steady := h.level.Steady(); steady > h.now {
			until = min(steady, h.now.Add(stretch))
		}
		if h.fleet.config.Meter != "" {
			until = max(h.now, min(until, h.sampleAt))
		}
		carry(h.crews, until)
		h.now = until
		h.learn()
		h.sample()
		switch h.level.Look(h.now) {
		case agent.AskEnough:
			h.keep(h.rows.wait())
			h.level.Answered(enough != nil && enough(h.level.OpenedAt(), h.level.AskedTick(), h.inFlight))
		case agent.Cut:
			h.cut()
			return h.err
		}
	}
	return h.err
}

// stretch is for how long at most racks run on their own while their rows wait.
const stretch = 10 * time.Second

// learn passes on to the level and to the sink what the racks have for them.
func (h *hold) learn() {
	if h.now <= h.level.Steady() {
		for _, c := range h.crews {
			for i := range c.notes {
				c.notes[i].tell(h.level)
			}
		}
	} else {
		h.follow()
	}
	h.keep(h.rows.write(h.crews))
	for _, c := range h.crews {
		c.notes = c.notes[:0]
	}
}

// follow tells the level what happened in order of time. A level that something filled
// or ended before now is looked at then.
func (h *hold) follow() {
	h.notes.begin()
	for n := h.notes.next(); n != nil; n = h.notes.next() {
		n.tell(h.level)
		if !h.over && n.at < h.now && h.level.Next(n.at) <= n.at {
			h.over = h.level.Look(n.at) == agent.Cut
		}
	}
}

// inFlight returns the rows of the turns in flight as they stand.
func (h *hold) inFlight() []plimsoll.Row {
	var rows []plimsoll.Row
	for _, c := range h.crews {
		for _, f := range c.flights {
			if f != nil {
				rows = append(rows, c.row(f))
			}
		}
	}
	return rows
}

// cut ends everything in flight as the level ends.
func (h *hold) cut() {
	for _, c := range h.crews {
		c.cut(h.level)
	}
	h.learn()
	h.keep(h.rows.wait())
	h.fleet.now = h.epoch + time.Duration(h.now)
}

// sample reads the modelled power once a second.
func (h *hold) sample() {
	for h.fleet.config.Meter != "" && h.sampleAt <= h.now {
		watts, joules := 0.0, 0.0
		for _, c := range h.crews {
			w, j := c.engine.Draw(h.epoch + time.Duration(h.sampleAt))
			watts, joules = watts+w, joules+j
		}
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
