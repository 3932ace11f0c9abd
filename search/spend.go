package search

import (
	"fmt"
	"time"

	"plimsoll"
)

// within returns the timing of a level of so many agents as the time budget leaves it,
// or why it leaves none. A level may begin where its shortest window fits after as long a
// settling as levels of up to as many agents took; what is left is then its limit, so
// that the budget is kept and its last minutes serve as well.
func (s *Search) within(l *ledger, shape plimsoll.Shape, agents int) (plimsoll.Shape, string) {
	if s.c.Budget == 0 {
		return shape, ""
	}
	left := s.c.Budget - time.Duration(l.took*float64(time.Second))
	around := shape.RampFor(agents) + shape.Min
	settle := l.settles(shape, agents)
	if around+settle > left {
		return shape, fmt.Sprintf("the budget of %s is spent: %.0f s used, the next level needs at least %.0f s", s.c.Budget, l.took, (around + settle).Seconds())
	}
	shape.SettleMax = min(shape.SettleMax, left-around)
	if shape.Limit == 0 || shape.Limit > left {
		shape.Limit = left
	}
	return shape, ""
}

// settles is how long a level of so many agents has to settle, by those of up to as many.
func (l *ledger) settles(shape plimsoll.Shape, agents int) time.Duration {
	longest := shape.Settle
	for i := range l.levels {
		if p := &l.levels[i]; p.Stage.Agents <= agents {
			longest = max(longest, min(p.Settled(), shape.SettleMax))
		}
	}
	return longest
}

// spent says why the next level would pass the limits of tokens or cost; "" it would
// not. What that level will take is scaled by agent-seconds from the dearest level so
// far: among more agents each is served more slowly, so that this guesses high.
func (s *Search) spent(l *ledger, pick choice) string {
	limits := s.c.Limits
	if limits.Tokens == 0 && limits.Cost == 0 {
		return ""
	}
	next := l.scaled(float64(pick.agents) * s.takes(l, pick.claim))
	after := l.spent.Plus(next)
	switch {
	case limits.Tokens > 0 && after.Total() > limits.Tokens:
		return fmt.Sprintf("the budget of %d tokens is spent: %d used, the next level needs about %d", limits.Tokens, l.spent.Total(), next.Total())
	case limits.Cost > 0 && limits.Prices.Cost(after) > limits.Cost:
		return fmt.Sprintf("the budget of %g is spent: %.2f used, the next level costs about %.2f", limits.Cost, limits.Prices.Cost(l.spent), limits.Prices.Cost(next))
	}
	return ""
}

// weigh keeps the attempt that took the most tokens for an agent-second.
func (l *ledger) weigh(p plimsoll.Past) {
	busy := p.Took * float64(p.Stage.Agents)
	if busy > 0 && (l.busy == 0 || float64(p.Spent.Total())/busy > float64(l.dear.Total())/l.busy) {
		l.dear, l.busy = p.Spent, busy
	}
}

// scaled is what so many agent-seconds take by the dearest level; nothing before the
// first.
func (l *ledger) scaled(agentSeconds float64) plimsoll.Tokens {
	if l.busy <= 0 {
		return plimsoll.Tokens{}
	}
	share := agentSeconds / l.busy
	part := func(n int64) int64 { return int64(float64(n) * share) }
	return plimsoll.Tokens{Prompt: part(l.dear.Prompt), Cached: part(l.dear.Cached), Output: part(l.dear.Output)}
}
