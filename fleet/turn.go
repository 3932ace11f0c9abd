package fleet

import (
	"context"
	"sync/atomic"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/client"
	"plimsoll/dialect"
)

// flight is a turn in flight, as far as others may know of it.
type flight struct {
	action agent.Action
	sent   plimsoll.Instant // when it was handed to the client
	first  atomic.Int64     // instant of the first token
	noted  bool             // the level knows it
}

// renewLead is how long before a turn is due its connection is looked at: long enough
// to make a new one, short enough that an engine seldom closes it in between.
const renewLead = 300 * time.Millisecond

// begin lets an agent begin at its instant in the ramp.
func (h *hold) begin(ctx context.Context, slot int) {
	at := h.level.Begins(slot)
	if !h.wait(ctx, slot, 0, at) {
		return
	}
	h.mu.Lock()
	h.alive++
	next, more := h.step(ctx, slot, agent.Event{Kind: agent.Begun, At: at})
	h.mu.Unlock()
	if more {
		h.walk(ctx, slot, next)
	}
}

// walk does a turn and those that follow from it.
func (h *hold) walk(ctx context.Context, slot int, a agent.Action) {
	for more := true; more; {
		if !h.wait(ctx, slot, a.Branch, a.Due) {
			return
		}
		a, more = h.turn(ctx, slot, a)
	}
}

// wait waits until due, with a live connection if one can be had. False: the level is
// over.
func (h *hold) wait(ctx context.Context, slot, branch int, due plimsoll.Instant) bool {
	if !h.pacer.sleep(ctx, due.Add(-renewLead)) {
		return false
	}
	// What is not connected by then the turn connects itself: that time is after due
	// and the engine's, while a turn that waited here would be late by our fault.
	early, cancel := context.WithDeadline(ctx, h.epoch.Add(time.Duration(due)))
	_ = h.fleet.config.Engine.Renew(early, slot, branch)
	cancel()
	return h.pacer.sleep(ctx, due)
}

// turn sends one turn, reads its reply, writes its row and returns the turn to go on
// with.
func (h *hold) turn(ctx context.Context, slot int, a agent.Action) (agent.Action, bool) {
	f := h.takeOff(slot, a)
	if f == nil {
		return agent.Action{}, false
	}
	row := h.newRow(slot, a)
	h.fleet.config.Engine.Do(ctx, h.epoch, h.call(slot, f), &row)
	if at := h.now(); row.Class.Cut() || row.End == plimsoll.Never {
		row.End = at // ours was the end, not the engine's
	}
	h.mu.Lock()
	next, more := h.land(ctx, slot, f, &row)
	h.mu.Unlock()
	if err := h.into.Row(row); err != nil {
		h.fail(err)
	}
	return next, more
}

// takeOff tells the level that a turn is sent; nil when it is over.
func (h *hold) takeOff(slot int, a agent.Action) *flight {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		return nil
	}
	f := &flight{action: a, sent: h.now()}
	f.first.Store(int64(plimsoll.Never))
	h.agents[slot].open = append(h.agents[slot].open, f)
	h.flying++
	tokens := h.fleet.config.Encoded[a.Trajectory].Max(a.Turn, h.output(a))
	h.level.Sent(slot, a.Branch, f.sent, tokens, a.Primer)
	return f
}

// land takes a turn out of flight, settles the class of one that was cut, and steps
// its agent. It is called with the lock.
func (h *hold) land(ctx context.Context, slot int, f *flight, row *plimsoll.Row) (agent.Action, bool) {
	open := h.agents[slot].open
	for i := range open {
		if open[i] == f {
			open[i] = open[len(open)-1]
			h.agents[slot].open = open[:len(open)-1]
			break
		}
	}
	h.flying--
	sent := row.Sent
	if sent == plimsoll.Never {
		sent = row.Due // cut while it was about to be sent; it counts where it was due
	}
	if row.FirstToken != plimsoll.Never {
		h.level.FirstToken(slot, f.action.Branch, row.FirstToken)
	}
	h.level.Ended(slot, f.action.Branch, sent, row.End)
	if row.Class.Cut() {
		row.Class = h.level.CutClass(sent, row.Primer)
	}
	h.judge(row)
	if h.over {
		return agent.Action{}, false
	}
	next, more := h.step(ctx, slot, agent.Event{Kind: agent.Ended, At: row.End, Turn: f.action.Turn, Primer: f.action.Primer})
	if now := h.now(); h.level.Next(now) <= now {
		h.nudge()
	}
	return next, more
}

// step tells a slot what happened, starts all but the first of the turns that follow
// and returns that one. It is called with the lock.
func (h *hold) step(ctx context.Context, slot int, e agent.Event) (first agent.Action, more bool) {
	var room [4]agent.Action
	for _, a := range h.agents[slot].slot.Step(room[:0], e) {
		if a.Kind == agent.Walked {
			h.level.Walked(slot, a.Due)
			continue
		}
		h.level.Waits(slot, a.Due)
		if !more {
			first, more = a, true
			continue
		}
		h.fork(ctx, slot, a)
	}
	return first, more
}

// judge suspects that the engine is gone when as many turns in a row as there are
// agents met no engine. It is called with the lock.
func (h *hold) judge(row *plimsoll.Row) {
	switch row.Class {
	case plimsoll.ClassRefused, plimsoll.ClassCut:
		h.failing++
	case plimsoll.ClassCancelled, plimsoll.ClassCensored:
	default:
		h.failing = 0
	}
	if enough := min(max(3, h.stage.Agents), 64); h.failing > 0 && h.failing%enough == 0 {
		h.suspect = true
		h.nudge()
	}
}

// fail ends the level because the sink takes no more.
func (h *hold) fail(err error) {
	h.mu.Lock()
	if h.err == nil {
		h.err = err
	}
	h.mu.Unlock()
	h.stop(agent.ClosedInterrupted, "")
}

// call is what the client needs for a turn.
func (h *hold) call(slot int, f *flight) client.Call {
	c, a := &h.fleet.config, f.action
	call := client.Call{
		Slot: slot, Branch: a.Branch, Encoded: c.Encoded[a.Trajectory], Turn: a.Turn, Output: h.output(a),
		Salts: dialect.Salts{Level: h.salt[:]}, Request: h.stage.Shape.Request, Idle: h.stage.Shape.Idle,
		FirstToken: &f.first,
	}
	walk := agent.WalkSalt(h.salt, slot, a.Walk)
	if !c.LevelSaltOnly {
		call.Salts.Walk = walk[:]
	}
	call.Session = string(walk[:])
	return call
}

// output is how long a turn's reply is asked to be.
func (h *hold) output(a agent.Action) dialect.Output {
	if a.Primer {
		return dialect.Output{Policy: dialect.Primer}
	}
	return dialect.Output{Policy: h.fleet.config.Output}
}

// newRow is a turn's row before it is sent.
func (h *hold) newRow(slot int, a agent.Action) plimsoll.Row {
	t := h.fleet.config.Encoded[a.Trajectory].Trajectory()
	turn := &t.Turns[a.Turn]
	return plimsoll.Row{
		Level: int32(h.stage.Level), Attempt: int32(h.stage.Attempt), Slot: int32(slot), Walk: int32(a.Walk),
		Branch: int32(a.Branch), Turn: int32(a.Turn), Trajectory: t.ID, Primer: a.Primer, Due: a.Due,
		LocalPrompt: known(turn.PromptTokens), RecordedTokens: known(turn.OutputTokens),
	}
}

// known turns a recorded count, 0 where it is unknown, into a row's, -1 there.
func known(tokens int) int32 {
	if tokens <= 0 {
		return -1
	}
	return int32(tokens)
}
