package importer

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
)

// openai reads chat logs: JSONL (or one document) of {messages, tools?}, a
// conversation a line; every assistant message is a turn.
func openai() Format {
	return Format{
		Name: "openai", Version: "chat completions API of 2026",
		About: "OpenAI chat messages: one conversation a line, tools where they were kept",
		is:    func(h head) bool { return h.first().has("messages") && h.first().has("messages[].role") },
		read:  readOpenAI,
	}
}

type openaiRow struct {
	ID       jsontext.Value `json:"id"`
	Language string         `json:"language"`
	Model    string         `json:"model"`
	Messages []chatMessage  `json:"messages"`
	Tools    jsontext.Value `json:"tools"`
}

func readOpenAI(in *input) ([]*plimsoll.Trajectory, error) {
	var out []*plimsoll.Trajectory
	err := in.eachValue(func(n int, raw []byte) error {
		var row openaiRow
		if err := decode(raw, &row); err != nil {
			return err
		}
		id := fmt.Sprintf("%s-%d", baseName(in.path), n)
		if row.ID.Kind() == '"' {
			if err := decode(row.ID, &id); err != nil {
				return fmt.Errorf("id: %w", err)
			}
		}
		w := newWalk(id, "", "")
		w.b.T.Language, w.b.T.Source.Model = row.Language, row.Model
		schemas, err := chatTools(row.Tools)
		if err != nil {
			return err
		}
		w.schemas(schemas)
		if err := w.chat(row.Messages); err != nil {
			return err
		}
		out = append(out, w.end()...)
		return nil
	})
	return out, err
}

// chatTools reads tools as a list, or as the string that some data sets hold.
func chatTools(v jsontext.Value) (string, error) {
	if v.Kind() != '"' {
		return toolSet(v)
	}
	var text string
	if err := decode(v, &text); err != nil {
		return "", fmt.Errorf("tools: %w", err)
	}
	if !jsontext.Value(text).IsValid() {
		return "", nil
	}
	return toolSet(jsontext.Value(text))
}

// chat walks a whole conversation.
func (w *walk) chat(messages []chatMessage) error {
	for i := range messages {
		m := &messages[i]
		if m.Role == "tool" && m.Name == "" {
			m.Name = w.names[m.ToolCallID]
		}
		message, err := w.convert(m)
		if err != nil {
			return fmt.Errorf("messages[%d]: %w", i, err)
		}
		if m.Role != "assistant" {
			w.input(message)
		} else if err := w.reply(message, plimsoll.Turn{}); err != nil {
			return fmt.Errorf("messages[%d]: %w", i, err)
		}
	}
	return nil
}
