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
	blockedByTime   Blocked = "arrival"     // it arrives during the step
)

// admissibleAt returns the instant before which the sequence cannot be admitted
// for reasons that only time removes.
func (e *Engine) admissibleAt(s *sequence) time.Duration {
	if e.cfg.PreferredSeqs > 0 && e.running() >= e.preferred() && !s.admitted {
		return s.arrival + e.cfg.MaxQueueDelay
	}
	return s.arrival
}

// preferred returns how many sequences the batcher likes to run while so many wait.
func (e *Engine) preferred() int {
	n := e.cfg.PreferredSeqs
	if over := e.waiting.len() - e.cfg.PreferredQueue; over > 0 && e.cfg.QueuePerSeq > 0 {
		n += int(float64(over) / e.cfg.QueuePerSeq)
	}
	return n
}

// admit moves the head of the queue into the running batch, or says what forbids it.
func (e *Engine) admit(at time.Duration) (*sequence, Blocked) {
	s := e.waiting.first()
	switch {
	case s.arrival > at:
		return nil, blockedByTime
	case e.running() >= e.cfg.MaxSeqs:
		return nil, BlockedBySeqs
	case e.admissibleAt(s) > at:
		return nil, BlockedByDelay
	}
	tokens := s.prompt
	if e.cfg.Reserve == ReserveOutput {
		tokens += s.Output - s.output
	}
	// One prompt token is always computed: it yields the next token.
	most := min(s.full, (s.prompt-1)/e.cfg.BlockTokens)
	found, blocks, evictable := e.pool.hits(s.held[:0], s.Prefix, most)
	s.held = found[:0] // kept for the next try; nothing is held yet
	need := e.cfg.blocksFor(tokens) + e.cfg.FixedBlocks - blocks
	if need > e.pool.free+e.pool.evictable-evictable {
		return nil, BlockedByPool
	}
	e.pool.pin(found)
	below := make([]int, len(e.cfg.Offload))
	e.pool.below.claim(found, s.Prefix, most-blocks, below) // before what is evicted now pushes them out
	e.pool.take(need)
	s.held, s.shared, s.reserved = found, blocks, need
	if len(below) > 0 {
		e.readBack(at, s, below)
	}
	e.waiting.pop()
	e.begun(s)
	return s, ""
}

// begun settles where an admitted sequence's prompt stands.
func (e *Engine) begun(s *sequence) {
	e.admissions++
	s.order = e.admissions
	s.computed = s.shared * e.cfg.BlockTokens
	if s.Ready && !s.admitted {
		s.computed = s.prompt
	}
	if !s.admitted {
		s.admitted, s.cached = true, s.computed
		e.stats.PromptTokens += int64(s.Tokens)
		e.stats.CachedTokens += int64(s.cached)
	}
	if s.computed == s.prompt {
		e.decoding.join(s)
	} else {
		e.prefilling = append(e.prefilling, s)
	}
}

// grow makes room for the next token of every decoding sequence, preempting the
// sequence admitted last while the pool has no block. The oldest always fits,
// because a request that does not fit alone is refused on submission.
func (e *Engine) grow() {
	for !e.extend(e.tokensOf(1)) {
		s := e.evicted()
		e.pool.release(s.held, s.reserved)
		s.held, s.shared, s.reserved, s.computed = s.held[:0], 0, 0, 0
		s.prompt = s.Tokens + s.output
		e.waiting.pushFront(s)
		e.stats.Preempted++
	}
}

// evicted takes the sequence admitted last out of the running ones.
func (e *Engine) evicted() *sequence {
	var last *sequence
	for _, s := range e.decoding.ends {
		if last == nil || s.order > last.order {
			last = s
		}
	}
	if n := len(e.prefilling); n > 0 && (last == nil || e.prefilling[n-1].order > last.order) {
		last = e.prefilling[n-1]
		e.prefilling = e.prefilling[:n-1]
		return last
	}
	e.decoding.leave(last)
	e.count(last)
	return last
}

// extend takes the blocks that all decoding sequences need for so many more
// tokens, or none where they are not to be had.
func (e *Engine) extend(tokens int) bool {
	need := 0
	for _, s := range e.decoding.ends {
		need += e.missing(s, tokens)
	}
	if need == 0 || !e.pool.take(need) {
		return need == 0
	}
	for _, s := range e.decoding.ends {
		s.reserved += e.missing(s, tokens)
	}
	return true
}

// missing returns the blocks that a decoding sequence lacks for so many more tokens.
func (e *Engine) missing(s *sequence, tokens int) int {
	context := s.Tokens + min(e.decoding.outputOf(s)+tokens, s.Output)
	return max(0, e.cfg.blocksFor(context)+e.cfg.FixedBlocks-s.shared-s.reserved)
}
