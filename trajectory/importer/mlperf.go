package importer

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// mlperf reads MLPerf Endpoints agentic rows (mlcommons/endpoints): JSONL, a row a
// message, contiguous per conversation; system and tools stand in the user row, a
// tool row holds one or more results and the time they took.
func mlperf() Format {
	return Format{
		Name: "mlperf", Version: "mlcommons/endpoints of 2026-07 (commit ea33275)",
		About: "MLPerf Endpoints agentic rows: one message a row, delay_seconds",
		is: func(h head) bool {
			v := h.first()
			return v.has("conversation_id", "turn", "role")
		},
		read: readMLPerf,
	}
}

type mlperfRow struct {
	ConversationID   string         `json:"conversation_id"`
	Turn             int            `json:"turn"`
	Role             string         `json:"role"`
	System           string         `json:"system"`
	Tools            jsontext.Value `json:"tools"`
	Content          jsontext.Value `json:"content"`
	ReasoningContent string         `json:"reasoning_content"`
	ToolCalls        []chatCall     `json:"tool_calls"`
	ToolResults      []struct {
		ToolCallID string         `json:"tool_call_id"`
		Content    jsontext.Value `json:"content"`
	} `json:"tool_results"`
	DelaySeconds float64 `json:"delay_seconds"`
}

func readMLPerf(in *input) ([]*plimsoll.Trajectory, error) {
	var out []*plimsoll.Trajectory
	var open *mlperfConversation
	done := map[string]bool{}
	err := in.eachLine(func(_ int, line []byte) error {
		var row mlperfRow
		if err := decode(line, &row); err != nil {
			return err
		}
		if open == nil || open.b.T.ID != row.ConversationID {
			if row.ConversationID == "" || done[row.ConversationID] {
				return fmt.Errorf("conversation_id is %.40q; it must not be empty, and a conversation's rows stand together", row.ConversationID)
			}
			done[row.ConversationID] = true
			open = newMLPerfConversation(row.ConversationID)
			out = append(out, open.b.T)
		}
		return open.row(&row)
	})
	return out, err
}

type mlperfConversation struct {
	b     *trajectory.Builder
	turn  int               // number of the last row
	names map[string]string // tool by call id
	add   []plimsoll.Span   // messages since the last request
	delay time.Duration
	tools []plimsoll.ToolEvent
	clock time.Duration // sum of the delays so far: model time is not recorded
}

func newMLPerfConversation(id string) *mlperfConversation {
	c := &mlperfConversation{b: trajectory.NewBuilder(id), names: map[string]string{}}
	c.b.T.Fidelity = map[string]plimsoll.Fidelity{
		"system": plimsoll.Missing, "tools": plimsoll.Missing, "timing": plimsoll.Exact,
		"tokens": plimsoll.Missing, "reasoning": plimsoll.Exact,
	}
	return c
}

func (c *mlperfConversation) row(row *mlperfRow) error {
	if row.Turn <= c.turn {
		return fmt.Errorf("turn is %d after %d; a conversation's turns must rise", row.Turn, c.turn)
	}
	c.turn = row.Turn
	switch row.Role {
	case "user":
		return c.user(row)
	case "assistant":
		return c.assistant(row)
	case "tool":
		return c.results(row)
	}
	return fmt.Errorf("role is %.40q; it must be user, assistant or tool", row.Role)
}

func (c *mlperfConversation) user(row *mlperfRow) error {
	if len(c.b.T.Segments) == 0 {
		schemas, err := toolSet(row.Tools)
		if err != nil {
			return err
		}
		if schemas != "" {
			c.b.Tools(schemas)
			c.b.T.Fidelity["tools"] = plimsoll.Exact
		}
		if row.System != "" {
			c.add = append(c.add, c.b.Add(trajectory.Message{{Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: row.System}}))
			c.b.T.Scaffold = len(c.b.T.Segments)
			c.b.T.Fidelity["system"] = plimsoll.Exact
		}
	}
	m := chatMessage{Role: "user", Content: row.Content}
	return c.append(&m)
}

func (c *mlperfConversation) append(m *chatMessage) error {
	message, dropped, err := m.message()
	if err != nil {
		return err
	}
	if dropped > 0 {
		c.b.T.Fidelity["content"] = plimsoll.Missing
	}
	c.add = append(c.add, c.b.Add(message))
	return nil
}

func (c *mlperfConversation) assistant(row *mlperfRow) error {
	if len(c.add) == 0 {
		return fmt.Errorf("an assistant row must follow a user or tool row")
	}
	m := chatMessage{Role: "assistant", Content: row.Content, ReasoningContent: row.ReasoningContent, ToolCalls: row.ToolCalls}
	message, _, err := m.message()
	if err != nil {
		return err
	}
	callNames(message, c.names)
	prompt := c.b.Prompt(0, c.add...)
	output := c.b.Add(message)
	turn := plimsoll.Turn{Prompt: prompt, Output: []plimsoll.Span{output}, Delay: c.delay, Tools: c.tools, Finish: finishOf(message)}
	if n := len(c.b.T.Turns); n > 0 {
		turn.WaitFor = []int{n - 1}
	}
	c.b.Turn(turn)
	c.add, c.delay, c.tools = c.b.WithoutReasoning(output), 0, nil
	return nil
}

func (c *mlperfConversation) results(row *mlperfRow) error {
	if err := checkSeconds("delay_seconds", row.DelaySeconds); err != nil {
		return err
	}
	delay := time.Duration(row.DelaySeconds * 1e9)
	for _, r := range row.ToolResults {
		name := c.names[r.ToolCallID]
		m := chatMessage{Role: "tool", Content: r.Content, ToolCallID: r.ToolCallID, Name: name}
		if err := c.append(&m); err != nil {
			return err
		}
		c.tools = append(c.tools, plimsoll.ToolEvent{CallID: r.ToolCallID, Name: name, Class: toolClass(name), Start: c.clock, Duration: delay})
	}
	c.delay += delay
	c.clock += delay
	return nil
}

// finishOf is the finish reason that a recorded reply implies.
func finishOf(m trajectory.Message) string {
	for _, s := range m {
		if s.Kind == plimsoll.KindToolCall {
			return "tool_calls"
		}
	}
	return "stop"
}
