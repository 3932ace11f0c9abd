package fleet

import (
	"context"
	"fmt"
	"sync"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/client"
)

// hold is one level under way. The agents' goroutines and the one that called Hold
// share what mu guards; a lock is held for microseconds, a few times a turn.
type hold struct {
	fleet *Fleet
	stage plimsoll.Stage
	into  plimsoll.Sink
	salt  agent.Salt
	epoch time.Time
	blur  time.Duration // of the epoch's wall time

	cut  context.CancelFunc // ends every agent
	wake chan struct{}      // the level wants a look
	wg   sync.WaitGroup     // the agents and their turns

	pacer  *pacer
	pacing sync.WaitGroup

	mu      sync.Mutex
	level   *agent.Level
	agents  []seat
	alive   int
	flying  int
	failing int    // turns in a row that met no engine
	suspect bool   // the engine may be gone: ask it
	over    bool   // nothing is sent any more
	broken  string // what was seen of an engine that went away
	err     error  // of the sink
}

// seat is one agent and its turns in flight.
type seat struct {
	slot *agent.Slot
	open []*flight
}

func (f *Fleet) newHold(s plimsoll.Stage, into plimsoll.Sink) (*hold, error) {
	if !s.Fresh {
		return nil, fmt.Errorf("level %d: a continued level cannot be held: begin it fresh", s.Level)
	}
	level, err := agent.NewLevel(s)
	if err != nil {
		return nil, err
	}
	h := &hold{
		fleet: f, stage: s, into: into, salt: agent.LevelSalt(f.config.Agents.Seed, s),
		wake: make(chan struct{}, 1), level: level, agents: make([]seat, s.Agents),
	}
	for i := range h.agents {
		h.agents[i].slot = f.roster.NewSlot(s.Replicate, i)
	}
	return h, nil
}

// anchor sets the epoch. The wall clock is read between two readings of the
// monotonic one; their distance bounds the anchor's error.
func (h *hold) anchor() (err error) {
	before := time.Now()
	h.epoch = time.Now()
	h.blur = time.Since(before)
	h.pacer, err = newPacer(h.epoch)
	return err
}

// now returns the present instant.
func (h *hold) now() plimsoll.Instant { return plimsoll.Instant(time.Since(h.epoch)) }

// tickGrace is how long after a tick Enough is asked, so that the rows of the turns
// that ended by the tick have reached the sink.
const tickGrace = 5 * time.Millisecond

// run starts the agents and looks after the level until it is over and every agent
// has ended.
func (h *hold) run(ctx context.Context, enough plimsoll.Enough) error {
	// The agents end when the level is over, not when ctx is: what class a cut turn
	// gets is settled first.
	agents, cut := context.WithCancel(context.WithoutCancel(ctx))
	h.cut = cut
	defer cut()
	h.pace()
	h.start(agents)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for done := false; !done; {
		select {
		case <-ctx.Done():
			h.stop(agent.ClosedInterrupted, "")
		case <-h.wake:
		case <-timer.C:
		}
		var wait time.Duration
		wait, done = h.look(ctx, enough)
		timer.Reset(wait)
	}
	cut()
	h.wg.Wait()
	h.pacer.alarm.close()
	h.pacing.Wait()
	if h.err != nil {
		return fmt.Errorf("level %d: %w", h.stage.Level, h.err)
	}
	return ctx.Err()
}

// look does what the level asks for and returns how long it can be left alone.
func (h *hold) look(ctx context.Context, enough plimsoll.Enough) (wait time.Duration, done bool) {
	h.askEngine(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	if phase := h.level.Phase(now); phase == "settle" || phase == "hold" {
		h.noteFirstTokens()
	}
	switch h.level.Look(now) {
	case agent.Cut:
		h.over = true
		return 0, true
	case agent.AskEnough:
		h.ask(enough)
		return 0, false
	}
	return max(h.level.Next(now).Sub(h.now()), 0), false
}

// ask puts the level's question to enough, without the lock.
func (h *hold) ask(enough plimsoll.Enough) {
	opened, tick := h.level.OpenedAt(), h.level.AskedTick()
	h.mu.Unlock()
	time.Sleep(tick.Add(tickGrace).Sub(h.now()))
	settled := enough != nil && enough(opened, tick, h.inFlight)
	h.mu.Lock()
	h.level.Answered(settled)
}

// inFlight returns the rows of the turns in flight, as far as they are known.
func (h *hold) inFlight() []plimsoll.Row {
	h.mu.Lock()
	defer h.mu.Unlock()
	rows := make([]plimsoll.Row, 0, h.flying)
	for slot := range h.agents {
		for _, f := range h.agents[slot].open {
			row := h.newRow(slot, f.action)
			row.Sent, row.FirstToken, row.End = f.sent, plimsoll.Instant(f.first.Load()), plimsoll.Never
			row.UsagePrompt, row.UsageCached, row.UsageCompletion, row.LocalTokens = -1, -1, -1, -1
			rows = append(rows, row)
		}
	}
	return rows
}

// noteFirstTokens tells the level of first tokens, as far as turns in flight have
// them.
func (h *hold) noteFirstTokens() {
	for i := range h.agents {
		for _, f := range h.agents[i].open {
			if at := plimsoll.Instant(f.first.Load()); at != plimsoll.Never && !f.noted {
				f.noted = true
				h.level.FirstToken(i, f.action.Branch, at)
			}
		}
	}
}

// askEngine asks an engine that may be gone what it is, and ends the level when it
// does not answer.
func (h *hold) askEngine(ctx context.Context) {
	h.mu.Lock()
	suspect := h.suspect
	h.suspect = false
	h.mu.Unlock()
	if !suspect || ctx.Err() != nil {
		return
	}
	if _, err := h.fleet.identify(ctx); err != nil && ctx.Err() == nil {
		h.stop(agent.ClosedBroken, err.Error())
	}
}

// stop ends the level now; broken says what was seen of an engine that went away.
func (h *hold) stop(why, broken string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		return
	}
	h.over = true
	h.broken = broken
	h.level.Stop(why, h.now())
	h.nudge()
}

// nudge makes run look at the level.
func (h *hold) nudge() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// observed collects what was seen, once every agent has ended.
func (h *hold) observed() plimsoll.Observed {
	o := h.level.Observed(h.now())
	o.Epoch, o.Uncertainty, o.Broken = h.epoch, h.blur, h.broken
	o.Client = plimsoll.Client{SentinelP99ms: -1, RunQueueShare: -1}
	if health := h.fleet.config.Health; health != nil {
		o.Client = health.Window(h.epoch.Add(time.Duration(o.Window.Start)), h.epoch.Add(time.Duration(o.Window.End)))
	}
	return o
}

// progress is a snapshot for screens.
func (h *hold) progress() plimsoll.Progress {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	p := plimsoll.Progress{
		Level: h.stage.Level, Attempt: h.stage.Attempt, Agents: h.stage.Agents,
		Alive: h.alive, InFlight: h.flying, Phase: h.level.Phase(now), AtS: now.Seconds(),
	}
	if p.Phase == "window" || p.Phase == "hold" {
		opened := h.level.OpenedAt().Seconds()
		p.OpenedS = &opened
	}
	return p
}

var _ Engine = (*client.Client)(nil)
