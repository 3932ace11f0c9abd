package importer

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// codex reads Codex CLI's rollout files: JSONL of {timestamp, type, payload}.
// Output items up to the next usage record are one reply.
func codex() Format {
	return Format{
		Name: "codex", Version: "Codex CLI 0.169 and 0.114 rollouts",
		About: "Codex CLI rollout JSONL (~/.codex/sessions)",
		is: func(h head) bool {
			return h.any(func(v value) bool { return v.members["type"] == "session_meta" && v.has("payload") })
		},
		read: readCodex,
	}
}

type codexRecord struct {
	Timestamp string         `json:"timestamp"`
	Type      string         `json:"type"`
	Payload   jsontext.Value `json:"payload"`
}

// responseItem is an item of the Responses API, as Codex and request logs hold it.
type responseItem struct {
	Type      string         `json:"type"`
	Role      string         `json:"role"`
	Content   jsontext.Value `json:"content"`
	Summary   []contentPart  `json:"summary"`
	Name      string         `json:"name"`
	CallID    string         `json:"call_id"`
	Arguments jsontext.Value `json:"arguments"`
	Input     jsontext.Value `json:"input"`
	Action    jsontext.Value `json:"action"`
	Output    jsontext.Value `json:"output"`
	Encrypted string         `json:"encrypted_content"`
}

type codexUsage struct {
	Input     int `json:"input_tokens"`
	Cached    int `json:"cached_input_tokens"`
	Output    int `json:"output_tokens"`
	Reasoning int `json:"reasoning_output_tokens"`
}

type codexEvent struct {
	Type string `json:"type"`
	Info *struct {
		Last codexUsage `json:"last_token_usage"`
	} `json:"info"`
	Item struct {
		Type     string `json:"type"`
		ID       string `json:"id"`
		ExitCode *int   `json:"exit_code"`
	} `json:"item"`
	StartedMS   float64 `json:"started_at_ms"`
	CompletedMS float64 `json:"completed_at_ms"`
}

type codexMeta struct {
	ID           string `json:"id"`
	Version      string `json:"cli_version"`
	Instructions struct {
		Text string `json:"text"`
	} `json:"base_instructions"`
}

type codexSession struct {
	*walk
	message trajectory.Message // items of the reply under way
	started time.Duration
	last    time.Duration
	called  map[string]time.Duration
	timed   map[string]plimsoll.ToolEvent // exact times by call id
	usage   *codexUsage
	held    []codexResult // results that came before the reply's usage
}

type codexResult struct {
	id, text string
	at       time.Duration
}

func readCodex(in *input) ([]*plimsoll.Trajectory, error) {
	s := &codexSession{walk: newWalk(baseName(in.path), "codex", ""), called: map[string]time.Duration{}, timed: map[string]plimsoll.ToolEvent{}}
	s.mark("timing", plimsoll.Derived)
	err := in.eachLine(func(_ int, line []byte) error {
		var r codexRecord
		if err := decode(line, &r); err != nil {
			return err
		}
		at := s.clock.at(stamp(r.Timestamp))
		if err := s.record(&r, at); err != nil {
			return err
		}
		s.last = at
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.flush(); err != nil {
		return nil, fmt.Errorf("%s: %w", in.path, err)
	}
	recordedTokens(s.b.T)
	return s.end(), nil
}

func (s *codexSession) record(r *codexRecord, at time.Duration) error {
	switch r.Type {
	case "session_meta":
		var meta codexMeta
		if err := decode(r.Payload, &meta); err != nil {
			return err
		}
		if len(s.b.T.Segments) > 0 {
			return nil // a resumed session repeats it
		}
		s.b.T.Source.Version = meta.Version
		if meta.ID != "" {
			s.b.T.ID = meta.ID
		}
		s.say(plimsoll.System, plimsoll.KindSystem, meta.Instructions.Text)
	case "token_usage_record":
		var u struct {
			Usage codexUsage `json:"usage"`
		}
		if err := decode(r.Payload, &u); err != nil {
			return err
		}
		s.usage = &u.Usage
		return s.flush()
	case "event_msg":
		return s.event(r.Payload)
	case "response_item":
		var item responseItem
		if err := decode(r.Payload, &item); err != nil {
			return err
		}
		return s.item(&item, at)
	case "compacted":
		s.mark("compaction", plimsoll.Missing)
	}
	return nil
}

func (s *codexSession) event(payload jsontext.Value) error {
	var e codexEvent
	if err := decode(payload, &e); err != nil {
		return err
	}
	switch {
	case e.Type == "token_count" && e.Info != nil && len(s.message) > 0:
		s.usage = &e.Info.Last
		return s.flush()
	case e.Type == "item_completed" && e.Item.Type == "CommandExecution":
		took := (e.CompletedMS - e.StartedMS) / 1e3
		if err := checkSeconds("completed_at_ms - started_at_ms", took); err != nil {
			return err
		}
		event := plimsoll.ToolEvent{CallID: e.Item.ID, Start: s.clock.ms(e.StartedMS), Duration: inSeconds(took), Status: "ok"}
		if e.Item.ExitCode != nil && *e.Item.ExitCode != 0 {
			event.Status = "error"
		}
		s.timed[e.Item.ID] = event
		s.mark("timing", plimsoll.Exact)
	}
	return nil
}

func (s *codexSession) item(item *responseItem, at time.Duration) error {
	m, result, err := item.message()
	if err != nil {
		return err
	}
	if item.Encrypted != "" {
		s.mark("reasoning", plimsoll.Missing)
	}
	if len(m) == 0 {
		return nil
	}
	if m[0].Role == plimsoll.Assistant {
		if len(s.held) > 0 { // a reply that follows tool results is the next one
			if err := s.flush(); err != nil {
				return err
			}
		}
		if len(s.message) == 0 {
			s.started = s.last
		}
		s.message = append(s.message, m...)
		for _, c := range m {
			if c.Kind == plimsoll.KindToolCall {
				s.called[c.CallID] = at
			}
		}
		return nil
	}
	if result {
		s.held = append(s.held, codexResult{item.CallID, m[0].Text, at})
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	s.input(m)
	return nil
}

// flush ends the reply under way and takes the tool results that came with it.
func (s *codexSession) flush() error {
	if len(s.message) > 0 {
		turn := plimsoll.Turn{Started: s.started, Ended: s.last}
		if u := s.usage; u != nil {
			turn.PromptTokens, turn.CachedTokens = clampTokens(u.Input), clampTokens(min(u.Cached, u.Input))
			turn.OutputTokens, turn.ReasoningTokens = clampTokens(u.Output), clampTokens(min(u.Reasoning, u.Output))
		}
		if err := s.reply(s.message, turn); err != nil {
			return err
		}
		s.message, s.usage = nil, nil
	}
	for _, r := range s.held {
		s.result(r.id, r.text)
		event, exact := s.timed[r.id]
		if !exact {
			event = plimsoll.ToolEvent{CallID: r.id, Start: s.called[r.id], Duration: max(0, r.at-s.called[r.id])}
		}
		s.ran(event)
	}
	s.held = nil
	return nil
}

// message converts an item; result says that it is a tool's output.
func (item *responseItem) message() (m trajectory.Message, result bool, err error) {
	switch item.Type {
	case "message", "":
		role, kind, err := roleOf(item.Role)
		if err != nil {
			return nil, false, err
		}
		texts, _, err := contentTexts(item.Content)
		for _, text := range texts {
			m = append(m, plimsoll.Segment{Role: role, Kind: kind, Text: text})
		}
		return m, false, err
	case "reasoning":
		for _, part := range item.Summary {
			m = append(m, plimsoll.Segment{Role: plimsoll.Assistant, Kind: plimsoll.KindReasoning, Text: part.Text})
		}
		return m, false, nil
	case "function_call", "custom_tool_call", "local_shell_call":
		args := item.Arguments
		if len(args) == 0 {
			args = item.Input
		}
		if len(args) == 0 {
			args = item.Action
		}
		text, err := stringOr(args)
		return trajectory.Message{{Role: plimsoll.Assistant, Kind: plimsoll.KindToolCall, Name: item.Name, CallID: item.CallID, Text: text}}, false, err
	case "function_call_output", "custom_tool_call_output", "local_shell_call_output":
		text, err := stringOr(item.Output)
		return trajectory.Message{{Role: plimsoll.Tool, Kind: plimsoll.KindToolResult, CallID: item.CallID, Text: text}}, true, err
	}
	return nil, false, nil
}

// stringOr returns a JSON string's text, the text of a list of parts, or any other
// value as compact JSON.
func stringOr(v jsontext.Value) (string, error) {
	switch v.Kind() {
	case 0, 'n':
		return "", nil
	case '"':
		var text string
		err := decode(v, &text)
		return text, err
	case '[':
		if texts, _, err := contentTexts(v); err == nil && len(texts) > 0 {
			return joinTexts(texts), nil
		}
	}
	return compact(v), nil
}
