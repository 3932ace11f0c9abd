package importer

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// claudeCode reads Claude Code's session files: JSONL, records linked by uuid. One
// request may stand in several records with one message id; they are merged.
func claudeCode() Format {
	return Format{
		Name: "claude-code", Version: "Claude Code 2.1 session files",
		About: "Claude Code session JSONL (~/.claude/projects)",
		is: func(h head) bool {
			return h.any(func(v value) bool {
				t := v.members["type"]
				return (t == "user" || t == "assistant") && v.has("sessionId", "message.content") && v.has("uuid")
			})
		},
		read: readClaudeCode,
	}
}

type claudeRecord struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
	SessionID string `json:"sessionId"`
	Version   string `json:"version"`
	Sidechain bool   `json:"isSidechain"`
	AgentID   string `json:"agentId"`
	Compact   bool   `json:"isCompactSummary"`
	Meta      bool   `json:"isMeta"`
	Message   struct {
		ID         string         `json:"id"`
		Role       string         `json:"role"`
		Model      string         `json:"model"`
		Content    jsontext.Value `json:"content"`
		StopReason string         `json:"stop_reason"`
		Usage      anthropicUsage `json:"usage"`
	} `json:"message"`
}

type anthropicUsage struct {
	Input       int `json:"input_tokens"`
	CacheCreate int `json:"cache_creation_input_tokens"`
	CacheRead   int `json:"cache_read_input_tokens"`
	Output      int `json:"output_tokens"`
}

func (u anthropicUsage) apply(t *plimsoll.Turn) {
	t.PromptTokens = clampTokens(u.Input + u.CacheCreate + u.CacheRead)
	t.CachedTokens = clampTokens(u.CacheRead)
	t.OutputTokens = clampTokens(u.Output)
}

// claudeThread is the main conversation or one side chain.
type claudeThread struct {
	*walk
	open    string             // message id of the reply under way
	message trajectory.Message // of the reply under way
	turn    plimsoll.Turn
	last    time.Duration            // when the last record was written
	called  map[string]time.Duration // when a tool was called
	stale   bool                     // some usage was written before the reply had ended
}

func readClaudeCode(in *input) ([]*plimsoll.Trajectory, error) {
	threads := map[string]*claudeThread{}
	var order []*claudeThread
	err := in.eachLine(func(_ int, line []byte) error {
		var r claudeRecord
		if err := decode(line, &r); err != nil {
			return err
		}
		if r.Type != "user" && r.Type != "assistant" {
			return nil
		}
		id := r.SessionID
		if r.Sidechain {
			id += "/" + r.AgentID
		}
		if id == "" {
			id = baseName(in.path)
		}
		th := threads[id]
		if th == nil {
			th = &claudeThread{walk: newWalk(id, "claude-code", r.Version), called: map[string]time.Duration{}}
			th.mark("timing", plimsoll.Derived)
			threads[id] = th
			order = append(order, th)
		}
		return th.record(&r)
	})
	if err != nil {
		return nil, err
	}
	var out []*plimsoll.Trajectory
	for _, th := range order {
		if err := th.flush(); err != nil {
			return nil, fmt.Errorf("%s: session %.60q: %w", in.path, th.b.T.ID, err)
		}
		th.settle()
		out = append(out, th.end()...)
	}
	return out, nil
}

func (th *claudeThread) record(r *claudeRecord) error {
	at := th.clock.at(stamp(r.Timestamp))
	defer func() { th.last = at }()
	message, results, err := anthropicContent(r.Message.Content, r.Type)
	if err != nil {
		return err
	}
	if r.Type == "assistant" {
		if hidesThinking(r.Message.Content) {
			th.mark("reasoning", plimsoll.Missing)
		}
		if th.open == "" || th.open != r.Message.ID {
			if err := th.flush(); err != nil {
				return err
			}
			th.turn = plimsoll.Turn{Started: th.last}
			th.open = r.Message.ID
			if th.open == "" {
				th.open = "-" // a record without an id is a reply of its own
			}
		}
		th.message = append(th.message, message...)
		th.turn.Ended = at
		r.Message.Usage.apply(&th.turn)
		if r.Message.StopReason != "" {
			th.turn.Finish = r.Message.StopReason
		}
		for _, s := range message {
			if s.Kind == plimsoll.KindToolCall {
				th.called[s.CallID] = at
			}
		}
		if th.b.T.Source.Model == "" {
			th.b.T.Source.Model = r.Message.Model
		}
		return nil
	}
	if err := th.flush(); err != nil {
		return err
	}
	for _, res := range results {
		th.result(res.id, res.text)
		start := th.called[res.id]
		// Recorders write both records late at times; the gap is what is known.
		th.ran(plimsoll.ToolEvent{CallID: res.id, Start: start, Duration: max(0, at-start), Status: res.status()})
	}
	th.input(message)
	return nil
}

// flush ends the reply under way.
func (th *claudeThread) flush() error {
	if th.open == "" {
		return nil
	}
	if th.turn.Finish == "" {
		th.turn.OutputTokens = 0 // written before the reply had ended
		th.stale = true
	}
	if len(th.add) == 0 && len(th.b.T.Turns) == 0 {
		th.open, th.message = "", nil // an answer to something that the file does not hold
		return nil
	}
	err := th.reply(th.message, th.turn)
	th.open, th.message = "", nil
	return err
}

// settle estimates the replies' lengths that the recorder wrote too early, by the
// growth of the next prompt, and says so.
func (th *claudeThread) settle() {
	if !th.stale {
		recordedTokens(th.b.T)
		return
	}
	th.mark("tokens", plimsoll.Derived)
}

type toolOutput struct {
	id, text string
	failed   bool
}

func (o toolOutput) status() string {
	if o.failed {
		return "error"
	}
	return "ok"
}

// anthropicBlock is one content block of the Messages API.
type anthropicBlock struct {
	Type      string         `json:"type"`
	Text      string         `json:"text"`
	Thinking  string         `json:"thinking"`
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Input     jsontext.Value `json:"input"`
	ToolUseID string         `json:"tool_use_id"`
	Content   jsontext.Value `json:"content"`
	IsError   bool           `json:"is_error"`
}

// anthropicContent converts a message's content: its segments, and the tool
// results in it, which are messages of their own here.
func anthropicContent(content jsontext.Value, role string) (trajectory.Message, []toolOutput, error) {
	speaker, kind, err := roleOf(role)
	if err != nil {
		return nil, nil, err
	}
	if content.Kind() != '[' {
		texts, _, err := contentTexts(content)
		var m trajectory.Message
		for _, text := range texts {
			m = append(m, plimsoll.Segment{Role: speaker, Kind: kind, Text: text})
		}
		return m, nil, err
	}
	var blocks []anthropicBlock
	if err := decode(content, &blocks); err != nil {
		return nil, nil, fmt.Errorf("content: %w", err)
	}
	var m trajectory.Message
	var results []toolOutput
	for i := range blocks {
		b := &blocks[i]
		switch b.Type {
		case "text":
			m = append(m, plimsoll.Segment{Role: speaker, Kind: kind, Text: b.Text})
		case "thinking":
			if b.Thinking != "" {
				m = append(m, plimsoll.Segment{Role: speaker, Kind: plimsoll.KindReasoning, Text: b.Thinking})
			}
		case "tool_use":
			m = append(m, plimsoll.Segment{Role: speaker, Kind: plimsoll.KindToolCall, Name: b.Name, CallID: b.ID, Text: compact(b.Input)})
		case "tool_result":
			texts, _, err := contentTexts(b.Content)
			if err != nil {
				return nil, nil, fmt.Errorf("content[%d]: %w", i, err)
			}
			results = append(results, toolOutput{b.ToolUseID, joinTexts(texts), b.IsError})
		}
	}
	return m, results, nil
}

// hidesThinking reports whether a reply's thinking is signed or encrypted but not
// shown.
func hidesThinking(content jsontext.Value) bool {
	var blocks []anthropicBlock
	if content.Kind() != '[' || decode(content, &blocks) != nil {
		return false
	}
	for _, b := range blocks {
		if b.Type == "redacted_thinking" || (b.Type == "thinking" && b.Thinking == "") {
			return true
		}
	}
	return false
}

func joinTexts(texts []string) string {
	if len(texts) == 1 {
		return texts[0]
	}
	var out []byte
	for i, t := range texts {
		if i > 0 {
			out = append(out, '\n')
		}
		out = append(out, t...)
	}
	return string(out)
}
