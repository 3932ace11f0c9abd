package dialect

import (
	"strconv"

	"plimsoll"
)

// responses is OpenAI's Responses API: items instead of messages, a typed event for
// each piece of the reply, nothing stored. It cannot force a length.
type responses struct{}

func (responses) Name() string       { return "responses" }
func (responses) Path() string       { return "/responses" }
func (responses) ForcesLength() bool { return false }
func (responses) Headers() []Header  { return chat{}.Headers() }

func (d responses) Encode(t *plimsoll.Trajectory, o Options) (*Encoded, error) {
	head, err := d.head(t, o)
	return encode(d, t, head, err, responsesItems, responsesTail)
}

func (responses) head(t *plimsoll.Trajectory, o Options) ([]byte, error) {
	head, extra, err := o.open()
	if err != nil {
		return nil, err
	}
	head = append(head, `,"store":false`...)
	if o.ReasoningEffort != "" {
		head = append(appendQuoted(append(head, `,"reasoning":{"effort":`...), o.ReasoningEffort), '}')
	}
	head, err = appendTools(append(head, extra...), t, `{"type":"function","name":`, `,"parameters":`)
	return append(head, `,"input":[`...), err
}

// responsesItems writes one message as its items: reasoning, text, calls, result.
func responsesItems(dst []byte, segments []*plimsoll.Segment, p position) ([]byte, int) {
	text, items := -1, 0
	item := func(open string) {
		if items++; items > 1 || p != first {
			dst = append(dst, ',')
		}
		dst = append(dst, open...)
	}
	for _, s := range segments {
		switch s.Kind {
		case plimsoll.KindReasoning:
			item(`{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":`)
			dst = append(appendQuoted(dst, s.Text), `}]}`...)
		case plimsoll.KindToolCall:
			item(`{"type":"function_call","call_id":`)
			dst = appendQuoted(append(appendQuoted(dst, s.CallID), `,"name":`...), s.Name)
			dst = append(appendQuoted(append(dst, `,"arguments":`...), s.Text), '}')
		case plimsoll.KindToolResult:
			item(`{"type":"function_call_output","call_id":`)
			dst = append(appendQuoted(dst, s.CallID), `,"output":"`...)
			text = len(dst)
			dst = append(appendText(dst, s.Text), `"}`...)
		default:
			item(`{"type":"message","role":`)
			dst = append(appendQuoted(dst, string(s.Role)), `,"content":"`...)
			if text < 0 {
				text = len(dst)
			}
			dst = append(appendText(dst, s.Text), `"}`...)
		}
	}
	return dst, text
}

func responsesTail(dst []byte, _ Policy, n int) []byte {
	return append(strconv.AppendInt(append(dst, `],"max_output_tokens":`...), int64(n), 10), '}')
}

// event reads a typed event. The end mark is the event that closes the response.
func (responses) event(data []byte, s *Scanner) error {
	kind, m, ok := typed(data)
	if !ok {
		return errJSON
	}
	switch string(kind) {
	case "response.output_text.delta", "response.refusal.delta":
		return m.piece(s, "delta", Content)
	case "response.reasoning_text.delta", "response.reasoning_summary_text.delta":
		return m.piece(s, "delta", Reasoning)
	case "response.function_call_arguments.delta":
		return m.piece(s, "delta", Tool)
	case "response.output_item.added":
		if item := m.member("item"); string(item.member("type")) == `"function_call"` {
			s.calls = true
			return item.piece(s, "name", Tool)
		}
	case "response.completed", "response.incomplete", "response.failed":
		s.responseEnd(m.member("response"))
	case "error":
		w := walker{b: data}
		if e := m.member("error"); len(e) > 0 && e[0] == '{' {
			w.b = e
		}
		w.failure(s)
	}
	return nil
}

// responseEnd reads the response object that ends a stream.
func (s *Scanner) responseEnd(r object) {
	s.reply.Done = true
	s.usage(r.member("usage"))
	if e := r.member("error"); len(e) > 0 && e[0] == '{' {
		w := walker{b: e}
		w.failure(s)
	}
	switch reason := r.member("incomplete_details").member("reason"); {
	case string(reason) == `"max_output_tokens"`:
		s.reply.Finish = "length"
	case len(reason) > 2:
		s.reply.Finish = finishReason(reason[1 : len(reason)-1])
	case s.calls:
		s.reply.Finish = "tool_calls"
	default:
		s.reply.Finish = "stop"
	}
}
