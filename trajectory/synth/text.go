package synth

import (
	"encoding/json"
	"fmt"

	"plimsoll"
	"plimsoll/trajectory"
)

// reply writes an assistant message whose text, tool name and arguments are size
// bytes long together: reasoning, a sentence, and a tool call or, at the end of a
// task, a closing text.
func (k *session) reply(size, reasoning int, tool *Tool, id string, last bool) trajectory.Message {
	var m trajectory.Message
	add := func(kind plimsoll.Kind, rule string, size int) {
		if size > 0 {
			m = append(m, plimsoll.Segment{Role: plimsoll.Assistant, Kind: kind, Text: string(k.g.write(nil, k.s, rule, size))})
		}
	}
	add(plimsoll.KindReasoning, "thought", reasoning)
	size -= reasoning
	if last {
		add(plimsoll.KindText, "thought", size)
		return m
	}
	call := size
	if talk := min(size/4, size-4*callTokens(tool), 160); talk > 16 && k.s.unit() < 0.4 {
		add(plimsoll.KindText, "say", talk)
		call -= talk
	}
	args := k.arguments(call-len(tool.Name), tool.Class)
	return append(m, plimsoll.Segment{Role: plimsoll.Assistant, Kind: plimsoll.KindToolCall, Name: tool.Name, CallID: id, Text: args})
}

// arguments writes a JSON object of exactly size bytes, as a call of a tool of the
// class has it; size is at least that of callTokens.
func (k *session) arguments(size int, class string) string {
	key, rule := argument(class)
	frame := len(`{"":""}`) + len(key)
	// Escapes make the JSON longer than its text: write, then take what fits.
	text := k.g.write(nil, k.s, rule, size-frame)
	body := make([]byte, 0, size-frame)
	for _, c := range text {
		piece := escape(c)
		if len(body)+len(piece) > size-frame {
			break
		}
		body = append(body, piece...)
	}
	for len(body) < size-frame {
		body = append(body, ' ')
	}
	return `{"` + key + `":"` + string(body) + `"}`
}

func escape(c byte) string {
	switch c {
	case '\n':
		return `\n`
	case '\t':
		return `\t`
	case '"':
		return `\"`
	case '\\':
		return `\\`
	}
	return string(rune(c))
}

// argument is the main argument of a tool of a class, and the rule that writes it.
func argument(class string) (key, rule string) {
	switch class {
	case "read":
		return "path", "path"
	case "search":
		return "pattern", "call"
	case "edit":
		return "new_text", "unit"
	case "test":
		return "target", "path"
	}
	return "command", "command"
}

// resultRule is the rule that writes the output of a tool of a class.
func resultRule(class string) string {
	switch class {
	case "read":
		return "unit"
	case "edit":
		return "edited"
	case "search", "test", "build":
		return class
	}
	return "shell"
}

// schema is a tool in OpenAI's form.
type schema struct {
	Type     string         `json:"type"`
	Function schemaFunction `json:"function"`
}

type schemaFunction struct {
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Parameters  schemaParameters `json:"parameters"`
}

type schemaParameters struct {
	Type       string                    `json:"type"`
	Properties map[string]schemaProperty `json:"properties"`
	Required   []string                  `json:"required"`
}

type schemaProperty struct {
	Type        string `json:"type"`
	Description string `json:"description"`
}

// toolSchemas writes the JSON array of the preset's tools, 4*ToolTokens bytes long
// (longer only where the tools' bare frames are).
func toolSchemas(p *Preset, g *grammar, s *source) string {
	tools := make([]schema, len(p.Tools))
	for i, t := range p.Tools {
		key, _ := argument(t.Class)
		tools[i] = schema{"function", schemaFunction{t.Name, "", schemaParameters{"object", map[string]schemaProperty{
			key:       {"string", fmt.Sprintf("What to %s.", t.Class)},
			"timeout": {"integer", "Seconds after which the tool is stopped."},
		}, []string{key}}}}
	}
	bare, err := json.Marshal(tools)
	if err != nil {
		return "[]" // strings and slices of strings always marshal
	}
	// The descriptions share what is left evenly; the last takes the rest.
	left := 4*p.ToolTokens - len(bare)
	for i := range tools {
		n := left / len(tools)
		if i == len(tools)-1 {
			n = left - (len(tools)-1)*n
		}
		if n > 0 {
			tools[i].Function.Description = plain(g.write(nil, s, "rule", n))
		}
	}
	out, err := json.Marshal(tools)
	if err != nil {
		return "[]"
	}
	return string(out)
}

// plain replaces what JSON would have to escape, so that lengths are kept.
func plain(text []byte) string {
	for i, c := range text {
		switch c {
		case '\n', '\t', '"', '\\', '<', '>', '&':
			text[i] = ' '
		}
	}
	return string(text)
}
