package importer

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"plimsoll"
	"plimsoll/trajectory"
)

// tracelab reads TraceLab's round traces: JSONL, a row a model call, how many
// tokens of its prompt were kept and how many are new; no text.
func tracelab() Format {
	return Format{
		Name: "tracelab", Version: "TraceLab round_trace of 2026-06 (v0.0.1)",
		About: "TraceLab round traces: kept and appended tokens, tool times; no text",
		is:    func(h head) bool { return h.first().has("session_id", "round_index", "newly_append_tokens") },
		read:  readTraceLab,
	}
}

type tracelabRow struct {
	Provider  string `json:"provider"`
	SessionID string `json:"session_id"`
	Round     int    `json:"round_index"`
	Model     string `json:"model"`
	Input     int    `json:"input_tokens_total"`
	Prefix    int    `json:"prefix_tokens"`
	New       int    `json:"newly_append_tokens"`
	Output    int    `json:"output_tokens"`
	Reasoning *int   `json:"reasoning_output_tokens"`
	Events    []struct {
		Type      string `json:"event_type"`
		Timestamp string `json:"timestamp"`
	} `json:"timing_events"`
	Tools []struct {
		Name       string   `json:"tool_name"`
		ID         string   `json:"tool_call_id"`
		EmittedAt  string   `json:"emitted_at"`
		WallMS     *float64 `json:"tool_wall_latency_ms"`
		InternalMS *float64 `json:"tool_internal_latency_ms"`
		IsError    *bool    `json:"is_error"`
	} `json:"tools"`
}

func readTraceLab(in *input) ([]*plimsoll.Trajectory, error) {
	sessions := map[string][]tracelabRow{}
	var order []string
	err := in.eachLine(func(_ int, line []byte) error {
		var row tracelabRow
		if err := decode(line, &row); err != nil {
			return err
		}
		if row.Prefix < 0 || row.New < 0 || row.Output < 0 || row.Input < 0 || row.Input > 1<<30 || row.Prefix+row.New != row.Input {
			return fmt.Errorf("input_tokens_total is %d, prefix_tokens %d, newly_append_tokens %d; the first must be the sum of the others, none negative", row.Input, row.Prefix, row.New)
		}
		if _, known := sessions[row.SessionID]; !known {
			order = append(order, row.SessionID)
		}
		sessions[row.SessionID] = append(sessions[row.SessionID], row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []*plimsoll.Trajectory
	for _, id := range order {
		t, err := tracelabTrajectory(id, sessions[id])
		if err != nil {
			return nil, fmt.Errorf("%s: session %.60q: %w", in.path, id, err)
		}
		out = append(out, t)
	}
	return out, nil
}

func tracelabTrajectory(id string, rows []tracelabRow) (*plimsoll.Trajectory, error) {
	slices.SortStableFunc(rows, func(a, b tracelabRow) int { return cmp.Compare(a.Round, b.Round) })
	b := trajectory.NewBuilder(id)
	shapeFidelity(b.T, plimsoll.Exact)
	b.T.Fidelity["text"], b.T.Fidelity["prefix"] = plimsoll.Missing, plimsoll.Derived
	b.T.Source.Harness, b.T.Source.Model = rows[0].Provider, rows[0].Model
	var c clock
	kept := keptPrefixes(rows)
	segments := map[piece]plimsoll.Span{}
	var tools []plimsoll.ToolEvent
	for i := range rows {
		r := &rows[i]
		turn := plimsoll.Turn{PromptTokens: r.Input, CachedTokens: r.Prefix, OutputTokens: r.Output, Tools: tools, Delay: union(tools)}
		if r.Reasoning != nil {
			turn.ReasoningTokens = max(0, min(*r.Reasoning, r.Output))
		}
		turn.Started, turn.Ended = r.times(&c)
		if i > 0 {
			turn.WaitFor = []int{i - 1}
		}
		for _, p := range kept[i] {
			span, known := segments[p]
			if !known {
				span = b.Add(trajectory.Message{{Role: plimsoll.User, Kind: plimsoll.KindUser, Tokens: p.to - p.from}})
				segments[p] = span
			}
			turn.Prompt = trajectory.Join(turn.Prompt, span)
		}
		turn.Output = []plimsoll.Span{b.Add(trajectory.Message{{Role: plimsoll.Assistant, Kind: plimsoll.KindText, Tokens: r.Output}})}
		b.Turn(turn)
		var err error
		if tools, err = r.toolEvents(&c); err != nil {
			return nil, fmt.Errorf("round %d: %w", r.Round, err)
		}
	}
	return b.T, nil
}

// times are when the call began (the last input before the model's first event)
// and when its last event was seen.
func (r *tracelabRow) times(c *clock) (started, ended time.Duration) {
	for _, e := range r.Events {
		at := c.at(stamp(e.Timestamp))
		switch e.Type {
		case "user_message", "tool_result":
			started = max(started, at)
		}
		ended = max(ended, at)
	}
	return started, max(started, ended)
}

func (r *tracelabRow) toolEvents(c *clock) ([]plimsoll.ToolEvent, error) {
	var out []plimsoll.ToolEvent
	for _, t := range r.Tools {
		ms := t.WallMS
		if t.InternalMS != nil {
			ms = t.InternalMS
		}
		if ms == nil {
			continue
		}
		if err := checkSeconds("tool latency", *ms/1e3); err != nil {
			return nil, err
		}
		e := plimsoll.ToolEvent{CallID: t.ID, Name: t.Name, Class: toolClass(t.Name), Start: c.at(stamp(t.EmittedAt)), Duration: inSeconds(*ms / 1e3), Status: "ok"}
		if t.IsError != nil && *t.IsError {
			e.Status = "error"
		}
		out = append(out, e)
	}
	return out, nil
}

// piece is a stretch of the tokens that one round added.
type piece struct{ round, from, to int }

// keptPrefixes says of which pieces each prompt is made: the first prefix_tokens
// of the prompt before it (and of that round's reply, round -1-i, where the prefix
// is longer), then the new tokens. Pieces are cut wherever some later prompt ends
// its prefix, so that equal pieces are equal tokens.
func keptPrefixes(rows []tracelabRow) [][]piece {
	prompts := make([][]piece, len(rows))
	cuts := map[int][]int{} // by round: where its tokens are cut
	var last []piece
	for i := range rows {
		left := rows[i].Prefix
		var now []piece
		for _, p := range last {
			n := min(left, p.to-p.from)
			if n > 0 {
				now = append(now, piece{p.round, p.from, p.from + n})
				cuts[p.round] = append(cuts[p.round], p.from+n)
			}
			left -= n
		}
		if left > 0 {
			now = append(now, piece{-1 - i, 0, left})
		}
		if rows[i].New > 0 {
			now = append(now, piece{i, 0, rows[i].New})
		}
		prompts[i], last = now, now
	}
	for round := range cuts {
		slices.Sort(cuts[round])
		cuts[round] = slices.Compact(cuts[round])
	}
	for i, prompt := range prompts {
		var split []piece
		for _, p := range prompt {
			for _, at := range cuts[p.round] {
				if at > p.from && at < p.to {
					split = append(split, piece{p.round, p.from, at})
					p.from = at
				}
			}
			split = append(split, p)
		}
		prompts[i] = split
	}
	return prompts
}
