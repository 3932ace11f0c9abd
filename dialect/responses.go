package dialect

import (
	"strconv"

	"plimsoll"
)

// responses is OpenAI's Responses API: items instead of messages, a typed event for
// each piece of the reply, nothing stored.
type responses struct{}

func (responses) Name() string      { return "responses" }
func (responses) Path() string      { return "/responses" }
func (responses) Headers() []Header { return chat{}.Headers() }

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

// responsesTail closes the request with the reply's length and, to force it, what
// vLLM adds.
func responsesTail(dst []byte, p Policy, n int) []byte {
	dst = strconv.AppendInt(append(dst, `],"max_output_tokens":`...), int64(n), 10)
	if p == Recorded {
		dst = append(dst, `,"ignore_eos":true`...)
	}
	return append(dst, '}')
}

// event reads a typed event. The end mark is the event that closes the response.
func (responses) event(data []byte, s *Scanner) error {
	kind, m, ok := typed(data)
	if !ok {
		return errJSON
	}
	switch string(kind) {
	case "response.output_text.delta", "response.refusal.delta":
		m.piece(s, "delta", content)
	case "response.reasoning_text.delta", "response.reasoning_summary_text.delta":
		m.piece(s, "delta", reasoning)
	case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta",
		"response.mcp_call_arguments.delta", "response.code_interpreter_call_code.delta":
		m.piece(s, "delta", tool)
	case "response.output_item.added":
		switch item := m.member("item"); string(item.member("type")) {
		case `"function_call"`, `"custom_tool_call"`, `"mcp_call"`:
			s.calls = true
			item.piece(s, "name", tool)
		}
	case "response.completed", "response.incomplete", "response.failed":
		s.responseEnd(m.member("response"), string(kind) == "response.failed")
	case "error", "":
		m.failure(s, len(kind) > 0)
	}
	return nil
}

// responseEnd reads the response object that ends a stream, of a reply that failed
// or of one that may have.
func (s *Scanner) responseEnd(r object, failed bool) {
	s.reply.Done = true
	s.usage(r.member("usage"))
	r.failure(s, failed)
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
