package importer

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
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
	*walk
	turn int           // number of the last row
	sum  time.Duration // of the delays so far: model time is not recorded
}

func newMLPerfConversation(id string) *mlperfConversation {
	c := &mlperfConversation{walk: newWalk(id, "", "")}
	c.mark("timing", plimsoll.Exact)
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
		m := chatMessage{Role: "assistant", Content: row.Content, ReasoningContent: row.ReasoningContent, ToolCalls: row.ToolCalls}
		message, err := c.convert(&m)
		if err != nil {
			return err
		}
		return c.reply(message, plimsoll.Turn{})
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
		c.schemas(schemas)
		c.say(plimsoll.System, plimsoll.KindSystem, row.System)
	}
	message, err := c.convert(&chatMessage{Role: "user", Content: row.Content})
	c.input(message)
	return err
}

func (c *mlperfConversation) results(row *mlperfRow) error {
	if err := checkSeconds("delay_seconds", row.DelaySeconds); err != nil {
		return err
	}
	delay := inSeconds(row.DelaySeconds)
	for _, r := range row.ToolResults {
		message, err := c.convert(&chatMessage{Role: "tool", Content: r.Content, ToolCallID: r.ToolCallID, Name: c.names[r.ToolCallID]})
		if err != nil {
			return err
		}
		c.input(message)
		c.ran(plimsoll.ToolEvent{CallID: r.ToolCallID, Start: c.sum, Duration: delay})
	}
	c.sum += delay
	return nil
}
