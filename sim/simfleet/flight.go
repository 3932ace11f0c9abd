package simfleet

import (
	"plimsoll"
	"plimsoll/agent"
	"plimsoll/sim"
)

// flight is one turn in flight.
type flight struct {
	id     uint64
	turn   int
	full   int // prompt tokens with salts
	row    plimsoll.Row
	prefix []sim.Run
	done   bool
}

// send sends a turn that is due.
func (c *crew) send(e *entry) {
	f, a := c.fleet, e.action
	l := &f.layouts[a.Trajectory]
	p := &l.prompts[a.Turn]
	output := p.output
	if a.Primer {
		output = 1
	}
	c.nextID++
	fl := &flight{id: c.nextID, turn: a.Turn, full: p.full, row: newRow(c.stage, e, l.id, p)}
	c.note(note{kind: sent, other: e.at, slot: int32(e.slot), branch: int32(a.Branch), tokens: int32(output), primer: a.Primer})
	c.flights = append(c.flights, fl)
	if n := len(c.spare); n > 0 {
		fl.prefix, c.spare = c.spare[n-1][:0], c.spare[:n-1]
	}
	session := c.session(e.slot, a.Walk)
	walk := session
	if f.config.LevelSaltOnly {
		walk = c.key
	}
	fl.prefix = p.chain.prefix(fl.prefix, p.blocks, c.key, walk)
	err := c.engine.Submit(c.time(), sim.Request{ID: fl.id, Tokens: p.full, Prefix: fl.prefix, Output: output, Session: session})
	if err != nil {
		fl.row.Status, fl.row.Error = 400, err.Error()
		c.todo.add(&entry{at: e.at.Add(rejectedAfter), slot: e.slot, refused: fl})
	}
}

// newRow is the row of a turn that is sent now.
func newRow(stage plimsoll.Stage, e *entry, trajectory string, p *prompt) plimsoll.Row {
	a := e.action
	return plimsoll.Row{
		Level: int32(stage.Level), Attempt: int32(stage.Attempt), Slot: int32(e.slot), Walk: int32(a.Walk),
		Branch: int32(a.Branch), Turn: int32(a.Turn), Trajectory: trajectory, Primer: a.Primer,
		Due: e.at, Sent: e.at, FirstByte: plimsoll.Never, FirstToken: plimsoll.Never,
		FirstVisible: plimsoll.Never, LastToken: plimsoll.Never, End: plimsoll.Never,
		FirstChunkTokens: -1, UsagePrompt: -1, UsageCached: -1, UsageCompletion: -1, UsageReasoning: -1, LocalTokens: -1,
		LocalPrompt: int32(p.bare), RecordedTokens: int32(p.output),
	}
}

// take notes tokens that were emitted for the turn.
func (f *flight) take(e sim.Emission, at plimsoll.Instant) {
	r := &f.row
	if e.First {
		r.FirstByte, r.FirstToken, r.FirstVisible = at, at, at
		r.FirstChunkTokens, r.FirstChunkSource = int32(e.Tokens), "local"
		r.Status, r.UsageCached, r.LocalTokens = 200, int32(e.Cached), 0
	}
	r.LastToken = at
	r.LocalTokens += int32(e.Tokens)
	r.Reads, r.Events = r.LocalTokens, r.LocalTokens
}

// end ends a turn and lets its agent go on.
func (c *crew) end(f *flight, at plimsoll.Instant, class plimsoll.Class) {
	c.finish(f, at, class)
	c.step(int(f.row.Slot), agent.Event{Kind: agent.Ended, At: at, Turn: f.turn, Primer: f.row.Primer})
}

// finish writes a turn's row.
func (c *crew) finish(f *flight, at plimsoll.Instant, class plimsoll.Class) {
	r := &f.row
	r.End, r.Class = at, class
	if class == plimsoll.ClassOK {
		r.UsagePrompt, r.UsageCompletion = int32(f.full), r.LocalTokens
		r.Finish = "length"
	} else {
		r.UsageCached = -1
	}
	c.note(note{kind: ended, other: r.Sent, slot: r.Slot, branch: r.Branch})
	c.rows = append(c.rows, *r)
	f.done = true
	c.spare = append(c.spare, f.prefix)
	f.prefix = nil
}
