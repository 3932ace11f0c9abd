package token

import "plimsoll"

// Fill counts t in c's basis: the tokens of every segment, of every prompt and of
// every recorded reply, and names the basis. It must be called before t is shared.
//
// A prompt counts, for each of its messages, the text of the message (tool call
// names and arguments included) + PerMessage, and the tools JSON. A reply counts
// its text without a frame. Recorded usage in another basis (cached and reasoning
// tokens) is replaced: reasoning by the count of the reply's reasoning, cached by
// 0 (unknown). A segment of known length without text, and a reply that was not
// recorded, keep their lengths; so do replies of a trajectory whose recording lacks
// their reasoning, since their text is not all that was generated.
func Fill(c Counter, t *plimsoll.Trajectory) {
	fresh := t.TokenBasis != c.Basis()
	partial := fresh && t.Fidelity["reasoning"] != "" && t.Fidelity["reasoning"] != plimsoll.Exact
	if fresh {
		for i := range t.Turns {
			t.Turns[i].CachedTokens = 0
		}
	}
	t.TokenBasis = c.Basis()
	f := filler{counter: c, t: t, messages: map[plimsoll.Span]int{}}
	tools := 0
	for i := range t.Segments {
		s := &t.Segments[i]
		if s.Text != "" || s.Name != "" {
			s.Tokens = f.count(plimsoll.Span{From: i, To: i + 1})
		}
		if s.Kind == plimsoll.KindTools {
			tools += s.Tokens
		}
	}
	for i := range t.Turns {
		turn := &t.Turns[i]
		turn.PromptTokens = f.prompt(turn.Prompt) + tools
		if len(turn.Output) > 0 && !(partial && turn.OutputTokens > 0) {
			turn.OutputTokens, turn.ReasoningTokens = f.reply(turn.Output)
		}
	}
}

// Prompt counts one prompt of t, as Fill does, tools included.
func Prompt(c Counter, t *plimsoll.Trajectory, prompt []plimsoll.Span) int {
	f := filler{counter: c, t: t, messages: map[plimsoll.Span]int{}}
	n := f.prompt(prompt)
	for i, s := range t.Segments {
		if s.Kind == plimsoll.KindTools {
			n += f.count(plimsoll.Span{From: i, To: i + 1})
		}
	}
	return n
}

type filler struct {
	counter  Counter
	t        *plimsoll.Trajectory
	messages map[plimsoll.Span]int // count by message range
	scratch  []byte
}

// count returns the tokens of the segments of span taken as one text.
func (f *filler) count(span plimsoll.Span) int {
	f.scratch = f.scratch[:0]
	textless := 0
	for i := span.From; i < span.To; i++ {
		s := &f.t.Segments[i]
		if s.Text == "" && s.Name == "" {
			textless += s.Tokens
		}
		if s.Kind == plimsoll.KindToolCall {
			f.scratch = append(f.scratch, s.Name...)
		}
		f.scratch = append(f.scratch, s.Text...)
	}
	return f.counter.Count(f.scratch) + textless
}

// prompt sums the messages of a prompt; a message is a run of listed segments
// with one message number, also across the seam of two spans.
func (f *filler) prompt(spans []plimsoll.Span) int {
	total := 0
	for _, m := range Messages(f.t, spans) {
		n, known := f.messages[m]
		if !known {
			n = f.count(m) + PerMessage
			f.messages[m] = n
		}
		total += n
	}
	return total
}

func (f *filler) reply(spans []plimsoll.Span) (tokens, reasoning int) {
	for _, span := range spans {
		tokens += f.count(span)
		for i := span.From; i < span.To; i++ {
			if s := &f.t.Segments[i]; s.Kind == plimsoll.KindReasoning {
				reasoning += s.Tokens
			}
		}
	}
	return tokens, reasoning
}

// Messages splits a prompt into its messages, each a range of segments that share
// a message number. Tools segments belong to no message and are left out. A
// message whose middle segments a prompt skips comes out as several ranges.
func Messages(t *plimsoll.Trajectory, spans []plimsoll.Span) []plimsoll.Span {
	var out []plimsoll.Span
	open := false
	for _, span := range spans {
		for i := span.From; i < span.To; i++ {
			s := &t.Segments[i]
			if s.Kind == plimsoll.KindTools {
				open = false
				continue
			}
			if last := len(out) - 1; open && out[last].To == i && t.Segments[i-1].Message == s.Message {
				out[last].To++
				continue
			}
			out = append(out, plimsoll.Span{From: i, To: i + 1})
			open = true
		}
	}
	return out
}
