package sim

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Engine is attention ranks that share their steps. It is not safe for concurrent use.
type Engine struct {
	cfg        Config
	ranks      []*rank
	clock      time.Duration // end of the last completed step
	last       time.Duration // latest instant submitted
	step       step
	work       []Work // of each rank in the step that is planned
	live       int    // sessions
	held       int    // steps in which prompts were held, in a row
	admissions uint64
	touched    []*sequence          // by the step that completes
	spare      []*sequence          // that are done, to use again
	byID       map[uint64]*sequence // of Submit
	affinity   affinity             // of Submit, with more than one rank
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
	cfg.Accepted, cfg.Ranks = max(1, cfg.Accepted), max(1, cfg.Ranks)
	e := &Engine{cfg: cfg, byID: make(map[uint64]*sequence), work: make([]Work, cfg.Ranks), affinity: newAffinity()}
	for range cfg.Ranks {
		e.ranks = append(e.ranks, e.newRank())
	}
	e.stats.ReadTokens = make([]int64, len(cfg.Offload))
	return e
}

// running returns the number of sequences admitted.
func (e *Engine) running() (n int) {
	for _, r := range e.ranks {
		n += r.running()
	}
	return n
}

// load is the number of requests under way.
func (e *Engine) load() int {
	return int(e.stats.Submitted - e.stats.Finished - e.stats.Cancelled)
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
	s := e.sequence(r, nil)
	e.byID[r.ID] = s
	on := e.leastLoaded()
	if len(e.ranks) > 1 && r.Session != 0 {
		s.session = e.affinity.place(now, r.Session, e)
		on = s.session.on
	}
	on.enqueue(now, s)
	return nil
}

// sequence is a request that begins, of a deployment's flight or nil.
func (e *Engine) sequence(r Request, f *flight) *sequence {
	n := len(e.spare) - 1
	if n < 0 {
		return &sequence{Request: r, flight: f}
	}
	s := e.spare[n]
	e.spare = e.spare[:n]
	*s = sequence{Request: r, flight: f, held: s.held[:0]}
	return s
}

// enqueue queues a request that was checked.
func (r *rank) enqueue(now time.Duration, s *sequence) {
	e := r.engine
	s.rank, s.arrival, s.prompt, s.full = r, now, s.Tokens, blocksOf(s.Prefix)
	s.MaxOutput = max(s.Output, min(s.MaxOutput, e.cfg.MaxContext-s.Tokens))
	e.last = now
	if r.running()+r.waiting.len() == 0 {
		r.share = e.cfg.Estimate.First
	}
	r.waiting.push(s)
	e.stats.Submitted++
	if r.waiting.len() == 1 || e.cfg.QueuePerSeq > 0 { // a longer queue may let the head in
		e.step.truncate(max(now, r.admissibleAt(r.waiting.first())))
	}
}

// Cancel drops a request at now; it gets no more emissions. It reports false where
// the request is unknown or done.
func (e *Engine) Cancel(now time.Duration, id uint64) bool {
	s := e.byID[id]
	if s == nil {
		return false
	}
	e.left(now, s)
	e.cancel(now, s)
	return true
}

// left forgets a request of Submit that is done.
func (e *Engine) left(now time.Duration, s *sequence) {
	delete(e.byID, s.ID)
	if s.session != nil {
		e.affinity.ended(now, s.Session, s.session)
	}
}

// cancel drops a sequence that is not done.
func (e *Engine) cancel(now time.Duration, s *sequence) {
	e.stats.Cancelled++
	e.step.truncate(now)
	s.rank.drop(s)
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

// ResetCache forgets every cached block that no request uses.
func (e *Engine) ResetCache() {
	for _, r := range e.ranks {
		r.pool.reset()
	}
}

// begin plans the next step where there is work and none is under way.
func (e *Engine) begin() {
	if e.step.active || e.load() == 0 {
		return
	}
	at := e.clock
	if e.running() == 0 {
		at = max(at, e.arrival())
	}
	e.stats.EnergyJ += e.cfg.Power.IdleW * (at - e.clock).Seconds()
	e.clock = at
	e.plan(at)
}

// arrival returns when the first of those who wait came.
func (e *Engine) arrival() time.Duration {
	first := time.Duration(math.MaxInt64)
	for _, r := range e.ranks {
		if r.waiting.len() > 0 {
			first = min(first, r.waiting.first().arrival)
		}
	}
	return first
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
	for _, r := range e.ranks {
		if r.decodes {
			e.touched = r.decoding.advance(steps, e.cfg.PerToken, e.touched)
			r.decoded(steps)
		}
		e.touched = r.compute(e.touched)
	}
	slices.SortFunc(e.touched, func(a, b *sequence) int { return cmp.Compare(a.order, b.order) })
	for _, s := range e.touched {
		e.count(s)
		if e.emission(s, at, emit) {
			e.left(at, s)
			s.rank.pool.release(s.held, s.reserved)
			e.spare = append(e.spare, s)
			e.stats.Finished++
		}
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
