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
	decodes      bool // the decoding sequences take part
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

// plan composes the step that starts at the given instant: decoding sequences,
// chunks of admitted prompts, admissions.
func (e *Engine) plan(at time.Duration) {
	if e.cfg.Reserve == ReservePrompt {
		e.grow()
	}
	var work Work
	budget := e.cfg.StepTokens
	if !e.cfg.Separate {
		budget -= len(e.decoding.ends)
	}
	for _, s := range e.prefilling {
		budget -= chunk(at, s, budget, &work)
	}
	blocked := e.admissionsAt(at, budget, &work)
	if until, waits := e.loading(at); waits && work.Prefill == 0 && len(e.decoding.ends) == 0 {
		e.await(at, until, blocked)
		return
	}
	decodes := !e.cfg.Separate || work.Prefill == 0
	if decodes {
		work.Seqs, work.Context = len(e.decoding.ends), e.decoding.context()
	}
	steps := 1
	if work.Prefill == 0 && !e.cfg.PerToken {
		steps = e.jump()
	}
	e.price(at, work, steps)
	e.step.decodes = decodes
	if e.waiting.len() > 0 && blocked != BlockedByTokens {
		e.step.truncate(e.admissibleAt(e.waiting.first()))
	}
	e.stats.block(blocked, e.step.end-e.step.start)
}

// await idles until what is read back is there, or somebody may be let in.
func (e *Engine) await(at, until time.Duration, blocked Blocked) {
	e.step = step{active: true, start: at, end: until, watts: e.cfg.Power.IdleW}
	if e.waiting.len() > 0 {
		if in := e.admissibleAt(e.waiting.first()); in > at {
			e.step.truncate(in)
		}
	}
	e.stats.block(blocked, e.step.end-at)
}

// admissionsAt admits what the step's budget of tokens holds, and says what forbids
// the next one.
func (e *Engine) admissionsAt(at time.Duration, budget int, work *Work) (blocked Blocked) {
	for budget > 0 && e.waiting.len() > 0 && blocked == "" {
		var s *sequence
		if s, blocked = e.admit(at); s == nil {
			continue
		}
		if s.decoding() {
			budget--
		} else {
			budget -= chunk(at, s, budget, work)
		}
	}
	if budget <= 0 && e.waiting.len() > 0 {
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

// price sets the duration and the power of the step.
func (e *Engine) price(at time.Duration, work Work, steps int) {
	first := e.cfg.Cost.Price(work)
	e.step = step{active: true, start: at, steps: steps, first: first.Seconds / e.cfg.Speed, watts: e.cfg.Power.Watts(first)}
	if steps > 1 {
		work.Context += int64(float64((steps-1)*work.Seqs) * e.cfg.Accepted)
		last := e.cfg.Cost.Price(work)
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
	if len(e.prefilling) > 0 || len(e.decoding.ends) == 0 {
		return 1
	}
	steps := min(maxJump, e.decoding.left())
	if e.cfg.Reserve == ReserveOutput {
		return steps
	}
	for ; steps > 1; steps /= 2 {
		if e.extend(e.tokensOf(steps)) {
			break
		}
	}
	return steps
}
