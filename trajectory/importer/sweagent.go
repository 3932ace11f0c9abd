package importer

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
)

// sweAgent reads SWE-agent's .traj files: one document with the history and, for
// every step, how long the tool took.
func sweAgent() Format {
	return Format{
		Name: "swe-agent", Version: "SWE-agent 1.0.1 .traj",
		About: "SWE-agent .traj: history and execution times",
		is: func(h head) bool {
			v := h.first()
			return v.has("history[].role") && !v.has("messages")
		},
		read: readSWEAgent,
	}
}

type sweAgentFile struct {
	Environment string `json:"environment"`
	Trajectory  []struct {
		ExecutionTime float64 `json:"execution_time"`
	} `json:"trajectory"`
	History []sweAgentMessage `json:"history"`
	Info    struct {
		Version string `json:"swe_agent_version"`
	} `json:"info"`
	ReplayConfig jsontext.Value `json:"replay_config"`
}

type sweAgentMessage struct {
	chatMessage `json:",inline"`
	Thought     string         `json:"thought"`
	ToolCallIDs jsontext.Value `json:"tool_call_ids"`
}

func readSWEAgent(in *input) ([]*plimsoll.Trajectory, error) {
	var f sweAgentFile
	if err := in.document(&f); err != nil {
		return nil, err
	}
	id := f.Environment
	if id == "" || id == "swe_main" {
		id = baseName(in.path)
	}
	w := newWalk(id, "swe-agent", f.Info.Version)
	if len(f.Trajectory) > 0 {
		w.mark("timing", plimsoll.Exact)
	}
	steps := 0
	var clock time.Duration
	for i := range f.History {
		m := &f.History[i]
		where := fmt.Sprintf("%s: history[%d]", in.path, i)
		if m.Role == "tool" && m.ToolCallID == "" {
			var ids []string
			if m.ToolCallIDs.Kind() == '[' && decode(m.ToolCallIDs, &ids) == nil && len(ids) > 0 {
				m.ToolCallID = ids[0]
			}
		}
		if m.Role == "tool" {
			m.Name = w.names[m.ToolCallID]
		}
		message, err := w.convert(&m.chatMessage)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		if m.Role != "assistant" {
			w.input(message)
			continue
		}
		if err := w.reply(message, plimsoll.Turn{}); err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		if steps < len(f.Trajectory) {
			took := f.Trajectory[steps].ExecutionTime
			if err := checkSeconds("execution_time", took); err != nil {
				return nil, fmt.Errorf("%s: trajectory[%d]: %w", in.path, steps, err)
			}
			event := plimsoll.ToolEvent{Start: clock, Duration: inSeconds(took)}
			if n := len(m.ToolCalls); n > 0 {
				event.CallID = m.ToolCalls[n-1].ID
			}
			w.ran(event)
			clock += event.Duration
			steps++
		}
	}
	return w.end(), nil
}

// miniSWEAgent reads mini-swe-agent's .traj.json files: {info, messages} with
// extras in newer versions, a bare list of messages in old ones.
func miniSWEAgent() Format {
	return Format{
		Name: "mini-swe-agent", Version: "mini-swe-agent 1.1 .traj.json, and its older list of messages",
		About: "mini-swe-agent .traj.json",
		is: func(h head) bool {
			v := h.first()
			return v.has("trajectory_format") || v.has("info.mini_version") || (len(h) == 1 && v.kind == '[' && v.has("[].role", "[].content"))
		},
		read: readMiniSWEAgent,
	}
}

type miniMessage struct {
	chatMessage `json:",inline"`
	Extra       struct {
		Timestamp jsontext.Value `json:"timestamp"`
		Response  struct {
			Model string `json:"model"`
			Usage struct {
				Prompt     int `json:"prompt_tokens"`
				Completion int `json:"completion_tokens"`
			} `json:"usage"`
		} `json:"response"`
	} `json:"extra"`
}

func readMiniSWEAgent(in *input) ([]*plimsoll.Trajectory, error) {
	var raw jsontext.Value
	if err := in.document(&raw); err != nil {
		return nil, err
	}
	var file struct {
		Info struct {
			Version string `json:"mini_version"`
		} `json:"info"`
		InstanceID string        `json:"instance_id"`
		Messages   []miniMessage `json:"messages"`
	}
	var err error
	if raw.Kind() == '[' {
		err = decode(raw, &file.Messages)
	} else {
		err = decode(raw, &file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.path, err)
	}
	id := file.InstanceID
	if id == "" {
		id = baseName(in.path)
	}
	w := newWalk(id, "mini-swe-agent", file.Info.Version)
	for i := range file.Messages {
		if err := w.mini(&file.Messages[i]); err != nil {
			return nil, fmt.Errorf("%s: messages[%d]: %w", in.path, i, err)
		}
	}
	recordedTokens(w.b.T)
	return w.end(), nil
}

func (w *walk) mini(m *miniMessage) error {
	if m.Role == "exit" {
		return nil // the harness's own note, never sent
	}
	if m.Role == "tool" {
		m.Name = w.names[m.ToolCallID]
	}
	message, err := w.convert(&m.chatMessage)
	if err != nil {
		return err
	}
	at := w.clock.at(unixStamp(m.Extra.Timestamp))
	if m.Role == "assistant" {
		u := m.Extra.Response.Usage
		if w.b.T.Source.Model == "" {
			w.b.T.Source.Model = m.Extra.Response.Model
		}
		return w.reply(message, plimsoll.Turn{PromptTokens: clampTokens(u.Prompt), OutputTokens: clampTokens(u.Completion), Ended: at, Started: at})
	}
	if n := len(w.b.T.Turns); n > 0 && at > 0 {
		// Between a reply and its observation there is the tool only.
		ended := w.b.T.Turns[n-1].Ended
		w.ran(plimsoll.ToolEvent{CallID: m.ToolCallID, Name: "bash", Start: ended, Duration: max(0, at-ended)})
		w.mark("timing", plimsoll.Derived)
	}
	w.input(message)
	return nil
}

// unixStamp reads a time that is a number of seconds or a string.
func unixStamp(v jsontext.Value) time.Time {
	switch v.Kind() {
	case '0':
		var s float64
		if decode(v, &s) == nil && s > 0 && s < 1e11 {
			return time.UnixMicro(int64(s * 1e6))
		}
	case '"':
		var s string
		if decode(v, &s) == nil {
			return stamp(s)
		}
	}
	return time.Time{}
}
