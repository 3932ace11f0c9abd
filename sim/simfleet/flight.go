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
	blocks []uint64
	done   bool
}

// send sends a turn that is due.
func (h *hold) send(e entry) {
	f, a := h.fleet, e.action
	l := &f.layouts[a.Trajectory]
	p := &l.prompts[a.Turn]
	output := p.output
	if a.Primer {
		output = 1
	}
	f.nextID++
	fl := &flight{id: f.nextID, turn: a.Turn, full: p.full, row: newRow(h, e, l.id, p)}
	h.level.Sent(e.slot, a.Branch, e.at, output, a.Primer)
	h.flights[fl.id] = fl
	h.deadline = append(h.deadline, fl)
	if n := len(f.spare); n > 0 {
		fl.blocks, f.spare = f.spare[n-1][:0], f.spare[:n-1]
	}
	session := keyOf(agent.WalkSalt(h.salt, e.slot, a.Walk))
	walk := session
	if f.config.LevelSaltOnly {
		walk = h.key
	}
	fl.blocks = p.chain.identities(fl.blocks, p.blocks, h.key, walk)
	err := f.engine.Submit(f.now, sim.Request{ID: fl.id, Tokens: p.full, Blocks: fl.blocks, Output: output, Session: session})
	if err != nil {
		fl.row.Status, fl.row.Error = 400, err.Error()
		h.todo.add(entry{at: e.at.Add(rejectedAfter), slot: e.slot, refused: fl})
	}
}

// newRow is the row of a turn that is sent now.
func newRow(h *hold, e entry, trajectory string, p *prompt) plimsoll.Row {
	a := e.action
	return plimsoll.Row{
		Level: int32(h.stage.Level), Attempt: int32(h.stage.Attempt), Slot: int32(e.slot), Walk: int32(a.Walk),
		Branch: int32(a.Branch), Turn: int32(a.Turn), Trajectory: trajectory, Primer: a.Primer,
		Due: e.at, Sent: e.at, FirstByte: plimsoll.Never, FirstToken: plimsoll.Never,
		FirstVisible: plimsoll.Never, LastToken: plimsoll.Never, End: plimsoll.Never,
		FirstChunkTokens: -1, UsagePrompt: -1, UsageCached: -1, UsageCompletion: -1, UsageReasoning: -1, LocalTokens: -1,
		LocalPrompt: int32(p.bare), RecordedTokens: int32(p.output),
	}
}

// inFlight returns the rows of the turns in flight as they stand.
func (h *hold) inFlight() []plimsoll.Row {
	rows := make([]plimsoll.Row, 0, len(h.flights))
	for _, f := range h.flights {
		rows = append(rows, f.row)
	}
	return rows
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
func (h *hold) end(f *flight, at plimsoll.Instant, class plimsoll.Class) {
	h.finish(f, at, class)
	h.step(int(f.row.Slot), agent.Event{Kind: agent.Ended, At: at, Turn: f.turn, Primer: f.row.Primer})
}

// finish writes a turn's row.
func (h *hold) finish(f *flight, at plimsoll.Instant, class plimsoll.Class) {
	r := &f.row
	r.End, r.Class = at, class
	if class == plimsoll.ClassOK {
		r.UsagePrompt, r.UsageCompletion = int32(f.full), r.LocalTokens
		r.Finish = "length"
	} else {
		r.UsageCached = -1
	}
	h.level.Ended(int(r.Slot), int(r.Branch), r.Sent, at)
	h.keep(h.into.Row(*r))
	f.done = true
	delete(h.flights, f.id)
	h.fleet.spare = append(h.fleet.spare, f.blocks)
	f.blocks = nil
}
