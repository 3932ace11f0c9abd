package importer

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// chatMessage is a message in OpenAI's chat form, as requests and recordings hold
// it.
type chatMessage struct {
	Role             string         `json:"role"`
	Content          jsontext.Value `json:"content"`
	ReasoningContent string         `json:"reasoning_content"`
	Reasoning        jsontext.Value `json:"reasoning"`
	ToolCalls        []chatCall     `json:"tool_calls"`
	ToolCallID       string         `json:"tool_call_id"`
	Name             string         `json:"name"`
}

type chatCall struct {
	ID       string `json:"id"`
	Function struct {
		Name      string         `json:"name"`
		Arguments jsontext.Value `json:"arguments"`
	} `json:"function"`
}

// contentPart is one part of a message's content.
type contentPart struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// roleOf maps the speakers of the OpenAI family to ours.
func roleOf(role string) (plimsoll.Role, plimsoll.Kind, error) {
	switch role {
	case "system", "developer":
		return plimsoll.System, plimsoll.KindSystem, nil
	case "user":
		return plimsoll.User, plimsoll.KindUser, nil
	case "assistant":
		return plimsoll.Assistant, plimsoll.KindText, nil
	case "tool", "function":
		return plimsoll.Tool, plimsoll.KindToolResult, nil
	}
	return "", "", fmt.Errorf("role is %.40q; it must be system, developer, user, assistant or tool", role)
}

// message converts m. Parts that are no text (images, audio) are left out and
// counted in dropped.
func (m *chatMessage) message() (out trajectory.Message, dropped int, err error) {
	role, kind, err := roleOf(m.Role)
	if err != nil {
		return nil, 0, err
	}
	reasoning := m.ReasoningContent
	if reasoning == "" && len(m.Reasoning) > 0 && m.Reasoning.Kind() == '"' {
		if err := decode(m.Reasoning, &reasoning); err != nil {
			return nil, 0, fmt.Errorf("reasoning: %w", err)
		}
	}
	if reasoning != "" {
		out = append(out, plimsoll.Segment{Role: role, Kind: plimsoll.KindReasoning, Text: reasoning})
	}
	texts, dropped, err := contentTexts(m.Content)
	if err != nil {
		return nil, 0, fmt.Errorf("content: %w", err)
	}
	for _, text := range texts {
		s := plimsoll.Segment{Role: role, Kind: kind, Text: text}
		if role == plimsoll.Tool {
			s.Name, s.CallID = m.Name, m.ToolCallID
		}
		out = append(out, s)
	}
	for i := range m.ToolCalls {
		call, err := m.ToolCalls[i].segment()
		if err != nil {
			return nil, 0, fmt.Errorf("tool_calls[%d]: %w", i, err)
		}
		out = append(out, call)
	}
	if len(out) == 0 { // an empty message is a message
		out = append(out, plimsoll.Segment{Role: role, Kind: kind, Name: m.Name, CallID: m.ToolCallID})
	}
	return out, dropped, nil
}

func (c *chatCall) segment() (plimsoll.Segment, error) {
	s := plimsoll.Segment{Role: plimsoll.Assistant, Kind: plimsoll.KindToolCall, Name: c.Function.Name, CallID: c.ID}
	args := c.Function.Arguments
	if args.Kind() == '"' {
		if err := decode(args, &s.Text); err != nil {
			return s, fmt.Errorf("arguments: %w", err)
		}
		return s, nil
	}
	s.Text = string(args) // some recorders hold the object itself
	return s, nil
}

// contentTexts returns the texts of a content member: a string, null, or parts.
func contentTexts(content jsontext.Value) (texts []string, dropped int, err error) {
	switch content.Kind() {
	case 0, 'n':
		return nil, 0, nil
	case '"':
		var text string
		if err := decode(content, &text); err != nil {
			return nil, 0, err
		}
		if text == "" {
			return nil, 0, nil
		}
		return []string{text}, 0, nil
	case '[':
		var parts []contentPart
		if err := decode(content, &parts); err != nil {
			return nil, 0, err
		}
		for _, p := range parts {
			if p.Text != "" {
				texts = append(texts, p.Text)
			} else if !strings.HasSuffix(p.Type, "text") {
				dropped++
			}
		}
		return texts, dropped, nil
	}
	return nil, 0, fmt.Errorf("a JSON %s cannot stand here; a string or a list of parts can", content.Kind())
}

// compact returns a JSON value without the space around its tokens.
func compact(v jsontext.Value) string {
	v = bytes.Clone(v)
	if err := v.Compact(); err != nil {
		return string(v) // it was decoded before, so it is JSON
	}
	return string(v)
}

// toolSet reads a request's tools: nothing, or an array.
func toolSet(v jsontext.Value) (string, error) {
	switch v.Kind() {
	case 0, 'n':
		return "", nil
	case '[':
		if s := compact(v); s != "[]" {
			return s, nil
		}
		return "", nil
	}
	return "", fmt.Errorf("tools: a JSON %s cannot stand here; an array of schemas can", v.Kind())
}

// flatTools converts the flat tools of Anthropic's Messages and of the Responses API,
// which differ in the name of the schema, into chat form; a built-in tool without a
// name (web search and the like) has its type for one.
func flatTools(v jsontext.Value) (string, error) {
	if v.Kind() != '[' {
		return toolSet(v)
	}
	var in []struct {
		Type        string         `json:"type"`
		Name        string         `json:"name"`
		Description string         `json:"description"`
		Schema      jsontext.Value `json:"input_schema"`
		Parameters  jsontext.Value `json:"parameters"`
	}
	if err := decode(v, &in); err != nil {
		return "", fmt.Errorf("tools: %w", err)
	}
	if len(in) == 0 {
		return "", nil
	}
	out := make([]functionTool, len(in))
	for i, t := range in {
		if t.Name == "" {
			t.Name = t.Type
		}
		if t.Schema == nil {
			t.Schema = t.Parameters
		}
		out[i] = functionTool{"function", function{t.Name, t.Description, t.Schema}}
	}
	return encodeTools(out)
}

// callNames maps the ids of a message's tool calls to the tools' names.
func callNames(m trajectory.Message, into map[string]string) {
	for _, s := range m {
		if s.Kind == plimsoll.KindToolCall {
			into[s.CallID] = s.Name
		}
	}
}
