package trajectory

import (
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
)

// mlperfRow is a row of MLPerf Endpoints' agentic format: one message.
type mlperfRow struct {
	ConversationID string         `json:"conversation_id"`
	Turn           int            `json:"turn"`
	Role           plimsoll.Role  `json:"role"`
	Content        jsontext.Value `json:"content,omitempty"`
	Reasoning      string         `json:"reasoning_content,omitzero"`
	ToolCalls      []chatCall     `json:"tool_calls,omitempty"`
	ToolResults    []mlperfResult `json:"tool_results,omitempty"`
	Delay          float64        `json:"delay_seconds,omitzero"`
	System         string         `json:"system,omitzero"`
	Tools          jsontext.Value `json:"tools,omitempty"`
}

type mlperfResult struct {
	ToolCallID string         `json:"tool_call_id"`
	Content    jsontext.Value `json:"content"`
}

func exportMLPerf(w io.Writer, ts []*plimsoll.Trajectory) error {
	for _, t := range ts {
		for _, c := range conversations(t) {
			rows, err := mlperfRows(&c)
			if err != nil {
				return err
			}
			for i := range rows {
				rows[i].ConversationID, rows[i].Turn = c.ID, i+1
				if err := writeRow(w, &rows[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// mlperfRows converts a conversation. System messages in front go into the first
// user row, later ones stand as user rows; neighbouring tool results are one row.
func mlperfRows(c *conversation) ([]mlperfRow, error) {
	var rows []mlperfRow
	var system []string
	var delay time.Duration
	for _, step := range c.Steps {
		delay += step.Delay
		role := step.Segments[0].Role
		if role == plimsoll.System && len(rows) == 0 {
			for _, s := range step.Segments {
				system = append(system, s.Text)
			}
			continue
		}
		m, err := chat(step.Segments)
		if err != nil {
			return nil, err
		}
		row := mlperfRow{Role: m.Role, Content: m.Content, Reasoning: m.Reasoning, ToolCalls: m.ToolCalls}
		switch role {
		case plimsoll.System:
			row.Role = plimsoll.User
		case plimsoll.Tool:
			row.Content = nil
			result := mlperfResult{m.ToolCallID, m.Content}
			if last := len(rows) - 1; last >= 0 && rows[last].Role == plimsoll.Tool {
				rows[last].ToolResults = append(rows[last].ToolResults, result)
				continue
			}
			row.ToolResults = []mlperfResult{result}
			row.Delay, delay = delay.Seconds(), 0
		case plimsoll.Assistant:
			delay = 0 // time before a reply that no tool row carries
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 || rows[0].Role != plimsoll.User {
		rows = append([]mlperfRow{{Role: plimsoll.User, Content: jsontext.Value(`""`)}}, rows...)
	}
	rows[0].System, rows[0].Tools = strings.Join(system, "\n\n"), rawTools(c.Tools)
	return rows, nil
}
