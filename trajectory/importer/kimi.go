package importer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// kimiCLI reads Kimi CLI's session folder (context.jsonl, wire.jsonl) or its
// context.jsonl alone.
func kimiCLI() Format {
	return Format{
		Name: "kimi-cli", Unseen: true, Version: "Kimi CLI 1.x sessions",
		About: "Kimi CLI session: context.jsonl, with wire.jsonl for times",
		is: func(h head) bool {
			return h.any(func(v value) bool {
				r := v.members["role"]
				return r == "_system_prompt" || r == "_checkpoint" || r == "_usage"
			})
		},
		read: readKimiCLI,
	}
}

type kimiMessage struct {
	Role       string         `json:"role"`
	Content    jsontext.Value `json:"content"`
	ToolCalls  []chatCall     `json:"tool_calls"`
	ToolCallID string         `json:"tool_call_id"`
}

// kimiTimes are what wire.jsonl knows: tools by call id, model calls in order.
type kimiTimes struct {
	tools map[string]plimsoll.ToolEvent
	usage []kimiUsage
}

type kimiUsage struct {
	InputOther  int `json:"input_other"`
	Output      int `json:"output"`
	CacheRead   int `json:"input_cache_read"`
	CacheCreate int `json:"input_cache_creation"`
}

func readKimiCLI(in *input) ([]*plimsoll.Trajectory, error) {
	times := &kimiTimes{tools: map[string]plimsoll.ToolEvent{}}
	if info, err := os.Stat(in.path); err == nil && info.IsDir() {
		root, err := os.OpenRoot(in.path)
		if err != nil {
			return nil, fmt.Errorf("open folder: %w", err)
		}
		defer root.Close()
		open := func(name string) *input {
			return &input{filepath.Join(in.path, name), func() (io.ReadCloser, error) { return root.Open(name) }, trajectory.MaxLine}
		}
		if err := times.read(open("wire.jsonl")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		in = open("context.jsonl")
	}
	w := newWalk(baseName(filepath.Dir(in.path)+".json"), "kimi-cli", "")
	w.reasonsBack = true // the context file is what is sent, thinking included
	if len(times.tools) > 0 {
		w.mark("timing", plimsoll.Derived)
	}
	err := in.eachLine(func(_ int, line []byte) error {
		var m kimiMessage
		if err := decode(line, &m); err != nil {
			return err
		}
		return w.kimi(&m, times)
	})
	if err != nil {
		return nil, err
	}
	recordedTokens(w.b.T)
	return w.end(), nil
}

func (w *walk) kimi(m *kimiMessage, times *kimiTimes) error {
	switch m.Role {
	case "_checkpoint", "_usage":
		return nil
	case "_system_prompt":
		m.Role = "system"
	}
	message, err := m.message(w.names)
	if err != nil {
		return err
	}
	if m.Role != "assistant" {
		w.input(message)
		if e, known := times.tools[m.ToolCallID]; known && m.Role == "tool" {
			w.ran(e)
		}
		return nil
	}
	var turn plimsoll.Turn
	if n := len(w.b.T.Turns); n < len(times.usage) {
		u := times.usage[n]
		turn.PromptTokens = clampTokens(u.InputOther + u.CacheRead + u.CacheCreate)
		turn.CachedTokens, turn.OutputTokens = clampTokens(u.CacheRead), clampTokens(u.Output)
	}
	return w.reply(message, turn)
}

// message converts a context message; its content may hold thinking parts.
func (m *kimiMessage) message(names map[string]string) (trajectory.Message, error) {
	chat := chatMessage{Role: m.Role, Content: m.Content, ToolCalls: m.ToolCalls, ToolCallID: m.ToolCallID, Name: names[m.ToolCallID]}
	if m.Content.Kind() != '[' {
		out, _, err := chat.message()
		return out, err
	}
	var parts []struct {
		Type  string `json:"type"`
		Text  string `json:"text"`
		Think string `json:"think"`
	}
	if err := decode(m.Content, &parts); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	for _, p := range parts {
		chat.ReasoningContent += p.Think
	}
	out, _, err := chat.message()
	return out, err
}

type kimiWire struct {
	Timestamp jsontext.Value `json:"timestamp"`
	Message   struct {
		Type    string `json:"type"`
		Payload struct {
			ID         string    `json:"id"`
			ToolCallID string    `json:"tool_call_id"`
			Usage      kimiUsage `json:"token_usage"`
		} `json:"payload"`
	} `json:"message"`
}

func (k *kimiTimes) read(in *input) error {
	var c clock
	return in.eachLine(func(_ int, line []byte) error {
		var r kimiWire
		if err := decode(line, &r); err != nil {
			return err
		}
		at := c.at(unixStamp(r.Timestamp))
		p := &r.Message.Payload
		switch r.Message.Type {
		case "ToolCall":
			k.tools[p.ID] = plimsoll.ToolEvent{CallID: p.ID, Start: at}
		case "ToolResult":
			if e, known := k.tools[p.ToolCallID]; known {
				e.Duration = max(time.Duration(0), at-e.Start)
				k.tools[p.ToolCallID] = e
			}
		case "StatusUpdate":
			if p.Usage.Output > 0 {
				k.usage = append(k.usage, p.Usage)
			}
		}
		return nil
	})
}
