package trajectory

import "plimsoll"

// IdealCached returns, for each turn, how many of its prompt tokens an ideal
// prefix cache holds: the longest prefix that the prompt shares with an earlier
// prompt of the trajectory, or the scaffold where that is longer. Recorded replies
// do not count as cached until a later prompt has carried them, since a live reply
// is thrown away. A prefix ends between two segments. The figures are in the
// trajectory's basis, 0 where the prompt's count is unknown.
//
// A prompt that an earlier one begins counts that one's recorded tokens, so that
// what a recording counted but does not hold (a missing system prompt) is in; a
// part of a prompt counts by its share of the prompt's known size.
func IdealCached(t *plimsoll.Trajectory) []int {
	out := make([]int, len(t.Turns))
	w := newWeights(t)
	var leaves []leaf // prompts that are not the prefix of a later prompt
	for i := range t.Turns {
		turn := &t.Turns[i]
		best, whole, replaced := w.scaffold(turn.Prompt), 0, -1
		for k := range leaves {
			shared, all := w.shared(leaves[k].prompt, turn.Prompt)
			best = max(best, shared)
			if all {
				whole, replaced = max(whole, leaves[k].tokens), k
			}
		}
		if replaced >= 0 {
			leaves[replaced] = leaf{turn.Prompt, turn.PromptTokens}
		} else {
			leaves = append(leaves, leaf{turn.Prompt, turn.PromptTokens})
		}
		share := 0
		if total := w.prompt(turn.Prompt); total > 0 {
			// Counting message by message leaves rounding and frames between the
			// segments' sum and the prompt's count: the share carries over.
			share = int(float64(turn.PromptTokens)*best/total + 0.5)
		}
		if whole > 0 {
			share = whole
		}
		out[i] = min(share, turn.PromptTokens)
	}
	return out
}

type leaf struct {
	prompt []plimsoll.Span
	tokens int
}

// weights holds running sums of the segments' sizes: tokens where every segment
// has a count, else bytes.
type weights struct {
	t     *plimsoll.Trajectory
	upTo  []float64
	tools float64
}

func newWeights(t *plimsoll.Trajectory) weights {
	counted := true
	for i := range t.Segments {
		s := &t.Segments[i]
		counted = counted && (s.Tokens > 0 || s.Text == "")
	}
	w := weights{t: t, upTo: make([]float64, len(t.Segments)+1)}
	for i := range t.Segments {
		s := &t.Segments[i]
		size := float64(s.Tokens)
		if !counted {
			size = float64(len(s.Text) + len(s.Name))
		}
		if s.Kind == plimsoll.KindTools {
			w.tools += size
			size = 0
		}
		w.upTo[i+1] = w.upTo[i] + size
	}
	return w
}

func (w weights) size(from, to int) float64 { return w.upTo[to] - w.upTo[from] }

func (w weights) prompt(spans []plimsoll.Span) float64 {
	total := w.tools
	for _, s := range spans {
		total += w.size(s.From, s.To)
	}
	return total
}

// scaffold is the size of the leading scaffold segments of a prompt.
func (w weights) scaffold(spans []plimsoll.Span) float64 {
	total := 0.0
	if w.t.Scaffold > 0 {
		total = w.tools
	}
	for _, s := range spans {
		if s.From >= w.t.Scaffold {
			break
		}
		total += w.size(s.From, min(s.To, w.t.Scaffold))
	}
	return total
}

// shared is the size of the longest common prefix of two prompts, and whether it
// is all of a.
func (w weights) shared(a, b []plimsoll.Span) (size float64, whole bool) {
	size = w.tools
	for len(a) > 0 && len(b) > 0 {
		if a[0] == b[0] {
			size += w.size(a[0].From, a[0].To)
			a, b = a[1:], b[1:]
			continue
		}
		x, y := a[0], b[0]
		if x.From == x.To {
			a = a[1:]
			continue
		}
		if y.From == y.To {
			b = b[1:]
			continue
		}
		if x.From != y.From {
			return size, false
		}
		n := min(x.To-x.From, y.To-y.From)
		size += w.size(x.From, x.From+n)
		a, b = advance(a, n), advance(b, n)
	}
	return size, len(a) == 0
}

// advance drops the first n segments of the first span, without changing a.
func advance(a []plimsoll.Span, n int) []plimsoll.Span {
	if a[0].To-a[0].From == n {
		return a[1:]
	}
	rest := append([]plimsoll.Span(nil), a...)
	rest[0].From += n
	return rest
}
