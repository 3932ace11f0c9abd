package importer

import (
	"cmp"
	"fmt"
	"slices"

	"plimsoll"
)

// dynamo reads Dynamo's request traces: JSONL of {timestamp, event}; lengths,
// block hashes and tool times, no text.
func dynamo() Format {
	return Format{
		Name: "dynamo", Unseen: true, Version: "Dynamo request trace v1",
		About: "Dynamo request trace: lengths, block hashes, tool events; no text",
		is:    func(h head) bool { return h.first().has("event.event_type", "event.schema") },
		read:  readDynamo,
	}
}

type dynamoRow struct {
	Event struct {
		Type    string  `json:"event_type"`
		TimeMS  float64 `json:"event_time_unix_ms"`
		Context struct {
			SessionID string `json:"session_id"`
			ID        string `json:"trajectory_id"`
			Parent    string `json:"parent_trajectory_id"`
		} `json:"agent_context"`
		Request *struct {
			Model        string  `json:"model"`
			OutputTokens int     `json:"output_tokens"`
			Received     float64 `json:"request_received_ms"`
			TotalMS      float64 `json:"total_time_ms"`
			Replay       struct {
				BlockSize int      `json:"trace_block_size"`
				Input     int      `json:"input_length"`
				Hashes    blockIDs `json:"input_sequence_hashes"`
			} `json:"replay"`
		} `json:"request"`
		Tool *struct {
			ID         string  `json:"tool_call_id"`
			Class      string  `json:"tool_class"`
			Status     string  `json:"status"`
			StartedMS  float64 `json:"started_at_unix_ms"`
			EndedMS    float64 `json:"ended_at_unix_ms"`
			DurationMS float64 `json:"duration_ms"`
		} `json:"tool"`
	} `json:"event"`
}

// dynamoSession is one session; its trajectories are branches.
type dynamoSession struct {
	id       string
	size     int
	clock    clock
	calls    []shapeCall
	branches map[string]int // by trajectory id
	last     map[int]int    // last call of each branch
	parents  map[int]int
	tools    map[int][]plimsoll.ToolEvent
}

func readDynamo(in *input) ([]*plimsoll.Trajectory, error) {
	sessions := map[string]*dynamoSession{}
	var order []*dynamoSession
	var rows []dynamoRow
	err := in.eachLine(func(_ int, line []byte) error {
		var row dynamoRow
		if err := decode(line, &row); err != nil {
			return err
		}
		if err := row.check(); err != nil {
			return err
		}
		rows = append(rows, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(a, b dynamoRow) int { return cmp.Compare(a.Event.TimeMS, b.Event.TimeMS) })
	for i := range rows {
		c := &rows[i].Event.Context
		s := sessions[c.SessionID]
		if s == nil {
			s = &dynamoSession{id: c.SessionID, branches: map[string]int{}, last: map[int]int{}, parents: map[int]int{}, tools: map[int][]plimsoll.ToolEvent{}}
			if s.id == "" {
				s.id = baseName(in.path)
			}
			sessions[c.SessionID] = s
			order = append(order, s)
		}
		if err := s.row(&rows[i]); err != nil {
			return nil, fmt.Errorf("%s: session %.60q: %w", in.path, s.id, err)
		}
	}
	var out []*plimsoll.Trajectory
	for _, s := range order {
		if len(s.calls) == 0 {
			continue
		}
		b := newShapes(s.id, s.size)
		shapeFidelity(b.b.T, plimsoll.Exact)
		b.build(s.calls)
		out = append(out, b.b.T)
	}
	return out, nil
}

func (r *dynamoRow) check() error {
	if t := r.Event.Tool; t != nil {
		if err := checkSeconds("duration_ms", t.DurationMS/1e3); err != nil {
			return err
		}
	}
	q := r.Event.Request
	if q == nil {
		return nil
	}
	if err := checkSeconds("total_time_ms", q.TotalMS/1e3); err != nil {
		return err
	}
	if q.Replay.BlockSize < 1 || q.Replay.BlockSize > 1<<16 || q.Replay.Input < 1 || q.Replay.Input > 1<<30 || q.OutputTokens < 0 {
		return fmt.Errorf("trace_block_size is %d, input_length %d, output_tokens %d; they must be 1 to 65536, above 0, not negative", q.Replay.BlockSize, q.Replay.Input, q.OutputTokens)
	}
	return nil
}

func (s *dynamoSession) row(r *dynamoRow) error {
	e := &r.Event
	if s.clock.epoch.IsZero() && e.Request != nil { // begin with the first request's start
		s.clock.ms(e.TimeMS - e.Request.TotalMS)
	}
	branch, known := s.branches[e.Context.ID]
	if !known {
		branch = len(s.branches)
		s.branches[e.Context.ID] = branch
		if parent, ok := s.branches[e.Context.Parent]; ok && e.Context.Parent != e.Context.ID {
			s.parents[branch] = parent
		}
	}
	if t := e.Tool; t != nil {
		if e.Type == "tool_end" || e.Type == "tool_error" {
			s.tools[branch] = append(s.tools[branch], plimsoll.ToolEvent{
				CallID: t.ID, Name: t.Class, Class: toolClass(t.Class), Start: s.clock.ms(t.StartedMS),
				Duration: inSeconds(t.DurationMS / 1e3), Status: okOrError(e.Type == "tool_end"),
			})
		}
		return nil
	}
	if e.Type != "request_end" || e.Request == nil {
		return nil
	}
	return s.request(r, branch)
}

func (s *dynamoSession) request(r *dynamoRow, branch int) error {
	q := r.Event.Request
	if s.size == 0 {
		s.size = q.Replay.BlockSize
	}
	if q.Replay.BlockSize != s.size {
		return fmt.Errorf("trace_block_size changes from %d to %d", s.size, q.Replay.BlockSize)
	}
	end := s.clock.ms(r.Event.TimeMS)
	turn := plimsoll.Turn{
		Branch: branch, PromptTokens: q.Replay.Input, OutputTokens: q.OutputTokens, Tools: s.tools[branch], Delay: union(s.tools[branch]),
		Started: max(0, end-inSeconds(q.TotalMS/1e3)), Ended: end,
	}
	if last, known := s.last[branch]; known {
		turn.WaitFor = append(turn.WaitFor, last)
		for child, parent := range s.parents {
			if l, known := s.last[child]; known && parent == branch && l > last {
				turn.WaitFor = append(turn.WaitFor, l) // it joined before this call
			}
		}
	} else if parent, known := s.parents[branch]; known {
		if l, known := s.last[parent]; known {
			turn.WaitFor = append(turn.WaitFor, l)
		}
	}
	slices.Sort(turn.WaitFor)
	s.tools[branch] = nil
	s.last[branch] = len(s.calls)
	blocks := q.Replay.Hashes[:min(len(q.Replay.Hashes), q.Replay.Input/s.size)]
	s.calls = append(s.calls, shapeCall{turn, blocks})
	return nil
}
