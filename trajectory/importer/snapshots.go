package importer

import (
	"fmt"
	"hash/maphash"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// snapshots makes turns of a sequence of whole requests: each holds the history,
// so what stands behind the last request's messages is that request's reply and
// what came after it. A message's bytes are decoded once, however often they come.
type snapshots struct {
	b       *trajectory.Builder
	decode  func(jsontext.Value) (trajectory.Message, error)
	seed    maphash.Seed
	spans   map[uint64]plimsoll.Span // of a message, by the hash of its bytes
	last    []plimsoll.Span          // the last request, a span a message
	branch  int
	pending int // index of the turn whose reply is not known yet, -1 none
}

func newSnapshots(b *trajectory.Builder, decode func(jsontext.Value) (trajectory.Message, error)) *snapshots {
	return &snapshots{b: b, decode: decode, seed: maphash.MakeSeed(), spans: map[uint64]plimsoll.Span{}, pending: -1}
}

// request appends a turn for a request with these messages.
func (s *snapshots) request(messages []jsontext.Value, turn plimsoll.Turn) error {
	if len(messages) == 0 {
		return fmt.Errorf("messages is empty; a request carries at least one")
	}
	current := make([]plimsoll.Span, 0, len(messages))
	for i, raw := range messages {
		span, err := s.span(raw, current)
		if err != nil {
			return fmt.Errorf("messages[%d]: %w", i, err)
		}
		current = append(current, span)
	}
	shared := 0
	for shared < len(s.last) && shared < len(current) && s.last[shared] == current[shared] {
		shared++
	}
	if shared == len(s.last) {
		s.reply(current[shared:])
		turn.Prompt = s.b.Prompt(s.branch, current[shared:]...)
	} else {
		turn.Prompt = s.b.PromptFrom(s.branch, nil, current...)
		turn.Marker = "compaction"
	}
	if n := len(s.b.T.Turns); n > 0 {
		turn.WaitFor = []int{n - 1}
	}
	turn.Branch = s.branch
	s.pending = s.b.Turn(turn)
	s.last = current
	return nil
}

// reply takes the reply of the turn that waits for one from what follows its
// request.
func (s *snapshots) reply(next []plimsoll.Span) {
	if s.pending < 0 {
		return
	}
	turn := &s.b.T.Turns[s.pending]
	for _, span := range next {
		segments := s.b.T.Segments[span.From:span.To]
		if segments[0].Role != plimsoll.Assistant || len(turn.Output) > 0 {
			return
		}
		turn.Output = []plimsoll.Span{span}
		turn.Finish = finishOf(segments)
	}
}

func (s *snapshots) span(raw jsontext.Value, before []plimsoll.Span) (plimsoll.Span, error) {
	key := maphash.Bytes(s.seed, raw)
	if span, known := s.spans[key]; known && (len(before) == 0 || before[len(before)-1] != span) {
		return span, nil
	}
	m, err := s.decode(raw)
	if err != nil {
		return plimsoll.Span{}, err
	}
	span := s.b.Store(m, before)
	s.spans[key] = span
	return span, nil
}

// scaffold settles how many leading segments are system prompt and tools.
func scaffold(t *plimsoll.Trajectory) {
	n := 0
	for n < len(t.Segments) && (t.Segments[n].Kind == plimsoll.KindTools || t.Segments[n].Kind == plimsoll.KindSystem) {
		n++
	}
	t.Scaffold = n
}

// decodeChat decodes a message in OpenAI's chat form.
func decodeChat(raw jsontext.Value) (trajectory.Message, error) {
	var m chatMessage
	if err := decode(raw, &m); err != nil {
		return nil, err
	}
	message, _, err := m.message()
	return message, err
}
