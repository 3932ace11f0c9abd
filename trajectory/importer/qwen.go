package importer

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// qwenCode reads Qwen Code's chat files: JSONL of records linked by uuid, contents
// in Gemini's form, telemetry records with exact times.
func qwenCode() Format {
	return Format{
		Name: "qwen-code", Version: "Qwen Code 0.15.10 chats",
		About: "Qwen Code chat JSONL (~/.qwen/projects)",
		is: func(h head) bool {
			return h.any(func(v value) bool { return v.has("uuid", "sessionId", "message.parts") })
		},
		read: readQwenCode,
	}
}

type qwenRecord struct {
	Type      string        `json:"type"`
	SessionID string        `json:"sessionId"`
	Timestamp string        `json:"timestamp"`
	Version   string        `json:"version"`
	Model     string        `json:"model"`
	Message   geminiContent `json:"message"`
	Usage     geminiUsage   `json:"usageMetadata"`
	System    struct {
		UIEvent struct {
			Name       string  `json:"event.name"`
			DurationMS float64 `json:"duration_ms"`
			Function   string  `json:"function_name"`
			Status     string  `json:"status"`
		} `json:"uiEvent"`
	} `json:"systemPayload"`
}

type geminiContent struct {
	Role  string       `json:"role"`
	Parts []geminiPart `json:"parts"`
}

type geminiPart struct {
	Text    string `json:"text"`
	Thought bool   `json:"thought"`
	Call    *struct {
		ID   string         `json:"id"`
		Name string         `json:"name"`
		Args jsontext.Value `json:"args"`
	} `json:"functionCall"`
	Response *struct {
		ID       string         `json:"id"`
		Name     string         `json:"name"`
		Response jsontext.Value `json:"response"`
	} `json:"functionResponse"`
}

type geminiUsage struct {
	Prompt     int `json:"promptTokenCount"`
	Candidates int `json:"candidatesTokenCount"`
	Thoughts   int `json:"thoughtsTokenCount"`
	Total      int `json:"totalTokenCount"`
	Cached     int `json:"cachedContentTokenCount"`
}

func (u geminiUsage) apply(t *plimsoll.Turn) {
	t.PromptTokens, t.CachedTokens = clampTokens(u.Prompt), clampTokens(min(u.Cached, u.Prompt))
	t.OutputTokens = clampTokens(u.Candidates)
	if u.Total == u.Prompt+u.Candidates+u.Thoughts {
		t.OutputTokens = clampTokens(u.Candidates + u.Thoughts) // thoughts counted beside the rest
	}
	t.ReasoningTokens = min(clampTokens(u.Thoughts), t.OutputTokens)
}

func readQwenCode(in *input) ([]*plimsoll.Trajectory, error) {
	q := &qwenSession{walk: newWalk(baseName(in.path), "qwen-code", "")}
	q.mark("timing", plimsoll.Exact)
	err := in.eachLine(func(_ int, line []byte) error {
		var r qwenRecord
		if err := decode(line, &r); err != nil {
			return err
		}
		return q.record(&r)
	})
	if err != nil {
		return nil, err
	}
	recordedTokens(q.b.T)
	return q.end(), nil
}

type qwenSession struct {
	*walk
	api   time.Duration        // how long the reply that comes next took
	tools []plimsoll.ToolEvent // times that wait for their results
}

func (q *qwenSession) record(r *qwenRecord) error {
	at := q.clock.at(stamp(r.Timestamp))
	switch r.Type {
	case "system":
		e := &r.System.UIEvent
		if err := checkSeconds("duration_ms", e.DurationMS/1e3); err != nil {
			return err
		}
		took := inSeconds(e.DurationMS / 1e3)
		switch e.Name {
		case "qwen-code.api_response":
			q.api = took
		case "qwen-code.tool_call":
			q.tools = append(q.tools, plimsoll.ToolEvent{Name: e.Function, Start: max(0, at-took), Duration: took, Status: okOrError(e.Status == "success")})
		}
		return nil
	case "user", "tool_result":
		if len(q.b.T.Segments) == 0 && r.SessionID != "" {
			q.b.T.ID, q.b.T.Source.Version = r.SessionID, r.Version
		}
		return q.inputs(&r.Message)
	case "assistant":
		turn := plimsoll.Turn{Started: max(0, at-q.api), Ended: at}
		r.Usage.apply(&turn)
		q.b.T.Source.Model = r.Model
		m, err := r.Message.reply()
		if err != nil {
			return err
		}
		return q.reply(m, turn)
	}
	return nil
}

func (q *qwenSession) inputs(c *geminiContent) error {
	for _, p := range c.Parts {
		if p.Response == nil {
			q.say(plimsoll.User, plimsoll.KindUser, p.Text)
			continue
		}
		text, err := geminiOutput(p.Response.Response)
		if err != nil {
			return err
		}
		q.result(p.Response.ID, text)
		for i, e := range q.tools {
			if e.Name == p.Response.Name {
				e.CallID = p.Response.ID
				q.ran(e)
				q.tools = append(q.tools[:i], q.tools[i+1:]...)
				break
			}
		}
	}
	return nil
}

// reply converts a model's content.
func (c *geminiContent) reply() (trajectory.Message, error) {
	var m trajectory.Message
	for i, p := range c.Parts {
		s := plimsoll.Segment{Role: plimsoll.Assistant, Kind: plimsoll.KindText, Text: p.Text}
		switch {
		case p.Call != nil:
			s.Kind, s.Name, s.CallID, s.Text = plimsoll.KindToolCall, p.Call.Name, p.Call.ID, compact(p.Call.Args)
		case p.Thought:
			s.Kind = plimsoll.KindReasoning
		case p.Response != nil:
			return nil, fmt.Errorf("parts[%d]: a function response in a model's message", i)
		}
		m = append(m, s)
	}
	return m, nil
}

// geminiOutput is the text of a function response: its output or error member, or
// the whole of it.
func geminiOutput(v jsontext.Value) (string, error) {
	var known struct {
		Output jsontext.Value `json:"output"`
		Error  jsontext.Value `json:"error"`
	}
	if v.Kind() == '{' {
		if err := decode(v, &known); err != nil {
			return "", err
		}
		if len(known.Output) > 0 {
			return stringOr(known.Output)
		}
		if len(known.Error) > 0 {
			return stringOr(known.Error)
		}
	}
	return stringOr(v)
}

func okOrError(ok bool) string {
	if ok {
		return "ok"
	}
	return "error"
}
