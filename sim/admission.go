package sim

import (
	"slices"
	"time"
)

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
	if e.cfg.PreferredSeqs > 0 && len(e.running) >= e.preferred() && !s.admitted {
		return s.arrival + e.cfg.MaxQueueDelay
	}
	return s.arrival
}

// preferred returns how many sequences the batcher likes to run while so many wait.
func (e *Engine) preferred() int {
	n := e.cfg.PreferredSeqs
	if over := len(e.waiting) - e.cfg.PreferredQueue; over > 0 && e.cfg.QueuePerSeq > 0 {
		n += int(float64(over) / e.cfg.QueuePerSeq)
	}
	return n
}

// admit moves the head of the queue into the running batch, or says what forbids it.
func (e *Engine) admit(at time.Duration) (*sequence, Blocked) {
	s := e.waiting[0]
	switch {
	case s.arrival > at:
		return nil, blockedByTime
	case len(e.running) >= e.cfg.MaxSeqs:
		return nil, BlockedBySeqs
	case e.admissibleAt(s) > at:
		return nil, BlockedByDelay
	}
	tokens := s.prompt
	if e.cfg.Reserve == ReserveOutput {
		tokens += s.Output - s.output
	}
	// One prompt token is always computed: it yields the next token.
	usable := min(len(s.Blocks), (s.prompt-1)/e.cfg.BlockTokens)
	found, evictable := e.pool.hits(s.held[:0], s.Blocks[:usable])
	s.held = found[:0] // kept for the next try; nothing is held yet
	need := e.cfg.blocksFor(tokens) + e.cfg.FixedBlocks - len(found)
	if need > e.pool.free+e.pool.evictable-evictable {
		return nil, BlockedByPool
	}
	e.pool.pin(found)
	e.pool.take(need)
	s.held, s.reserved, s.lookedUp = found, need, len(found)
	s.computed = len(found) * e.cfg.BlockTokens
	if s.Ready && !s.admitted {
		s.computed = s.prompt
	}
	if !s.admitted {
		s.admitted, s.cached = true, s.computed
		e.stats.PromptTokens += int64(s.Tokens)
		e.stats.CachedTokens += int64(s.cached)
	}
	e.waiting = slices.Delete(e.waiting, 0, 1)
	e.running = append(e.running, s)
	return s, ""
}

// grow makes room for the next token of every decoding sequence, preempting the
// sequence admitted last while the pool has no block. The oldest always fits,
// because a request that does not fit alone is refused on submission.
func (e *Engine) grow() {
	for !e.extend(e.tokensOf(1)) {
		victim := e.running[len(e.running)-1]
		e.running = e.running[:len(e.running)-1]
		e.pool.release(victim.held, victim.reserved)
		victim.held, victim.reserved, victim.computed = victim.held[:0], 0, 0
		victim.prompt = victim.Tokens + victim.output
		e.waiting = slices.Insert(e.waiting, 0, victim)
		e.stats.Preempted++
	}
}

// extend takes the blocks that all decoding sequences need for so many more
// tokens, or none where they are not to be had.
func (e *Engine) extend(tokens int) bool {
	need := 0
	for _, s := range e.running {
		need += e.missing(s, tokens)
	}
	if !e.pool.take(need) {
		return false
	}
	for _, s := range e.running {
		s.reserved += e.missing(s, tokens)
	}
	return true
}

// missing returns the blocks that a decoding sequence lacks for so many more tokens.
func (e *Engine) missing(s *sequence, tokens int) int {
	if !s.decoding() {
		return 0
	}
	tokens = min(tokens, s.Output-s.output)
	return max(0, e.cfg.blocksFor(s.context()+tokens)+e.cfg.FixedBlocks-len(s.held)-s.reserved)
}
