package sim

import "time"

// Blocked says why the head of the queue was not admitted to a step.
type Blocked string

// The reasons; the empty one is that nobody waits.
const (
	BlockedBySeqs   Blocked = "slots"       // MaxSeqs run
	BlockedByPool   Blocked = "kv_pool"     // too few free blocks
	BlockedByDelay  Blocked = "queue_delay" // MaxQueueDelay is not over
	BlockedByTokens Blocked = "step_tokens" // the step's budget is used up
	BlockedByRanks  Blocked = "ranks"       // it waits for other ranks' prompts, AlignSteps at most
	blockedByTime   Blocked = "arrival"     // it arrives during the step
)

// admissibleAt returns the instant before which the sequence cannot be admitted
// for reasons that only time removes.
func (r *rank) admissibleAt(s *sequence) time.Duration {
	if r.engine.cfg.PreferredSeqs > 0 && r.running() >= r.preferred() && !s.admitted {
		return s.arrival + r.engine.cfg.MaxQueueDelay
	}
	return s.arrival
}

// preferred returns how many sequences the batcher likes to run while so many wait.
func (r *rank) preferred() int {
	n := r.engine.cfg.PreferredSeqs
	if over := r.waiting.len() - r.engine.cfg.PreferredQueue; over > 0 && r.engine.cfg.QueuePerSeq > 0 {
		n += int(float64(over) / r.engine.cfg.QueuePerSeq)
	}
	return n
}

// admit moves the head of the queue into the running batch, or says what forbids it.
func (r *rank) admit(at time.Duration) (*sequence, Blocked) {
	s := r.waiting.first()
	switch {
	case s.arrival > at:
		return nil, blockedByTime
	case r.running() >= r.engine.cfg.MaxSeqs:
		return nil, BlockedBySeqs
	case r.admissibleAt(s) > at:
		return nil, BlockedByDelay
	}
	tokens := s.prompt
	if r.engine.cfg.Reserve == ReserveOutput {
		tokens += s.Output - s.output
	}
	// One prompt token is always computed: it yields the next token.
	most := min(s.full, (s.prompt-1)/r.engine.cfg.BlockTokens)
	found, blocks, evictable := r.pool.hits(s.held[:0], s.Prefix, most)
	s.held = found[:0] // kept for the next try; nothing is held yet
	need := r.engine.cfg.blocksFor(tokens) + r.engine.cfg.FixedBlocks - blocks
	room := r.pool.free + r.pool.evictable - evictable
	if need > room || r.engine.cfg.Reserve == ReserveEstimate && !r.hasRoom(s, need, room) {
		return nil, BlockedByPool
	}
	r.pool.pin(found)
	below := make([]int, len(r.engine.cfg.Offload))
	r.pool.below.claim(found, s.Prefix, most-blocks, below) // before what is evicted now pushes them out
	r.pool.take(need)
	s.held, s.shared, s.reserved = found, blocks, need
	if len(below) > 0 {
		r.readBack(at, s, below)
	}
	r.waiting.pop()
	r.begun(s)
	r.promised += float64(r.engine.cfg.Estimate.ahead(s, s.output))
	return s, ""
}

// begun settles where an admitted sequence's prompt stands.
func (r *rank) begun(s *sequence) {
	r.engine.admissions++
	s.order = r.engine.admissions
	s.computed = s.shared * r.engine.cfg.BlockTokens
	if s.Ready && !s.admitted {
		s.computed = s.prompt
	}
	if !s.admitted {
		s.admitted, s.cached = true, s.computed
		r.engine.stats.PromptTokens += int64(s.Tokens)
		r.engine.stats.CachedTokens += int64(s.cached)
	}
	if s.computed == s.prompt {
		r.decoding.join(s)
	} else {
		r.prefilling = append(r.prefilling, s)
	}
}

// grow makes room for the next token of every decoding sequence, preempting the
// sequence admitted last while the pool has no block. The oldest always fits,
// because a request that does not fit alone is refused on submission.
func (r *rank) grow() {
	tokens := r.engine.tokensOf(1)
	for !r.canExtend(tokens) {
		r.waiting.pushFront(r.preempt(r.evicted()))
	}
	r.extend(tokens)
}

// preempt takes all blocks from a sequence that is to be computed again.
func (r *rank) preempt(s *sequence) *sequence {
	r.pool.release(s.held, s.reserved)
	s.held, s.shared, s.reserved, s.computed = s.held[:0], 0, 0, 0
	s.prompt = s.Tokens + s.output
	r.engine.stats.Preempted++
	return s
}

// evicted takes the sequence admitted last out of the running ones.
func (r *rank) evicted() *sequence {
	var last *sequence
	for _, k := range r.decoding.ends {
		s := k.of
		if last == nil || s.order > last.order {
			last = s
		}
	}
	if n := len(r.prefilling); n > 0 && (last == nil || r.prefilling[n-1].order > last.order) {
		last = r.prefilling[n-1]
		r.prefilling = r.prefilling[:n-1]
		return last
	}
	r.decoding.leave(last)
	r.engine.count(last)
	return last
}

// canExtend counts the blocks that all decoding sequences need for so many more tokens,
// and reports whether they are to be had.
func (r *rank) canExtend(tokens int) bool {
	r.lacking = 0
	for _, k := range r.decoding.ends {
		s := k.of
		r.lacking += r.missing(s, tokens)
	}
	return r.lacking <= r.pool.free+r.pool.evictable
}

// extend takes the blocks that canExtend has counted.
func (r *rank) extend(tokens int) {
	if r.lacking == 0 {
		return
	}
	r.pool.take(r.lacking)
	for _, k := range r.decoding.ends {
		s := k.of
		s.reserved += r.missing(s, tokens)
	}
}

// missing returns the blocks that a decoding sequence lacks for so many more tokens.
func (r *rank) missing(s *sequence, tokens int) int {
	return max(0, r.blocksOf(s, tokens)-s.shared-s.reserved)
}

// blocksOf returns the blocks that a decoding sequence takes with so many more tokens.
func (r *rank) blocksOf(s *sequence, tokens int) int {
	context := s.Tokens + min(r.decoding.outputOf(s)+tokens, s.Output)
	return r.engine.cfg.blocksFor(context) + r.engine.cfg.FixedBlocks
}
