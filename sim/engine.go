package sim

import (
	"cmp"
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
	waiting queue[*sequence] // first come first served; the preempted in front
	// Running: prompts under computation, in order of admission, and decoding.
	prefilling []*sequence
	decoding   decoding
	admissions uint64
	touched    []*sequence          // by the step that completes
	byID       map[uint64]*sequence // of Submit
	links      []readers            // of the tiers below the pool
	stats      Stats
}

// New returns an idle engine at instant 0 with an empty cache.
func New(cfg Config) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return engineOf(cfg), nil
}

func engineOf(cfg Config) *Engine {
	cfg.Accepted = max(1, cfg.Accepted)
	e := &Engine{cfg: cfg, pool: newPool(cfg.Blocks, cfg.Offload...), byID: make(map[uint64]*sequence), decoding: decoding{accepted: cfg.Accepted}}
	for _, t := range cfg.Offload {
		e.links = append(e.links, make(readers, t.Links))
	}
	e.stats.ReadTokens, e.stats.Reading = make([]int64, len(cfg.Offload)), make([]time.Duration, len(cfg.Offload))
	return e
}

// running returns the number of sequences admitted.
func (e *Engine) running() int { return len(e.prefilling) + len(e.decoding.ends) }

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
	s := &sequence{Request: r}
	e.byID[r.ID] = s
	e.enqueue(now, s)
	return nil
}

// enqueue queues a request that was checked.
func (e *Engine) enqueue(now time.Duration, s *sequence) {
	s.arrival, s.prompt, s.full, s.at = now, s.Tokens, blocksOf(s.Prefix), -1
	e.last = now
	e.waiting.push(s)
	e.stats.Submitted++
	if e.waiting.len() == 1 || e.cfg.QueuePerSeq > 0 { // a longer queue may let the head in
		e.step.truncate(max(now, e.admissibleAt(e.waiting.first())))
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
	e.cancel(now, s)
	return true
}

// cancel drops a sequence that is not done.
func (e *Engine) cancel(now time.Duration, s *sequence) {
	e.stats.Cancelled++
	e.step.truncate(now)
	i := slices.Index(e.prefilling, s)
	switch {
	case s.decoding():
		e.decoding.leave(s)
		e.count(s)
	case i >= 0:
		e.prefilling = slices.Delete(e.prefilling, i, i+1)
	default:
		e.waiting.remove(s)
	}
	e.pool.release(s.held, s.reserved)
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
	e.advance(now, func(_ *sequence, m Emission) { emit(m) })
}

func (e *Engine) advance(now time.Duration, emit func(*sequence, Emission)) {
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
func (e *Engine) Warm(prefix []Run) { e.pool.warm(prefix) }

// ResetCache forgets every cached block that no request uses.
func (e *Engine) ResetCache() { e.pool.reset() }

// begin plans the next step where there is work and none is under way.
func (e *Engine) begin() {
	if e.step.active || e.running()+e.waiting.len() == 0 {
		return
	}
	at := e.clock
	if e.running() == 0 {
		at = max(at, e.waiting.first().arrival)
	}
	e.stats.EnergyJ += e.cfg.Power.IdleW * (at - e.clock).Seconds()
	e.clock = at
	e.plan(at)
}

// complete applies the step under way at its end.
func (e *Engine) complete(emit func(*sequence, Emission)) {
	steps, at := e.step.steps, e.step.end
	e.stats.EnergyJ += e.step.watts * (at - e.step.start).Seconds()
	if steps > 0 {
		e.stats.Busy += at - e.step.start
	}
	e.stats.Steps += int64(steps)
	e.clock, e.step.active = at, false
	e.touched = e.touched[:0]
	if e.step.decodes {
		e.touched = e.decoding.advance(steps, e.cfg.PerToken, e.touched)
	}
	e.compute()
	slices.SortFunc(e.touched, func(a, b *sequence) int { return cmp.Compare(a.order, b.order) })
	for _, s := range e.touched {
		e.count(s)
		if e.emission(s, at, emit) {
			delete(e.byID, s.ID)
			e.pool.release(s.held, s.reserved)
			e.stats.Finished++
		}
	}
}

// compute applies the prompt chunks of the step. Who has the prompt complete has a
// token, and decodes from the next step on.
func (e *Engine) compute() {
	kept := e.prefilling[:0]
	for _, s := range e.prefilling {
		s.computed += s.chunk
		e.stats.ComputedTokens += int64(s.chunk)
		if s.chunk > 0 {
			e.publish(s)
		}
		s.chunk = 0
		if s.computed < s.prompt {
			kept = append(kept, s)
			continue
		}
		s.output++
		e.touched = append(e.touched, s)
		if s.output < s.Output {
			e.decoding.join(s)
		}
	}
	clear(e.prefilling[len(kept):])
	e.prefilling = kept
}

// publish caches the full prompt blocks that are computed by now.
func (e *Engine) publish(s *sequence) {
	n := min(s.full, s.computed/e.cfg.BlockTokens) - s.shared
	if n > 0 {
		s.held = e.pool.publish(s.held, s.Prefix, n)
		s.shared += n
		s.reserved -= n
	}
}

// count takes what a sequence has generated into the account.
func (e *Engine) count(s *sequence) {
	e.stats.OutputTokens += int64(s.output - s.counted)
	s.counted = s.output
}

// emission emits what the sequence has new and reports whether it is done.
func (e *Engine) emission(s *sequence, at time.Duration, emit func(*sequence, Emission)) bool {
	done := s.output >= s.Output
	first := s.emitted == 0 && s.output > 0
	if s.output > s.emitted && (first || done || e.cfg.PerToken) {
		emit(s, Emission{ID: s.ID, At: at, Tokens: s.output - s.emitted, First: first, Done: done, Cached: s.cached})
		s.emitted = s.output
	}
	return done
}
