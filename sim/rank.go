package sim

import (
	"slices"
	"time"
)

// rank is an attention rank of an engine: a scheduler with a queue and a KV pool of its
// own. It takes part in the engine's steps.
type rank struct {
	engine  *Engine
	pool    *pool
	links   []time.Duration  // of the tiers below the pool: when each is free
	reading []time.Duration  // that these were asked for
	waiting queue[*sequence] // in the order in which they are let in
	live    int              // sessions
	// Running: prompts under computation, in order of admission, and decoding.
	prefilling []*sequence
	decoding   decoding
	// In the step under way: whether the decoding sequences take part, and why the head
	// of the queue does not.
	decodes bool
	blocked Blocked
	lacking int // blocks that the decoding sequences need for a jump

	// Under ReserveEstimate: what running sequences are thought to take yet, tokens; the
	// share of Estimate, and whether the step's retraction has set it.
	promised float64
	share    float64
	fresh    bool
}

func (e *Engine) newRank() *rank {
	tiers := len(e.cfg.Offload)
	return &rank{engine: e, links: make([]time.Duration, tiers), reading: make([]time.Duration, tiers), pool: newPool(e.cfg.Blocks, e.cfg.Offload...), decoding: decoding{accepted: e.cfg.Accepted}, share: e.cfg.Estimate.First}
}

// running returns the number of sequences admitted.
func (r *rank) running() int { return len(r.prefilling) + len(r.decoding.ends) }

// compose makes the rank's part of the step that starts at the given instant: decoding
// sequences, chunks of admitted prompts, admissions where no prompt is to be held.
func (r *rank) compose(at time.Duration, hold bool) (work Work) {
	cfg := &r.engine.cfg
	if cfg.Reserve == ReservePrompt {
		r.grow()
	}
	budget := cfg.StepTokens
	if !cfg.Separate {
		budget -= len(r.decoding.ends)
	}
	for _, s := range r.prefilling {
		budget -= chunk(at, s, budget, &work)
	}
	if r.blocked = BlockedByRanks; !hold || !r.begins(at) {
		r.blocked = r.admissionsAt(at, budget, &work)
	}
	if r.decodes = !cfg.Separate || work.Prefill == 0; r.decodes {
		if cfg.Reserve == ReserveEstimate {
			r.retract()
		}
		work.Seqs, work.Context = len(r.decoding.ends), r.decoding.context()
	}
	return work
}

// begins reports whether the head of the queue has a prompt to compute and may be let in.
func (r *rank) begins(at time.Duration) bool {
	return r.waiting.len() > 0 && r.running() < r.engine.cfg.MaxSeqs && r.admissibleAt(r.waiting.first()) <= at && !r.waiting.first().Ready
}

// admissionsAt admits what the step's budget of tokens holds, and says what forbids
// the next one.
func (r *rank) admissionsAt(at time.Duration, budget int, work *Work) (blocked Blocked) {
	if r.waiting.len() > 0 {
		r.arrange(at)
		if r.engine.cfg.Reserve == ReserveEstimate {
			r.promise()
		}
	}
	for budget > 0 && r.waiting.len() > 0 && blocked == "" {
		var s *sequence
		if s, blocked = r.admit(at); s == nil {
			continue
		}
		if s.decodes {
			budget--
		} else {
			budget -= chunk(at, s, budget, work)
		}
	}
	if budget <= 0 && r.waiting.len() > 0 {
		blocked = BlockedByTokens
	}
	return blocked
}

// chunk puts as much of the sequence's prompt into the step as the budget holds,
// nothing while it waits for blocks of a tier.
func chunk(at time.Duration, s *sequence, budget int, work *Work) int {
	if s.loaded > at {
		return 0
	}
	n := min(budget, s.prompt-s.computed)
	if n <= 0 {
		return 0
	}
	s.chunk = n
	work.Prefill += n
	work.Attended += int64(n)*int64(s.computed) + int64(n)*int64(n+1)/2
	return n
}

// compute applies the prompt chunks of the step, and appends to out who has the prompt
// complete: it has a token, and decodes from the next step on.
func (r *rank) compute(out []*sequence) []*sequence {
	kept := r.prefilling[:0]
	for _, s := range r.prefilling {
		s.computed += s.chunk
		r.engine.stats.ComputedTokens += int64(s.chunk)
		if s.chunk > 0 {
			r.publish(s)
		}
		s.chunk = 0
		if s.computed < s.prompt {
			kept = append(kept, s)
			continue
		}
		s.output++
		out = append(out, s)
		if s.output < s.Output {
			r.decoding.join(s)
		}
	}
	clear(r.prefilling[len(kept):])
	r.prefilling = kept
	return out
}

// publish caches the full prompt blocks that are computed by now.
func (r *rank) publish(s *sequence) {
	n := min(s.full, s.computed/r.engine.cfg.BlockTokens) - s.shared
	if n > 0 {
		s.held = r.pool.publish(s.held, s.Prefix, n)
		s.shared += n
		s.reserved -= n
	}
}

// drop takes a sequence out that is not done.
func (r *rank) drop(s *sequence) {
	i := slices.Index(r.prefilling, s)
	switch {
	case s.decodes:
		r.decoding.leave(s)
		r.engine.count(s)
	case i >= 0:
		r.prefilling = slices.Delete(r.prefilling, i, i+1)
	default:
		r.waiting.remove(s)
	}
	r.pool.release(s.held, s.reserved)
}
