package trajectory

import (
	"hash/maphash"
	"slices"
	"strconv"

	"plimsoll"
)

// Message is one message of a conversation as a recording holds it: the segments
// of one speaker. Their Message number is set by the Builder.
type Message []plimsoll.Segment

// Builder makes a linear trajectory from a recording that may repeat its history
// in every request: a message that was seen before is not stored again. It is used
// by importers and generators; it is not safe for concurrent use.
type Builder struct {
	T        *plimsoll.Trajectory
	seed     maphash.Seed
	seen     map[uint64][]plimsoll.Span // stored messages by hash of their content
	messages int
	chains   map[int][]plimsoll.Span // by branch: the last prompt, whose array later prompts extend
}

// NewBuilder begins a trajectory.
func NewBuilder(id string) *Builder {
	return &Builder{
		T:    &plimsoll.Trajectory{ID: id, Fidelity: map[string]plimsoll.Fidelity{}},
		seed: maphash.MakeSeed(), seen: map[uint64][]plimsoll.Span{}, chains: map[int][]plimsoll.Span{},
	}
}

// Tools stores the tool schemas, a JSON array in OpenAI's form. It must come
// before every message, so that scaffold and prompts stay contiguous.
func (b *Builder) Tools(schemas string) {
	b.T.Segments = append(b.T.Segments, plimsoll.Segment{Message: -1, Role: plimsoll.System, Kind: plimsoll.KindTools, Text: schemas})
	b.T.Scaffold = len(b.T.Segments)
}

// Store returns the segments of m: those of an equal message that is stored
// already, whole or without its reasoning, or new ones. after is the prompt so
// far: an equal message right behind itself is stored anew, since two messages in
// a row must not share a number.
func (b *Builder) Store(m Message, after []plimsoll.Span) plimsoll.Span {
	last := -1
	if n := len(after); n > 0 && after[n-1].To > after[n-1].From {
		last = b.T.Segments[after[n-1].To-1].Message
	}
	for _, span := range b.seen[b.hash(m)] {
		if b.T.Segments[span.From].Message != last && sameContent(b.T.Segments[span.From:span.To], m) {
			return span
		}
	}
	return b.add(m)
}

// Add stores m without looking for an equal one.
func (b *Builder) Add(m Message) plimsoll.Span { return b.add(m) }

func (b *Builder) add(m Message) plimsoll.Span {
	span := plimsoll.Span{From: len(b.T.Segments)}
	for _, s := range m {
		s.Message = b.messages
		b.T.Segments = append(b.T.Segments, s)
	}
	b.messages++
	span.To = len(b.T.Segments)
	b.remember(span)
	// A recording may send a reply back with or without its reasoning.
	if bare := b.WithoutReasoning(span); len(bare) == 1 && bare[0] != span {
		b.remember(bare[0])
	}
	return span
}

func (b *Builder) remember(span plimsoll.Span) {
	h := b.hash(b.T.Segments[span.From:span.To])
	b.seen[h] = append(b.seen[h], span)
}

// WithoutReasoning returns span less its reasoning segments.
func (b *Builder) WithoutReasoning(span plimsoll.Span) []plimsoll.Span {
	var out []plimsoll.Span
	for i := span.From; i < span.To; i++ {
		if b.T.Segments[i].Kind != plimsoll.KindReasoning {
			out = Join(out, plimsoll.Span{From: i, To: i + 1})
		}
	}
	return out
}

// Prompt extends the branch's last prompt by add, or begins a prompt when there
// is none. Successive prompts of a branch share memory: a turn costs its new
// spans only.
func (b *Builder) Prompt(branch int, add ...plimsoll.Span) []plimsoll.Span {
	return b.PromptFrom(branch, b.Last(branch), add...)
}

// Last returns the branch's last prompt; it must not be changed.
func (b *Builder) Last(branch int) []plimsoll.Span { return b.chains[branch] }

// PromptFrom makes a prompt of base and add; base may be any prompt of the
// trajectory.
func (b *Builder) PromptFrom(branch int, base []plimsoll.Span, add ...plimsoll.Span) []plimsoll.Span {
	chain := b.chains[branch]
	if len(base) != len(chain) || (len(base) > 0 && &base[0] != &chain[0]) {
		chain = slices.Clone(base)
	}
	seam := len(chain)
	for _, span := range add {
		if last := len(chain) - 1; last >= seam && chain[last].To == span.From {
			chain[last].To = span.To
		} else if span.From < span.To {
			chain = append(chain, span)
		}
	}
	b.chains[branch] = chain
	return chain[:len(chain):len(chain)]
}

// Turn appends a turn and returns its index.
func (b *Builder) Turn(t plimsoll.Turn) int {
	b.T.Turns = append(b.T.Turns, t)
	return len(b.T.Turns) - 1
}

// Join appends span to spans, merging it with the last where they touch.
func Join(spans []plimsoll.Span, span plimsoll.Span) []plimsoll.Span {
	if last := len(spans) - 1; last >= 0 && spans[last].To == span.From {
		spans[last].To = span.To
		return spans
	}
	return append(spans, span)
}

func (b *Builder) hash(segments []plimsoll.Segment) uint64 {
	var h maphash.Hash
	h.SetSeed(b.seed)
	for i := range segments {
		s := &segments[i]
		for _, part := range [...]string{string(s.Role), string(s.Kind), s.Name, s.CallID, strconv.Itoa(len(s.Text)), s.Text} {
			h.WriteString(part)
			h.WriteByte(0)
		}
	}
	return h.Sum64()
}

func sameContent(a, b []plimsoll.Segment) bool {
	return slices.EqualFunc(a, b, func(x, y plimsoll.Segment) bool {
		return x.Role == y.Role && x.Kind == y.Kind && x.Text == y.Text && x.Name == y.Name && x.CallID == y.CallID &&
			x.Tokens == y.Tokens && slices.Equal(x.Blocks, y.Blocks)
	})
}
