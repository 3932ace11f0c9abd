package trajectory

import (
	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
)

// chatMessage is a message in OpenAI's chat form, as the exporters write it.
type chatMessage struct {
	Role       plimsoll.Role  `json:"role"`
	Content    jsontext.Value `json:"content,omitempty"`
	Reasoning  string         `json:"reasoning_content,omitzero"`
	ToolCalls  []chatCall     `json:"tool_calls,omitempty"`
	ToolCallID string         `json:"tool_call_id,omitzero"`
	Name       string         `json:"name,omitzero"`
}

type chatCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Function chatFunction `json:"function"`
}

type chatFunction struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

type chatPart struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// chat converts one message's segments.
func chat(segments []plimsoll.Segment) (chatMessage, error) {
	var m chatMessage
	var texts []string
	for i := range segments {
		s := &segments[i]
		m.Role = s.Role
		switch s.Kind {
		case plimsoll.KindReasoning:
			m.Reasoning += s.Text
		case plimsoll.KindToolCall:
			m.ToolCalls = append(m.ToolCalls, chatCall{s.CallID, "function", chatFunction{s.Name, s.Text}})
		default:
			texts = append(texts, s.Text)
			if s.Role == plimsoll.Tool {
				m.ToolCallID, m.Name = s.CallID, s.Name
			}
		}
	}
	var err error
	m.Content, err = chatContent(texts)
	return m, err
}

// chatContent is a content member: a string for one text, parts for several.
func chatContent(texts []string) (jsontext.Value, error) {
	switch len(texts) {
	case 0:
		return nil, nil
	case 1:
		return encodeJSON(texts[0])
	}
	parts := make([]chatPart, len(texts))
	for i, t := range texts {
		parts[i] = chatPart{"text", t}
	}
	return encodeJSON(parts)
}
