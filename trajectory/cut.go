package trajectory

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"plimsoll"
	"plimsoll/token"
)

// Limits are the bounds of Cut; 0 is no bound.
type Limits struct {
	MaxContext int // tokens of prompt + reply of a turn
	MaxOutput  int // tokens of a reply
	MaxTurns   int // turns of a trajectory
	Count      int // trajectories
	MaxDelay   time.Duration
}

// Cut returns a set that stays within limits, in the basis of s; s is not changed.
// A branch ends before its first turn whose prompt and (shortened) reply pass
// MaxContext; a turn that waited for one that was left out waits for what that
// one waited for. MaxOutput shortens the count that a replay asks for, not the
// recorded history. A trajectory without a turn left is dropped. Every cut is
// said in the set's Notes and in the fidelity mark "cut" of its trajectories.
func (s *Set) Cut(l Limits) (*Set, error) {
	if l.MaxContext < 0 || l.MaxOutput < 0 || l.MaxTurns < 0 || l.Count < 0 || l.MaxDelay < 0 {
		return nil, fmt.Errorf("cut: context %d, output %d, turns %d and count %d must not be negative", l.MaxContext, l.MaxOutput, l.MaxTurns, l.Count)
	}
	var out []*plimsoll.Trajectory
	turns, shortened := 0, 0
	for _, t := range s.Trajectories {
		if l.Count > 0 && len(out) == l.Count {
			break
		}
		kept, short := cutTrajectory(t, l)
		turns += len(t.Turns) - len(kept.Turns)
		shortened += short
		if len(kept.Turns) > 0 {
			out = append(out, kept)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("cut: no turn of %s fits in %d tokens of context; raise the limit", s.Name, l.MaxContext)
	}
	notes := slices.Clone(s.Notes)
	if n := len(s.Trajectories) - len(out); n+turns+shortened > 0 {
		notes = append(notes, fmt.Sprintf("cut to context <= %s, output <= %s, turns <= %s, delay <= %s: %d trajectories and %d turns left out, %d replies and delays shortened",
			bound(l.MaxContext), bound(l.MaxOutput), bound(l.MaxTurns), boundTime(l.MaxDelay), n, turns, shortened))
	}
	cut, err := NewSet(s.Name, out, nil)
	if err != nil {
		return nil, err
	}
	cut.Notes = notes
	return cut, nil
}

func bound(n int) string {
	if n == 0 {
		return "any"
	}
	return fmt.Sprint(n)
}

func boundTime(d time.Duration) string {
	if d == 0 {
		return "any"
	}
	return d.String()
}

func cutTrajectory(t *plimsoll.Trajectory, l Limits) (kept *plimsoll.Trajectory, shortened int) {
	c := *t
	c.Segments = slices.Clone(t.Segments)
	c.Turns = slices.Clone(t.Turns)
	c.Fidelity = maps.Clone(t.Fidelity)
	ended := map[int]bool{}
	for i := range c.Turns {
		turn := &c.Turns[i]
		if l.MaxOutput > 0 && turn.OutputTokens > l.MaxOutput {
			turn.OutputTokens = l.MaxOutput
			turn.ReasoningTokens = min(turn.ReasoningTokens, l.MaxOutput)
			turn.Finish = "length"
			shortened++
		}
		if l.MaxDelay > 0 && turn.Delay > l.MaxDelay {
			turn.Delay = l.MaxDelay
			shortened++
		}
		if l.MaxContext > 0 && turn.PromptTokens+turn.OutputTokens > l.MaxContext || l.MaxTurns > 0 && i >= l.MaxTurns {
			ended[turn.Branch] = true
		}
		if ended[turn.Branch] {
			turn.Prompt = nil // marks it for dropTurns
		}
	}
	before := len(c.Turns)
	dropTurns(&c, func(turn *plimsoll.Turn) bool { return turn.Prompt == nil })
	if shortened > 0 || len(c.Turns) < before {
		if c.Fidelity == nil {
			c.Fidelity = map[string]plimsoll.Fidelity{}
		}
		c.Fidelity["cut"] = plimsoll.Derived
		dropUnused(&c)
	}
	return &c, shortened
}

// dropTurns removes the turns for which drop is true. A turn that waited for a
// removed one waits for what that one waited for.
func dropTurns(t *plimsoll.Trajectory, drop func(*plimsoll.Turn) bool) {
	number := make([]int, len(t.Turns)) // new index, -1 removed
	waits := make([][]int, len(t.Turns))
	kept := t.Turns[:0:0]
	for i := range t.Turns {
		turn := t.Turns[i]
		var wait []int
		for _, w := range turn.WaitFor {
			if number[w] >= 0 {
				wait = append(wait, number[w])
			} else {
				wait = append(wait, waits[w]...)
			}
		}
		slices.Sort(wait)
		waits[i] = slices.Compact(wait)
		if drop(&turn) {
			number[i] = -1
			continue
		}
		number[i] = len(kept)
		turn.WaitFor = waits[i]
		kept = append(kept, turn)
	}
	t.Turns = kept
}

// DropReplyless removes the turns whose reply's length is not known (a file of
// requests does not hold its last reply): they cannot be replayed as recorded. It
// returns how many.
func DropReplyless(ts []*plimsoll.Trajectory) int {
	n := 0
	for _, t := range ts {
		before := len(t.Turns)
		dropTurns(t, func(turn *plimsoll.Turn) bool { return turn.OutputTokens == 0 && len(turn.Output) == 0 })
		n += before - len(t.Turns)
	}
	return n
}

// Recount counts the set's texts in c's basis and makes a new set of it.
func (s *Set) Recount(c token.Counter) (*Set, error) {
	ts := make([]*plimsoll.Trajectory, len(s.Trajectories))
	for i, t := range s.Trajectories {
		copied := *t
		copied.Segments = slices.Clone(t.Segments)
		copied.Turns = slices.Clone(t.Turns)
		ts[i] = &copied
	}
	return NewSet(s.Name, ts, c)
}

// dropUnused removes segments that no turn lists, but for the scaffold and the
// tools, so that text that was cut is gone.
func dropUnused(t *plimsoll.Trajectory) {
	used := make([]bool, len(t.Segments))
	for i := range t.Segments {
		used[i] = i < t.Scaffold || t.Segments[i].Kind == plimsoll.KindTools
	}
	mark := func(spans []plimsoll.Span) {
		for _, s := range spans {
			for i := s.From; i < s.To; i++ {
				used[i] = true
			}
		}
	}
	for i := range t.Turns {
		mark(t.Turns[i].Prompt)
		mark(t.Turns[i].Output)
	}
	number := make([]int, len(t.Segments)+1) // new index of each segment
	kept := t.Segments[:0:0]
	for i, s := range t.Segments {
		number[i] = len(kept)
		if used[i] {
			kept = append(kept, s)
		}
	}
	number[len(t.Segments)] = len(kept)
	if len(kept) == len(t.Segments) {
		return
	}
	t.Segments = kept
	renumber := func(spans []plimsoll.Span) []plimsoll.Span {
		out := make([]plimsoll.Span, len(spans))
		for i, s := range spans {
			out[i] = plimsoll.Span{From: number[s.From], To: number[s.To]}
		}
		return out
	}
	for i := range t.Turns {
		t.Turns[i].Prompt, t.Turns[i].Output = renumber(t.Turns[i].Prompt), renumber(t.Turns[i].Output)
	}
}
