package importer

import (
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// snapshots makes turns of a sequence of whole requests: each holds the history,
// so what stands behind the last request's messages is that request's reply and
// what came after it. A message's bytes are decoded once, however often they come.
type snapshots struct {
	b      *trajectory.Builder
	decode func(jsontext.Value) (trajectory.Message, error)
	names  map[string]string // tool by call id
	seed   maphash.Seed
	spans  map[uint64]plimsoll.Span // of a message, by the hash of its bytes
	// branching: a request that does not go on from an earlier one begins a branch
	// (a sub-agent, another agent); otherwise it is the same thread with its
	// context rewritten.
	branching bool
	threads   []*thread
}

// thread is one growing conversation.
type thread struct {
	branch  int
	request []plimsoll.Span // the last one, a span a message
	turn    int             // index of its last turn
	replied bool            // the last turn's reply is known
}

func newSnapshots(b *trajectory.Builder, decode func(jsontext.Value) (trajectory.Message, error)) *snapshots {
	return &snapshots{b: b, decode: decode, names: map[string]string{}, seed: maphash.MakeSeed(), spans: map[uint64]plimsoll.Span{}}
}

// request appends a turn for a request with these messages.
func (s *snapshots) request(messages []jsontext.Value, turn plimsoll.Turn) error {
	current := make([]plimsoll.Span, 0, len(messages))
	for i, raw := range messages {
		span, err := s.span(raw, current)
		if err != nil {
			return fmt.Errorf("messages[%d]: %w", i, err)
		}
		current = append(current, span)
	}
	return s.append(current, turn, nil)
}

// append adds a turn whose prompt is these messages and whose reply is reply (nil:
// not known yet).
func (s *snapshots) append(current []plimsoll.Span, turn plimsoll.Turn, reply trajectory.Message) error {
	if len(current) == 0 {
		return fmt.Errorf("messages is empty; a request carries at least one")
	}
	th, shared := s.continued(current)
	fresh := th == nil
	if fresh {
		th = &thread{branch: len(s.threads), turn: -1}
		s.threads = append(s.threads, th)
	}
	turn.Branch = th.branch
	if shared == len(th.request) {
		s.reply(th, current[shared:])
		turn.Prompt = s.b.Prompt(th.branch, current[shared:]...)
	} else {
		turn.Prompt = s.b.PromptFrom(th.branch, nil, current...)
		turn.Marker = "compaction"
	}
	s.wait(&turn, th)
	th.request, th.replied = current, false
	if reply != nil {
		span := s.b.Store(reply, current)
		turn.Output, th.replied = []plimsoll.Span{span}, true
		if turn.Finish == "" {
			turn.Finish = finishOf(reply)
		}
	}
	th.turn = s.b.Turn(turn)
	return nil
}

// continued finds the thread that a request goes on from.
func (s *snapshots) continued(current []plimsoll.Span) (*thread, int) {
	var best *thread
	shared := 0
	for _, th := range s.threads {
		n := 0
		for n < len(th.request) && n < len(current) && th.request[n] == current[n] {
			n++
		}
		if !s.branching || (n == len(th.request) && n > shared) {
			best, shared = th, n
		}
	}
	return best, shared
}

// wait settles what a turn waits for: its thread's last turn, and what else had
// ended before it began since then. Where times are known, the delay is what lies
// between.
func (s *snapshots) wait(turn *plimsoll.Turn, th *thread) {
	turns := s.b.T.Turns
	since := time.Duration(-1)
	if th.turn >= 0 {
		turn.WaitFor = append(turn.WaitFor, th.turn)
		since = turns[th.turn].Ended
	}
	latest := -1
	for _, other := range s.threads {
		if other == th || other.turn < 0 || turns[other.turn].Ended > turn.Started {
			continue
		}
		if th.turn >= 0 && turns[other.turn].Ended > since {
			turn.WaitFor = append(turn.WaitFor, other.turn)
		}
		if latest < 0 || turns[other.turn].Ended > turns[latest].Ended {
			latest = other.turn
		}
	}
	if th.turn < 0 && latest >= 0 {
		turn.WaitFor = []int{latest}
	}
	slices.Sort(turn.WaitFor)
	free := time.Duration(0)
	for _, w := range turn.WaitFor {
		free = max(free, turns[w].Ended)
	}
	if turn.Delay == 0 && len(turn.WaitFor) > 0 && turn.Started > 0 {
		turn.Delay = max(0, turn.Started-free)
	}
}

// reply takes the reply of a thread's last turn from what follows its request.
func (s *snapshots) reply(th *thread, next []plimsoll.Span) {
	if th.turn < 0 || th.replied || len(next) == 0 {
		return
	}
	segments := s.b.T.Segments[next[0].From:next[0].To]
	if segments[0].Role != plimsoll.Assistant {
		return
	}
	turn := &s.b.T.Turns[th.turn]
	turn.Output = []plimsoll.Span{next[0]}
	turn.Finish = finishOf(segments)
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
	s.name(m)
	span := s.b.Store(m, before)
	s.spans[key] = span
	return span, nil
}

// name gives tool results the names of the tools that were called.
func (s *snapshots) name(m trajectory.Message) {
	callNames(m, s.names)
	for i := range m {
		if m[i].Kind == plimsoll.KindToolResult && m[i].Name == "" {
			m[i].Name = s.names[m[i].CallID]
		}
	}
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
