package dialect

import (
	"encoding/json"
	"strconv"

	"plimsoll"
)

// messages is Anthropic's Messages API: the system prompt stands beside the
// messages, tool results are the user's, content comes in blocks. It cannot force a
// length.
type messages struct{}

func (messages) Name() string { return "messages" }
func (messages) Path() string { return "/messages" }
func (messages) Headers() []Header {
	return []Header{{"X-Api-Key", ""}, {"Anthropic-Version", "2023-06-01"}}
}

func (d messages) Encode(t *plimsoll.Trajectory, o Options) (*Encoded, error) {
	head, err := d.head(t, o)
	return encode(d, t, head, err, messagesMessage, messagesTail)
}

func (messages) head(t *plimsoll.Trajectory, o Options) ([]byte, error) {
	head, extra, err := o.open()
	if err != nil {
		return nil, err
	}
	if o.ReasoningEffort != "" {
		head = append(appendQuoted(append(head, `,"output_config":{"effort":`...), o.ReasoningEffort), '}')
	}
	return appendTools(append(head, extra...), t, `{"name":`, `,"input_schema":`)
}

// messagesMessage writes a leading system message beside the messages, and any
// other as blocks. The list of messages opens in whatever comes first.
func messagesMessage(dst []byte, segments []*plimsoll.Segment, p position) ([]byte, int) {
	role := segments[0].Role
	if p == first && role == plimsoll.System {
		dst = append(dst, `,"system":"`...)
		text := len(dst)
		for _, s := range segments {
			dst = appendText(dst, s.Text)
		}
		return append(dst, `","messages":[`...), text
	}
	switch p {
	case first:
		dst = append(dst, `,"messages":[`...)
	case later:
		dst = append(dst, ',')
	}
	if role != plimsoll.Assistant {
		role = plimsoll.User
	}
	dst = append(appendQuoted(append(dst, `{"role":`...), string(role)), `,"content":[`...)
	text := -1
	for i, s := range segments {
		if i > 0 {
			dst = append(dst, ',')
		}
		var at int
		dst, at = appendBlock(dst, s)
		if text < 0 {
			text = at
		}
	}
	return append(dst, `]}`...), text
}

// appendBlock writes one content block and returns where its text begins, -1 where
// no salt may stand.
func appendBlock(dst []byte, s *plimsoll.Segment) ([]byte, int) {
	text := -1
	switch s.Kind {
	case plimsoll.KindReasoning:
		dst = append(appendQuoted(append(dst, `{"type":"thinking","thinking":`...), s.Text), `,"signature":""`...)
	case plimsoll.KindToolCall:
		dst = appendQuoted(append(dst, `{"type":"tool_use","id":`...), s.CallID)
		dst = appendQuoted(append(dst, `,"name":`...), s.Name)
		dst = append(append(dst, `,"input":`...), callInput(s.Text)...)
	case plimsoll.KindToolResult:
		dst = append(appendQuoted(append(dst, `{"type":"tool_result","tool_use_id":`...), s.CallID), `,"content":"`...)
		text = len(dst)
		dst = append(appendText(dst, s.Text), '"')
	default:
		dst = append(dst, `{"type":"text","text":"`...)
		text = len(dst)
		dst = append(appendText(dst, s.Text), '"')
	}
	return append(dst, '}'), text
}

// callInput returns recorded arguments as the object that the format wants.
// Arguments that are none go up as one string member.
func callInput(arguments string) []byte {
	if len(arguments) > 0 && arguments[0] == '{' && json.Valid([]byte(arguments)) {
		return []byte(arguments)
	}
	if arguments == "" {
		return []byte(`{}`)
	}
	return append(appendQuoted([]byte(`{"arguments":`), arguments), '}')
}

func messagesTail(dst []byte, _ Policy, n int) []byte {
	return append(strconv.AppendInt(append(dst, `],"max_tokens":`...), int64(n), 10), '}')
}

// event reads a typed event. Prompt and cached tokens come in the first event,
// the completion's in the last but one.
func (messages) event(data []byte, s *Scanner) error {
	kind, m, ok := typed(data)
	if !ok {
		return errJSON
	}
	switch string(kind) {
	case "message_start":
		s.base = append(s.base[:0], m.member("message").member("usage")...)
	case "content_block_start":
		switch block := m.member("content_block"); string(block.member("type")) {
		case `"tool_use"`:
			block.piece(s, "name", tool)
		case `"text"`:
			block.piece(s, "text", content)
		case `"thinking"`:
			block.piece(s, "thinking", reasoning)
		}
	case "content_block_delta":
		switch delta := m.member("delta"); string(delta.member("type")) {
		case `"text_delta"`:
			delta.piece(s, "text", content)
		case `"thinking_delta"`:
			delta.piece(s, "thinking", reasoning)
		case `"input_json_delta"`:
			delta.piece(s, "partial_json", tool)
		}
	case "message_delta":
		s.usage(m.member("usage"))
		if reason := m.member("delta").member("stop_reason"); len(reason) > 2 {
			s.reply.Finish = stopReason(reason[1 : len(reason)-1])
		}
	case "message_stop":
		s.reply.Done = true
	case "error", "":
		m.failure(s, len(kind) > 0)
	}
	return nil
}

// stopReason puts Anthropic's reasons in OpenAI's words.
func stopReason(raw []byte) string {
	switch string(raw) {
	case "end_turn", "stop_sequence", "pause_turn":
		return "stop"
	case "max_tokens":
		return "length"
	case "tool_use":
		return "tool_calls"
	}
	return finishReason(raw)
}
