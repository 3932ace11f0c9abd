package importer

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// agentperf reads the rows of AA-AgentPerf's data-centre client: JSONL, a row a
// request, with the whole history in each; tools are the same in all rows of a
// conversation. The rows hold no times and not the last reply.
func agentperf() Format {
	return Format{
		Name: "agentperf", Unseen: true, Version: "AA-RWLT loader of AIPerf, 2026",
		About: "AgentPerf data-centre rows: one request a row with cumulative messages",
		is: func(h head) bool {
			return h.first().has("conversation_id", "conversation_idx", "messages")
		},
		read: readAgentPerf,
	}
}

type agentperfRow struct {
	ConversationID  string           `json:"conversation_id"`
	ConversationIdx int              `json:"conversation_idx"`
	Messages        []jsontext.Value `json:"messages"`
	Tools           jsontext.Value   `json:"tools"`
}

func readAgentPerf(in *input) ([]*plimsoll.Trajectory, error) {
	var out []*plimsoll.Trajectory
	open := map[string]*snapshots{}
	tools := map[string]string{}
	err := in.eachLine(func(_ int, line []byte) error {
		var row agentperfRow
		if err := decode(line, &row); err != nil {
			return err
		}
		if row.ConversationID == "" {
			return fmt.Errorf("conversation_id is empty")
		}
		schemas, err := toolSet(row.Tools)
		if err != nil {
			return err
		}
		s := open[row.ConversationID]
		if s == nil {
			s = newSnapshots(trajectory.NewBuilder(row.ConversationID), decodeChat)
			open[row.ConversationID], tools[row.ConversationID] = s, schemas
			requestFidelity(s.b.T, schemas)
			if schemas != "" {
				s.b.Tools(schemas)
			}
			out = append(out, s.b.T)
		}
		if tools[row.ConversationID] != schemas {
			return fmt.Errorf("conversation %.40q: tools differ from those of its first row; they must be the same in all", row.ConversationID)
		}
		if want := len(s.b.T.Turns); row.ConversationIdx != want {
			return fmt.Errorf("conversation %.40q: conversation_idx is %d; the next is %d (0, 1, 2, ... without a gap)", row.ConversationID, row.ConversationIdx, want)
		}
		return s.request(row.Messages, plimsoll.Turn{})
	})
	if err != nil {
		return nil, err
	}
	for _, t := range out {
		scaffold(t)
	}
	return out, nil
}

// requestFidelity marks what a log of whole requests without times holds.
func requestFidelity(t *plimsoll.Trajectory, schemas string) {
	t.Fidelity = map[string]plimsoll.Fidelity{
		"system": plimsoll.Exact, "tools": plimsoll.Exact, "timing": plimsoll.Missing,
		"tokens": plimsoll.Missing, "reasoning": plimsoll.Derived, "last_reply": plimsoll.Missing,
	}
	if schemas == "" {
		t.Fidelity["tools"] = plimsoll.Missing
	}
}
