package dialect

import (
	"strconv"

	"plimsoll"
)

// chat is OpenAI's chat completions.
type chat struct{}

func (chat) Name() string      { return "chat" }
func (chat) Path() string      { return "/chat/completions" }
func (chat) Headers() []Header { return []Header{{"Authorization", "Bearer "}} }

func (d chat) Encode(t *plimsoll.Trajectory, o Options) (*Encoded, error) {
	head, err := d.head(t, o)
	return encode(d, t, head, err, chatMessage, chatTail)
}

// head writes everything before the first message.
func (chat) head(t *plimsoll.Trajectory, o Options) ([]byte, error) {
	head, err := o.openAI()
	if err != nil {
		return nil, err
	}
	tools, err := toolSchemas(t)
	if err != nil {
		return nil, err
	}
	if len(tools) > 0 {
		head = append(append(head, `,"tools":`...), tools...)
	}
	return append(head, `,"messages":[`...), nil
}

// openAI writes the members that chat and completions share, up to the prompt.
func (o Options) openAI() ([]byte, error) {
	head, extra, err := o.open()
	if err != nil {
		return nil, err
	}
	switch {
	case o.ContinuousUsage:
		head = append(head, `,"stream_options":{"include_usage":true,"continuous_usage_stats":true}`...)
	case o.Usage:
		head = append(head, `,"stream_options":{"include_usage":true}`...)
	}
	if o.ReasoningEffort != "" {
		head = appendQuoted(append(head, `,"reasoning_effort":`...), o.ReasoningEffort)
	}
	return append(head, extra...), nil
}

// chatMessage encodes one message and returns where its text begins.
func chatMessage(dst []byte, segments []*plimsoll.Segment, p position) ([]byte, int) {
	if p != first {
		dst = append(dst, ',')
	}
	dst = appendQuoted(append(dst, `{"role":`...), string(segments[0].Role))
	if segments[0].Kind == plimsoll.KindToolResult {
		dst = appendQuoted(append(dst, `,"tool_call_id":`...), segments[0].CallID)
	}
	dst = appendJoined(dst, `,"reasoning_content":"`, segments, plimsoll.KindReasoning)
	dst, text := appendContent(dst, segments)
	calls := 0
	for _, s := range segments {
		if s.Kind != plimsoll.KindToolCall {
			continue
		}
		if calls++; calls == 1 {
			dst = append(dst, `,"tool_calls":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = appendQuoted(append(dst, `{"id":`...), s.CallID)
		dst = appendQuoted(append(dst, `,"type":"function","function":{"name":`...), s.Name)
		dst = appendQuoted(append(dst, `,"arguments":`...), s.Text)
		dst = append(dst, `}}`...)
	}
	if calls > 0 {
		dst = append(dst, ']')
	}
	return append(dst, '}'), text
}

// appendContent writes the content member: the message's texts joined, or null for
// a message of tool calls alone.
func appendContent(dst []byte, segments []*plimsoll.Segment) ([]byte, int) {
	has, calls := false, false
	for _, s := range segments {
		has = has || isText(s.Kind)
		calls = calls || s.Kind == plimsoll.KindToolCall
	}
	if !has && calls {
		return append(dst, `,"content":null`...), -1
	}
	dst = append(dst, `,"content":"`...)
	text := len(dst)
	for _, s := range segments {
		if isText(s.Kind) {
			dst = appendText(dst, s.Text)
		}
	}
	return append(dst, '"'), text
}

// appendJoined writes a member that joins all segments of a kind, if there are any.
func appendJoined(dst []byte, member string, segments []*plimsoll.Segment, kind plimsoll.Kind) []byte {
	found := false
	for _, s := range segments {
		if s.Kind != kind {
			continue
		}
		if !found {
			dst, found = append(dst, member...), true
		}
		dst = appendText(dst, s.Text)
	}
	if found {
		dst = append(dst, '"')
	}
	return dst
}

// isText reports whether a segment's text stands in its message's content.
func isText(k plimsoll.Kind) bool {
	return k != plimsoll.KindReasoning && k != plimsoll.KindToolCall && k != plimsoll.KindTools
}

// chatTail closes the request with the reply's length.
func chatTail(dst []byte, p Policy, n int) []byte {
	return append(appendLength(append(dst, ']'), p, n), '}')
}

// appendLength writes OpenAI's bound and, to force it, what vLLM, SGLang,
// TensorRT-LLM and llama.cpp add to it.
func appendLength(dst []byte, p Policy, n int) []byte {
	dst = strconv.AppendInt(append(dst, `,"max_tokens":`...), int64(n), 10)
	if p == Recorded {
		dst = strconv.AppendInt(append(dst, `,"min_tokens":`...), int64(n), 10)
		dst = append(dst, `,"ignore_eos":true`...)
	}
	return dst
}
