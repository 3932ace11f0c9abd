package simfleet

import (
	"plimsoll"
	"plimsoll/agent"
	"plimsoll/sim"
)

// flight is one turn in flight: what its row is made of, and no more, since a rack has
// thousands.
type flight struct {
	id          uint64
	sent        plimsoll.Instant
	first, last plimsoll.Instant // tokens, Never while there is none
	prefix      []sim.Run
	slot        int
	action      agent.Action
	firstTokens int32
	tokens      int32
	cached      int32 // of the prompt, -1 while it is not known
	refused     string
}

// send sends a turn that is due.
func (c *crew) send(e *entry) {
	f, a := c.fleet, e.action
	p := f.prompt(a)
	output, most := p.output, 0
	switch {
	case a.Primer:
		output = 1
	case f.config.OutputPolicy == outputFree:
		most = plimsoll.FreeGuard
	}
	fl := c.fly(e)
	c.note(note{kind: sent, other: e.at, slot: int32(e.slot), branch: int32(a.Branch), tokens: int32(output), primer: a.Primer})
	session := c.session(e.slot, a.Walk)
	walk := session
	if f.config.LevelSaltOnly {
		walk = c.key
	}
	fl.prefix = p.chain.prefix(fl.prefix, p.blocks, c.key, walk)
	err := c.engine.Submit(c.time(), sim.Request{ID: fl.id, Tokens: p.full, Prefix: fl.prefix, Output: output, MaxOutput: most, Session: session})
	if err != nil {
		fl.refused = err.Error()
		c.todo.add(entry{at: e.at.Add(rejectedAfter), slot: e.slot, refused: fl})
	}
}

// prompt is what an action sends.
func (f *Fleet) prompt(a agent.Action) *prompt { return &f.layouts[a.Trajectory].prompts[a.Turn] }

// fly enters a turn that is sent now.
func (c *crew) fly(e *entry) *flight {
	var f *flight
	if n := len(c.spare); n > 0 {
		f, c.spare = c.spare[n-1], c.spare[:n-1]
	} else {
		f = &flight{}
	}
	c.nextID++
	*f = flight{
		id: c.nextID, sent: e.at, first: plimsoll.Never, last: plimsoll.Never, cached: -1,
		prefix: f.prefix[:0], slot: e.slot, action: e.action,
	}
	c.flights = append(c.flights, f)
	return f
}

// row is the turn's row as it stands.
func (c *crew) row(f *flight) plimsoll.Row {
	a, p := f.action, c.fleet.prompt(f.action)
	r := plimsoll.Row{
		Level: int32(c.stage.Level), Attempt: int32(c.stage.Attempt), Slot: int32(f.slot), Walk: int32(a.Walk),
		Branch: int32(a.Branch), Turn: int32(a.Turn), Trajectory: c.fleet.layouts[a.Trajectory].id, Primer: a.Primer,
		Due: f.sent, Sent: f.sent, FirstByte: f.first, FirstToken: f.first,
		FirstVisible: f.first, LastToken: f.last, End: plimsoll.Never,
		FirstChunkTokens: -1, UsagePrompt: -1, UsageCached: f.cached, UsageCompletion: -1, UsageReasoning: -1, LocalTokens: -1,
		LocalPrompt: int32(p.bare), RecordedTokens: int32(p.output),
	}
	if f.first != plimsoll.Never {
		r.FirstChunkTokens, r.FirstChunkSource = f.firstTokens, "local"
		r.LocalTokens, r.Reads, r.Events = f.tokens, f.tokens, f.tokens
		r.Status = 200
	}
	if f.refused != "" {
		r.Status, r.Error = 400, f.refused
	}
	return r
}

// take notes tokens that were emitted for the turn.
func (f *flight) take(e sim.Emission, at plimsoll.Instant) {
	if e.First {
		f.first, f.firstTokens, f.cached = at, int32(e.Tokens), int32(e.Cached)
	}
	f.last = at
	f.tokens += int32(e.Tokens)
}

// end ends a turn and lets its agent go on.
func (c *crew) end(f *flight, at plimsoll.Instant, class plimsoll.Class, problem string) {
	slot, a := f.slot, f.action
	c.finish(f, at, class, problem)
	c.step(slot, agent.Event{Kind: agent.Ended, At: at, Turn: a.Turn, Primer: a.Primer})
}

// finish writes a turn's row; its flight is used again.
func (c *crew) finish(f *flight, at plimsoll.Instant, class plimsoll.Class, problem string) {
	c.rows = append(c.rows, c.row(f))
	r := &c.rows[len(c.rows)-1]
	r.End, r.Class = at, class
	if class == plimsoll.ClassOK {
		r.UsagePrompt, r.UsageCompletion = int32(c.fleet.prompt(f.action).full), r.LocalTokens
		r.Finish = "length"
	} else {
		r.UsageCached = -1
	}
	if problem != "" {
		r.Error = problem
	}
	c.note(note{kind: ended, other: f.sent, slot: r.Slot, branch: r.Branch})
	c.flights[f.id-c.first] = nil
	c.spare = append(c.spare, f)
}
