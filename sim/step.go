package sim

import (
	"math"
	"sort"
	"time"
)

// maxJump bounds a lazy jump, steps; within it a step's price is taken as linear.
const maxJump = 512

// step is what is under way: one step, or a jump over several in which the same
// sequences decode and nothing else happens.
type step struct {
	active       bool
	start, end   time.Duration
	steps        int     // 0: nobody has work, all wait for what is read back
	first, slope float64 // s: duration of the first step, growth from step to step
	watts        float64
}

// endOf returns when the n-th step of the jump ends.
func (s *step) endOf(n int) time.Duration {
	k := float64(n)
	return s.start + seconds(s.first*k+s.slope*k*(k-1)/2)
}

// truncate ends a jump with the first of its steps that ends at or after now.
func (s *step) truncate(now time.Duration) {
	if !s.active || s.steps == 1 || s.end <= now {
		return
	}
	if s.steps == 0 {
		s.end = max(now, s.start)
		return
	}
	s.steps = 1 + sort.Search(s.steps-1, func(i int) bool { return s.endOf(i+1) >= now })
	s.end = s.endOf(s.steps)
}

func seconds(s float64) time.Duration { return time.Duration(s*1e9 + 0.5) }

// plan composes the step that starts at the given instant.
func (e *Engine) plan(at time.Duration) {
	var all Work
	hold := e.align(at)
	for i, r := range e.ranks {
		e.work[i] = r.compose(at, hold)
		all.Prefill += e.work[i].Prefill
		all.Seqs += e.work[i].Seqs
	}
	if until, waits := e.loading(at); waits && all.Prefill == 0 && all.Seqs == 0 {
		e.step = step{active: true, start: at, end: until, watts: e.cfg.Power.IdleW}
		e.admitLater(at)
		return
	}
	steps := 1
	if all.Prefill == 0 && !e.cfg.PerToken {
		steps = e.jump()
	}
	e.price(at, steps)
	e.admitLater(at)
}

// align reports whether prompts are held at this step: where one rank begins one and
// another has none, every rank would wait for the one. While all decode, it waits for the
// others, as SGLang's prefill delayer does.
func (e *Engine) align(at time.Duration) bool {
	if e.cfg.AlignSteps == 0 || len(e.ranks) == 1 {
		return false
	}
	begin, without, decode := false, false, false
	for _, r := range e.ranks {
		begins := r.begins(at)
		begin = begin || begins
		without = without || !begins && len(r.prefilling) == 0
		decode = decode || len(r.decoding.ends) > 0
	}
	if begin && without && decode && e.held < e.cfg.AlignSteps {
		e.held++
		return true
	}
	e.held = 0
	return false
}

// admitLater lets the step end when somebody may be let in, and takes into the account
// who waits meanwhile.
func (e *Engine) admitLater(at time.Duration) {
	for _, r := range e.ranks {
		if r.waiting.len() > 0 && r.blocked != BlockedByTokens {
			if in := r.admissibleAt(r.waiting.first()); in > at || e.step.steps > 0 {
				e.step.truncate(in)
			}
		}
	}
	for _, r := range e.ranks {
		e.stats.block(r.blocked, e.step.end-at)
	}
}

// price sets the duration and the power of the step.
func (e *Engine) price(at time.Duration, steps int) {
	first := e.cfg.Cost.Price(e.work)
	e.step = step{active: true, start: at, steps: steps, first: first.Seconds / e.cfg.Speed, watts: e.cfg.Power.Watts(first)}
	if steps > 1 {
		for i := range e.work {
			w := &e.work[i]
			w.Context += int64(float64((steps-1)*w.Seqs) * e.cfg.Accepted)
		}
		last := e.cfg.Cost.Price(e.work)
		e.step.slope = (last.Seconds - first.Seconds) / e.cfg.Speed / float64(steps-1)
		e.step.watts = (e.step.watts + e.cfg.Power.Watts(last)) / 2
	}
	e.step.end = e.step.endOf(steps)
}

// tokensOf returns the most tokens that so many decode steps yield a sequence.
func (e *Engine) tokensOf(steps int) int { return int(math.Ceil(float64(steps) * e.cfg.Accepted)) }

// jump returns how many steps may be taken at once: until the first sequence begins
// or ends, as long as the blocks to grow into are free.
func (e *Engine) jump() int {
	steps, decoding := maxJump, 0
	for _, r := range e.ranks {
		if len(r.prefilling) > 0 || e.cfg.Reserve == ReserveEstimate && r.waiting.len() > 0 {
			return 1 // the estimate falls with every step
		}
		if n := len(r.decoding.ends); n > 0 {
			decoding += n
			steps = min(steps, r.decoding.next())
		}
	}
	if decoding == 0 {
		return 1
	}
	if e.cfg.Reserve == ReserveOutput {
		return steps
	}
	for steps > 1 && !e.extend(e.tokensOf(steps)) {
		steps /= 2
	}
	return steps
}

// extend takes the blocks that the decoding sequences of all ranks need for so many
// more tokens, or none where one rank has too few.
func (e *Engine) extend(tokens int) bool {
	for _, r := range e.ranks {
		if !r.canExtend(tokens) {
			return false
		}
	}
	for _, r := range e.ranks {
		r.extend(tokens)
	}
	return true
}
