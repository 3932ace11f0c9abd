package sim

import (
	"fmt"
	"slices"
	"time"
)

// Engine is one scheduler with one KV pool. It is not safe for concurrent use.
type Engine struct {
	cfg     Config
	pool    *pool
	clock   time.Duration // end of the last completed step
	last    time.Duration // latest instant submitted
	step    step
	waiting []*sequence // first come first served; the preempted in front
	running []*sequence // in order of admission
	byID    map[uint64]*sequence
	stats   Stats
}

// New returns an idle engine at instant 0 with an empty cache.
func New(cfg Config) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Accepted = max(1, cfg.Accepted)
	return &Engine{cfg: cfg, pool: newPool(cfg.Blocks), byID: make(map[uint64]*sequence)}, nil
}

// Config returns what the engine was made of.
func (e *Engine) Config() Config { return e.cfg }

// Submit queues a request that arrives at now. Instants must not go backwards, the
// id must not be under way, and the request must fit the engine when alone.
func (e *Engine) Submit(now time.Duration, r Request) error {
	if now < e.last {
		return fmt.Errorf("sim: request %d submitted at %s, after one at %s", r.ID, now, e.last)
	}
	if err := e.cfg.checkRequest(r); err != nil {
		return err
	}
	if e.byID[r.ID] != nil {
		return fmt.Errorf("sim: request %d is already under way", r.ID)
	}
	e.enqueue(now, r)
	return nil
}

// enqueue queues a request that was checked.
func (e *Engine) enqueue(now time.Duration, r Request) {
	s := &sequence{Request: r, arrival: now, prompt: r.Tokens}
	e.last = now
	e.byID[r.ID] = s
	e.waiting = append(e.waiting, s)
	e.stats.Submitted++
	if len(e.waiting) == 1 || e.cfg.QueuePerSeq > 0 { // a longer queue may let the head in
		e.step.truncate(max(now, e.admissibleAt(e.waiting[0])))
	}
}

// Cancel drops a request at now; it gets no more emissions. It reports false where
// the request is unknown or done.
func (e *Engine) Cancel(now time.Duration, id uint64) bool {
	s := e.byID[id]
	if s == nil {
		return false
	}
	delete(e.byID, id)
	e.stats.Cancelled++
	e.step.truncate(now)
	same := func(other *sequence) bool { return other == s }
	if i := slices.IndexFunc(e.running, same); i >= 0 {
		e.running = slices.Delete(e.running, i, i+1)
		e.pool.release(s.held, s.reserved)
		return true
	}
	e.waiting = slices.DeleteFunc(e.waiting, same)
	return true
}

// Next returns when the step under way ends; false: the engine has nothing to do.
// A later Submit or Cancel may bring the instant forward.
func (e *Engine) Next() (time.Duration, bool) {
	e.begin()
	return e.step.end, e.step.active
}

// Advance completes all steps that end at or before now and emits, in order of
// time and admission, what became ready. emit must not call the engine.
func (e *Engine) Advance(now time.Duration, emit func(Emission)) {
	for {
		e.begin()
		if !e.step.active || e.step.end > now {
			return
		}
		e.complete(emit)
	}
}

// Warm puts prompt blocks into the cache as if a request had computed them, so that
// a run can begin in the middle.
func (e *Engine) Warm(blocks []uint64) { e.pool.warm(blocks) }

// ResetCache forgets every cached block that no request uses.
func (e *Engine) ResetCache() { e.pool.reset() }

// begin plans the next step where there is work and none is under way.
func (e *Engine) begin() {
	if e.step.active || len(e.running)+len(e.waiting) == 0 {
		return
	}
	at := e.clock
	if len(e.running) == 0 {
		at = max(at, e.waiting[0].arrival)
	}
	e.stats.EnergyJ += e.cfg.Power.IdleW * (at - e.clock).Seconds()
	e.clock = at
	e.plan(at)
}

// complete applies the step under way at its end.
func (e *Engine) complete(emit func(Emission)) {
	steps, at := e.step.steps, e.step.end
	e.stats.EnergyJ += e.step.watts * (at - e.step.start).Seconds()
	e.stats.Busy += at - e.step.start
	e.stats.Steps += int64(steps)
	e.clock, e.step.active = at, false
	kept := e.running[:0]
	for _, s := range e.running {
		e.progress(s, steps)
		if e.emission(s, at, emit) {
			delete(e.byID, s.ID)
			e.pool.release(s.held, s.reserved)
			e.stats.Finished++
			continue
		}
		kept = append(kept, s)
	}
	clear(e.running[len(kept):])
	e.running = kept
}

// progress moves one sequence by the step under way.
func (e *Engine) progress(s *sequence, steps int) {
	if !s.inStep {
		return
	}
	s.inStep = false
	if s.chunk == 0 {
		before := s.output
		s.advance(steps, e.cfg.Accepted)
		e.stats.OutputTokens += int64(s.output - before)
		return
	}
	s.computed += s.chunk
	e.stats.ComputedTokens += int64(s.chunk)
	s.chunk = 0
	e.publish(s)
	if s.decoding() {
		s.output++
		s.base, s.steps = s.output, 0
		e.stats.OutputTokens++
	}
}

// publish caches the full prompt blocks that are computed by now.
func (e *Engine) publish(s *sequence) {
	for s.lookedUp < len(s.Blocks) && (s.lookedUp+1)*e.cfg.BlockTokens <= s.computed {
		if b := e.pool.publish(s.Blocks[s.lookedUp]); b != nil {
			s.held = append(s.held, b)
			s.reserved--
		}
		s.lookedUp++
	}
}

// emission emits what the sequence has new and reports whether it is done.
func (e *Engine) emission(s *sequence, at time.Duration, emit func(Emission)) bool {
	done := s.output >= s.Output
	first := s.emitted == 0 && s.output > 0
	if s.output > s.emitted && (first || done || e.cfg.PerToken) {
		emit(Emission{ID: s.ID, At: at, Tokens: s.output - s.emitted, First: first, Done: done, Cached: s.cached})
		s.emitted = s.output
	}
	return done
}
