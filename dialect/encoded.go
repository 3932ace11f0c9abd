package dialect

import (
	"bytes"
	"fmt"

	"plimsoll"
)

// Policy says how long a reply is asked to be.
type Policy string

// The policies.
const (
	Recorded Policy = "recorded" // exactly the recorded length
	Free     Policy = "free"     // as the model likes, up to a guard
	Primer   Policy = "primer"   // one token: only the prompt matters
)

// Output is how long one reply is asked to be. Max 0 is the policy's own: the
// turn's recorded length (at least 1), [plimsoll.FreeGuard], or 1.
type Output struct {
	Policy Policy
	Max    int
}

// Salts are put into a request as they are, so they must be ASCII that JSON needs
// not escape. An empty salt is left out.
type Salts struct{ Level, Walk []byte }

// Encoded is one trajectory in one dialect. It is immutable.
type Encoded struct {
	t     *plimsoll.Trajectory
	arena []byte
	turns []encodedTurn
	head  span // request up to the first message, in the arena
	stop  func(dst []byte, p Policy, n int) []byte
}

// span is a half-open range of the arena.
type span struct{ from, to int }

// encodedTurn is where a turn's prompt lies in the arena, and its tails.
type encodedTurn struct {
	body        []span
	level, walk mark
	recorded    int
	tails       [3]span // by policy: recorded, free, primer
}

// mark is a place in a turn's body: an offset in the arena inside span number part.
type mark struct{ part, at int }

// Trajectory returns what was encoded.
func (e *Encoded) Trajectory() *plimsoll.Trajectory { return e.t }

// Max returns the token bound that Request writes for a turn.
func (e *Encoded) Max(turn int, o Output) int {
	switch {
	case o.Max > 0:
		return o.Max
	case o.Policy == Free:
		return plimsoll.FreeGuard
	case o.Policy == Primer:
		return 1
	}
	return e.turns[turn].recorded
}

// Request appends the slices of a turn's request body to dst and returns them with
// their total length. The slices are shared and must not be written to.
func (e *Encoded) Request(dst [][]byte, turn int, salts Salts, o Output) ([][]byte, int64) {
	t := &e.turns[turn]
	from := len(dst)
	dst = append(dst, e.arena[e.head.from:e.head.to])
	for i, part := range t.body {
		at := part.from
		if i == t.level.part && len(salts.Level) > 0 {
			dst = append(dst, e.arena[at:t.level.at], salts.Level)
			at = t.level.at
		}
		if i == t.walk.part && len(salts.Walk) > 0 {
			dst = append(dst, e.arena[at:t.walk.at], salts.Walk)
			at = t.walk.at
		}
		dst = append(dst, e.arena[at:part.to])
	}
	dst = append(dst, e.tail(t, o, turn))
	var length int64
	for _, slice := range dst[from:] {
		length += int64(len(slice))
	}
	return dst, length
}

// tail returns the request's end: one that was encoded before unless a bound was
// given.
func (e *Encoded) tail(t *encodedTurn, o Output, turn int) []byte {
	if o.Max > 0 {
		return e.stop(nil, o.Policy, o.Max)
	}
	which := t.tails[0]
	switch o.Policy {
	case Free:
		which = t.tails[1]
	case Primer:
		which = t.tails[2]
	}
	return e.arena[which.from:which.to]
}

// encoder builds an Encoded. A message is encoded once for each distinct list of
// its segments; turns then point at the encodings.
type encoder struct {
	e    *Encoded
	seen map[messageKey]message
	// group is the segments of the message under way.
	group []int
	// encode writes one message of the dialect, with what divides it from the one
	// before, and returns where its text begins (-1 none).
	encode func(dst []byte, segments []*plimsoll.Segment, p position) ([]byte, int)
}

// messageKey names a list of segments, gaps only where it has some, in a position.
type messageKey struct {
	from, to int
	at       position
	gaps     string
}

// position is where a message stands in its prompt, as far as its encoding depends
// on it.
type position byte

const (
	first       position = iota // of the prompt
	afterSystem                 // second, after a system message
	later
)

// message is one encoded message: where it lies, where its text begins (-1 none),
// and whose it is.
type message struct {
	at   span
	text int
	role plimsoll.Role
}

// encode encodes a trajectory from its request head, or the error that making it had.
func encode(d Dialect, t *plimsoll.Trajectory, head []byte, err error, message func([]byte, []*plimsoll.Segment, position) ([]byte, int), tail func([]byte, Policy, int) []byte) (*Encoded, error) {
	n := encoder{e: &Encoded{t: t, stop: tail}, encode: message}
	if err == nil {
		err = n.build(head)
	}
	if err != nil {
		return nil, fmt.Errorf("encode trajectory %q for %s: %w", t.ID, d.Name(), err)
	}
	return n.e, nil
}

// build encodes head, messages and tails of a trajectory.
func (n *encoder) build(head []byte) error {
	e := n.e
	e.arena = append(e.arena, head...)
	e.head = span{0, len(e.arena)}
	n.seen = make(map[messageKey]message)
	e.turns = make([]encodedTurn, len(e.t.Turns))
	for i := range e.t.Turns {
		messages, err := n.messages(i)
		if err != nil {
			return fmt.Errorf("turn %d: %w", i, err)
		}
		e.turns[i] = place(messages)
		e.turns[i].recorded = max(1, e.t.Turns[i].OutputTokens)
	}
	for i := range e.turns {
		for p, o := range []Output{{Policy: Recorded}, {Policy: Free}, {Policy: Primer}} {
			from := len(e.arena)
			e.arena = e.stop(e.arena, o.Policy, e.Max(i, o))
			e.turns[i].tails[p] = span{from, len(e.arena)}
		}
	}
	e.arena = bytes.Clone(e.arena) // without the room that growing left
	return nil
}

// messages returns a turn's prompt as messages. Those that were not encoded before
// are encoded now.
func (n *encoder) messages(turn int) ([]message, error) {
	var out []message
	err := n.groups(turn, func(group []int) {
		at := later
		switch {
		case len(out) == 0:
			at = first
		case len(out) == 1 && out[0].role == plimsoll.System:
			at = afterSystem
		}
		out = append(out, n.message(group, at))
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("prompt is empty")
	}
	return out, err
}

// groups visits the segments of a turn's prompt, by index, message by message. The
// slice is used again for the next message.
func (n *encoder) groups(turn int, visit func(group []int)) error {
	all := n.e.t.Segments
	group := n.group[:0]
	for _, s := range n.e.t.Turns[turn].Prompt {
		if s.From < 0 || s.To > len(all) || s.From > s.To {
			return fmt.Errorf("prompt span [%d,%d) is outside the %d segments", s.From, s.To, len(all))
		}
		for i := s.From; i < s.To; i++ {
			switch {
			case all[i].Kind == plimsoll.KindTools:
				continue
			case all[i].Text == "" && len(all[i].Blocks) > 0:
				return fmt.Errorf("segment %d has no text: fill a shape-only trajectory first", i)
			case len(group) > 0 && !together(&all[group[len(group)-1]], &all[i]):
				visit(group)
				group = group[:0]
			}
			group = append(group, i)
		}
	}
	if len(group) > 0 {
		visit(group)
	}
	n.group = group
	return nil
}

// message returns the encoding of a message in a position. Every turn asks for
// every message of its prompt, so one that is known costs no allocation.
func (n *encoder) message(group []int, p position) message {
	key := messageKey{from: group[0], to: group[len(group)-1], at: p}
	if key.to-key.from+1 != len(group) {
		key.gaps = fmt.Sprint(group)
	}
	m, ok := n.seen[key]
	if ok {
		return m
	}
	segments := make([]*plimsoll.Segment, len(group))
	for i, index := range group {
		segments[i] = &n.e.t.Segments[index]
	}
	from := len(n.e.arena)
	var text int
	n.e.arena, text = n.encode(n.e.arena, segments, p)
	m = message{at: span{from, len(n.e.arena)}, text: text, role: segments[0].Role}
	n.seen[key] = m
	return m
}

// together reports whether two neighbours form one message. A tool result is
// always a message of its own.
func together(a, b *plimsoll.Segment) bool {
	return a.Message == b.Message && a.Role == b.Role && a.Kind != plimsoll.KindToolResult && b.Kind != plimsoll.KindToolResult
}

// place joins messages that are neighbours in the arena and marks where the salts
// go.
func place(messages []message) encodedTurn {
	t := encodedTurn{level: mark{part: -1}, walk: mark{part: -1}}
	for _, m := range messages {
		if last := len(t.body) - 1; last >= 0 && t.body[last].to == m.at.from {
			t.body[last].to = m.at.to
		} else {
			t.body = append(t.body, m.at)
		}
		if m.text < 0 {
			continue
		}
		here := mark{len(t.body) - 1, m.text}
		if t.level.part < 0 {
			t.level = here
		}
		if t.walk.part < 0 && m.role == plimsoll.User {
			t.walk = here
		}
	}
	if t.walk.part < 0 {
		t.walk = t.level
	}
	return t
}
