package importer

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// geminiCLI reads Gemini CLI's session files: one document with messages, or JSONL
// of messages with $set and $rewindTo lines.
func geminiCLI() Format {
	return Format{
		Name: "gemini-cli", Unseen: true, Version: "Gemini CLI 0.2x sessions",
		About: "Gemini CLI session files (~/.gemini/tmp)",
		is: func(h head) bool {
			return h.first().has("sessionId", "projectHash") || h.any(func(v value) bool { return v.members["type"] == "gemini" })
		},
		read: readGeminiCLI,
	}
}

type geminiMessage struct {
	ID        string         `json:"id"`
	Timestamp string         `json:"timestamp"`
	Type      string         `json:"type"`
	Model     string         `json:"model"`
	Content   jsontext.Value `json:"content"`
	Thoughts  []struct {
		Subject     string `json:"subject"`
		Description string `json:"description"`
	} `json:"thoughts"`
	Tokens struct {
		Input    int `json:"input"`
		Output   int `json:"output"`
		Cached   int `json:"cached"`
		Thoughts int `json:"thoughts"`
	} `json:"tokens"`
	ToolCalls []struct {
		ID        string         `json:"id"`
		Name      string         `json:"name"`
		Args      jsontext.Value `json:"args"`
		Result    jsontext.Value `json:"result"`
		Status    string         `json:"status"`
		Timestamp string         `json:"timestamp"`
	} `json:"toolCalls"`
}

type geminiLine struct {
	geminiMessage `json:",inline"`
	SessionID     string          `json:"sessionId"`
	Messages      []geminiMessage `json:"messages"`
	RewindTo      string          `json:"$rewindTo"`
}

func readGeminiCLI(in *input) ([]*plimsoll.Trajectory, error) {
	id := baseName(in.path)
	var messages []geminiMessage
	rewound := false
	err := in.eachValue(func(_ int, raw []byte) error {
		var line geminiLine
		if err := decode(raw, &line); err != nil {
			return err
		}
		if line.SessionID != "" {
			id = line.SessionID
		}
		if line.RewindTo != "" {
			i := slices.IndexFunc(messages, func(m geminiMessage) bool { return m.ID == line.RewindTo })
			if i < 0 {
				return fmt.Errorf("$rewindTo names message %.60q, which does not stand before it", line.RewindTo)
			}
			messages, rewound = messages[:i], true
		}
		messages = append(messages, line.Messages...)
		if line.Type != "" {
			messages = append(messages, line.geminiMessage)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	w := newWalk(id, "gemini-cli", "")
	w.mark("timing", plimsoll.Derived)
	w.mark("reasoning", plimsoll.Derived) // summaries of thoughts only
	if rewound {
		w.mark("rewind", plimsoll.Missing)
	}
	var last time.Duration
	for i := range messages {
		if last, err = w.gemini(&messages[i], last); err != nil {
			return nil, fmt.Errorf("%s: message %d: %w", in.path, i+1, err)
		}
	}
	recordedTokens(w.b.T)
	return w.end(), nil
}

// gemini adds one message; last is when the message before it was written.
func (w *walk) gemini(m *geminiMessage, last time.Duration) (time.Duration, error) {
	at := w.clock.at(stamp(m.Timestamp))
	texts, _, err := contentTexts(m.Content)
	if err != nil {
		return at, fmt.Errorf("content: %w", err)
	}
	text := joinTexts(texts)
	if m.Type == "user" {
		w.say(plimsoll.User, plimsoll.KindUser, text)
	}
	if m.Type != "gemini" {
		return at, nil
	}
	var reply trajectory.Message
	for _, t := range m.Thoughts {
		reply = append(reply, plimsoll.Segment{Role: plimsoll.Assistant, Kind: plimsoll.KindReasoning, Text: t.Subject + "\n" + t.Description})
	}
	if text != "" {
		reply = append(reply, plimsoll.Segment{Role: plimsoll.Assistant, Kind: plimsoll.KindText, Text: text})
	}
	for _, c := range m.ToolCalls {
		reply = append(reply, plimsoll.Segment{Role: plimsoll.Assistant, Kind: plimsoll.KindToolCall, Name: c.Name, CallID: c.ID, Text: compact(c.Args)})
	}
	t := &m.Tokens
	w.b.T.Source.Model = m.Model
	turn := plimsoll.Turn{
		PromptTokens: clampTokens(t.Input), CachedTokens: clampTokens(min(t.Cached, t.Input)),
		OutputTokens: clampTokens(t.Output + t.Thoughts), ReasoningTokens: clampTokens(t.Thoughts), Started: last, Ended: at,
	}
	if err := w.reply(reply, turn); err != nil {
		return at, err
	}
	end := at
	for _, c := range m.ToolCalls {
		result, err := geminiResult(c.Result)
		if err != nil {
			return at, fmt.Errorf("toolCalls: %w", err)
		}
		w.result(c.ID, result)
		done := w.clock.at(stamp(c.Timestamp))
		w.ran(plimsoll.ToolEvent{CallID: c.ID, Start: at, Duration: max(0, done-at), Status: okOrError(c.Status == "success")})
		end = max(end, done)
	}
	return end, nil
}

// geminiResult is the text of a tool's result: a list of function responses, or
// any other value.
func geminiResult(v jsontext.Value) (string, error) {
	var parts []geminiPart
	if v.Kind() == '[' && decode(v, &parts) == nil && len(parts) > 0 && parts[0].Response != nil {
		return geminiOutput(parts[0].Response.Response)
	}
	return stringOr(v)
}
