package importer

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// opencode reads what `opencode export` writes: one JSON document a session.
// MiMo Code writes the same schema. One assistant message is one request.
func opencode() Format {
	return Format{
		Name: "opencode", Version: "OpenCode 1.18.33 export",
		About: "OpenCode (and MiMo Code) session export",
		is:    func(h head) bool { return h.first().has("info", "messages[].parts") },
		read:  readOpenCode,
	}
}

type opencodeExport struct {
	Info struct {
		ID      string `json:"id"`
		Version string `json:"version"`
	} `json:"info"`
	Messages []struct {
		Info  opencodeInfo   `json:"info"`
		Parts []opencodePart `json:"parts"`
	} `json:"messages"`
}

type opencodeInfo struct {
	Role    string `json:"role"`
	ModelID string `json:"modelID"`
	Finish  string `json:"finish"`
	Tokens  struct {
		Input     int `json:"input"`
		Output    int `json:"output"`
		Reasoning int `json:"reasoning"`
		Cache     struct {
			Read  int `json:"read"`
			Write int `json:"write"`
		} `json:"cache"`
	} `json:"tokens"`
	Time struct {
		Created   float64 `json:"created"`
		Completed float64 `json:"completed"`
	} `json:"time"`
}

type opencodePart struct {
	Type   string `json:"type"`
	Text   string `json:"text"`
	Tool   string `json:"tool"`
	CallID string `json:"callID"`
	State  struct {
		Status string         `json:"status"`
		Input  jsontext.Value `json:"input"`
		Output string         `json:"output"`
		Error  string         `json:"error"`
		Time   struct {
			Start     float64 `json:"start"`
			End       float64 `json:"end"`
			Compacted float64 `json:"compacted"`
		} `json:"time"`
	} `json:"state"`
}

func readOpenCode(in *input) ([]*plimsoll.Trajectory, error) {
	var export opencodeExport
	if err := in.document(&export); err != nil {
		return nil, err
	}
	w := newWalk(export.Info.ID, "opencode", export.Info.Version)
	w.reasonsBack = true // seen on the wire: reasoning_content of earlier replies is sent
	w.mark("timing", plimsoll.Exact)
	for i := range export.Messages {
		m := &export.Messages[i]
		var err error
		switch m.Info.Role {
		case "user":
			for _, p := range m.Parts {
				if p.Type == "text" {
					w.say(plimsoll.User, plimsoll.KindUser, p.Text)
				}
			}
		case "assistant":
			err = w.opencodeReply(&m.Info, m.Parts)
		default:
			err = fmt.Errorf("role is %.40q; it must be user or assistant", m.Info.Role)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: messages[%d]: %w", in.path, i, err)
		}
	}
	recordedTokens(w.b.T)
	return w.end(), nil
}

func (w *walk) opencodeReply(info *opencodeInfo, parts []opencodePart) error {
	var m trajectory.Message
	done := info.Time.Completed
	for _, p := range parts {
		s := plimsoll.Segment{Role: plimsoll.Assistant, Text: p.Text}
		switch p.Type {
		case "reasoning":
			s.Kind = plimsoll.KindReasoning
		case "text":
			s.Kind = plimsoll.KindText
		case "tool":
			s.Kind, s.Name, s.CallID, s.Text = plimsoll.KindToolCall, p.Tool, p.CallID, compact(p.State.Input)
		default:
			continue
		}
		m = append(m, s)
		// The message is completed when its tools are: the reply itself ends no
		// later than the first of them starts.
		if t := p.State.Time.Start; p.Type == "tool" && t > 0 && t < done {
			done = t
		}
	}
	t := &info.Tokens
	turn := plimsoll.Turn{
		PromptTokens: clampTokens(t.Input + t.Cache.Read + t.Cache.Write), CachedTokens: clampTokens(t.Cache.Read),
		OutputTokens: clampTokens(t.Output + t.Reasoning), ReasoningTokens: clampTokens(t.Reasoning),
		Started: w.clock.ms(info.Time.Created), Ended: w.clock.ms(done),
	}
	if w.b.T.Source.Model == "" {
		w.b.T.Source.Model = info.ModelID
	}
	if err := w.reply(m, turn); err != nil {
		return err
	}
	for _, p := range parts {
		if p.Type != "tool" {
			continue
		}
		text, status := p.State.Output, "ok"
		if p.State.Status == "error" {
			text, status = p.State.Error, "error"
		}
		if p.State.Time.Compacted > 0 {
			w.mark("compaction", plimsoll.Missing) // later prompts carried a stub
		}
		took := (p.State.Time.End - p.State.Time.Start) / 1e3
		if err := checkSeconds("state.time", took); err != nil {
			return err
		}
		w.result(p.CallID, text)
		w.ran(plimsoll.ToolEvent{CallID: p.CallID, Start: w.clock.ms(p.State.Time.Start), Duration: inSeconds(took), Status: status})
	}
	return nil
}
