package dialect

import (
	"bytes"
	"encoding/json"
	"fmt"

	"plimsoll"
)

// toolSchemas returns the trajectory's tool schemas as compact JSON, nil when it
// has none.
func toolSchemas(t *plimsoll.Trajectory) ([]byte, error) {
	for i := range t.Segments {
		if t.Segments[i].Kind != plimsoll.KindTools || t.Segments[i].Text == "" {
			continue
		}
		var list []json.RawMessage
		if err := json.Unmarshal([]byte(t.Segments[i].Text), &list); err != nil {
			return nil, fmt.Errorf("segment %d: tools are no JSON array: %w", i, err)
		}
		if len(list) == 0 {
			return nil, nil
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(t.Segments[i].Text)); err != nil {
			return nil, fmt.Errorf("segment %d: tools: %w", i, err)
		}
		return compact.Bytes(), nil
	}
	return nil, nil
}

// function is a tool schema in OpenAI's chat form.
type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
}

// schema returns the parameters' schema; a tool without one takes nothing.
func (f function) schema() []byte {
	if len(f.Parameters) == 0 || string(f.Parameters) == "null" {
		return []byte(`{"type":"object","properties":{}}`)
	}
	return f.Parameters
}

// appendTools writes the trajectory's tools, if it has any, in a form that differs from
// chat's in how a tool opens, up to its name, and in the name of its schema.
func appendTools(head []byte, t *plimsoll.Trajectory, open, schema string) ([]byte, error) {
	raw, err := toolSchemas(t)
	if err != nil || len(raw) == 0 {
		return head, err
	}
	var list []struct {
		Function function `json:"function"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("tools are not in OpenAI's form: %w", err)
	}
	head = append(head, `,"tools":`...)
	for i, tool := range list {
		if tool.Function.Name == "" {
			return nil, fmt.Errorf("tool %d has no function name", i)
		}
		head = append(head, "[,"[min(i, 1)])
		head = appendQuoted(append(head, open...), tool.Function.Name)
		head = appendQuoted(append(head, `,"description":`...), tool.Function.Description)
		head = append(append(append(head, schema...), tool.Function.schema()...), '}')
	}
	return append(head, ']'), nil
}
