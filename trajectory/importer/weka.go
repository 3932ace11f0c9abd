package importer

import (
	"fmt"
	"slices"
	"time"

	"plimsoll"
)

// weka reads the agentic-coding traces of kv-cache-tester and of InferenceX
// AgentX: one JSON document a session, lengths and block identities, sub-agents
// nested one level deep.
func weka() Format {
	return Format{
		Name: "weka", Version: "kv-cache-tester traces v8 (2026-07)",
		About: "Weka / AgentX traces: lengths, block ids, sub-agents; no text",
		is: func(h head) bool {
			return h.first().has("requests", "block_size") && h.first().has("requests[].in")
		},
		read: readWeka,
	}
}

type wekaTrace struct {
	ID        string        `json:"id"`
	Models    []string      `json:"models"`
	BlockSize int           `json:"block_size"`
	Scope     string        `json:"hash_id_scope"`
	Requests  []wekaRequest `json:"requests"`
}

// wekaRequest is a request ("n", "s") or a sub-agent with requests of its own.
type wekaRequest struct {
	Type       string        `json:"type"`
	T          float64       `json:"t"`
	Model      string        `json:"model"`
	In         int           `json:"in"`
	Out        int           `json:"out"`
	HashIDs    blockIDs      `json:"hash_ids"`
	Stop       string        `json:"stop"`
	APITime    float64       `json:"api_time"`
	AgentID    string        `json:"agent_id"`
	Status     string        `json:"status"`
	DurationMS float64       `json:"duration_ms"`
	Requests   []wekaRequest `json:"requests"`
}

func readWeka(in *input) ([]*plimsoll.Trajectory, error) {
	var out []*plimsoll.Trajectory
	err := in.eachValue(func(_ int, raw []byte) error {
		var trace wekaTrace
		if err := decode(raw, &trace); err != nil {
			return err
		}
		t, err := trace.trajectory()
		if err != nil {
			return err
		}
		out = append(out, t)
		return nil
	})
	return out, err
}

func (w *wekaTrace) trajectory() (*plimsoll.Trajectory, error) {
	if w.BlockSize <= 0 || w.BlockSize > 1<<16 {
		return nil, fmt.Errorf("block_size is %d; it must be 1 to 65536", w.BlockSize)
	}
	if w.Scope != "local" && w.Scope != "" {
		return nil, fmt.Errorf("hash_id_scope is %.40q; only local ids are read", w.Scope)
	}
	s := newShapes(w.ID, w.BlockSize)
	shapeFidelity(s.b.T, plimsoll.Derived)
	if len(w.Models) > 0 {
		s.b.T.Source.Model = w.Models[0]
	}
	var g wekaGraph
	for i := range w.Requests {
		if err := g.entry(w, &w.Requests[i]); err != nil {
			return nil, fmt.Errorf("requests[%d]: %w", i, err)
		}
	}
	if len(g.calls) == 0 {
		return nil, fmt.Errorf("requests is empty")
	}
	s.build(g.calls)
	return s.b.T, nil
}

// wekaGraph collects calls; what a call waits for stands in front of it.
type wekaGraph struct {
	calls    []shapeCall
	main     int   // last call of the main thread + 1
	joins    []int // last calls of sub-agents that the next main call waits for
	branches int
}

func (g *wekaGraph) entry(w *wekaTrace, r *wekaRequest) error {
	if r.Type == "subagent" {
		return g.subagent(w, r)
	}
	waits := g.joins
	if g.main > 0 {
		waits = append([]int{g.main - 1}, waits...)
	}
	if err := g.call(w, r, 0, r.T, waits); err != nil {
		return err
	}
	g.main, g.joins = len(g.calls), nil
	return nil
}

// call adds one request of a branch, begun at start (s since the trace's), which
// waits for others. The delay is the gap behind the last of them: what tools,
// people and rounding took together.
func (g *wekaGraph) call(w *wekaTrace, r *wekaRequest, branch int, start float64, waits []int) error {
	if err := checkSeconds("t", start); err != nil {
		return err
	}
	if err := checkSeconds("api_time", r.APITime); err != nil {
		return err
	}
	if r.In <= 0 || r.In > 1<<30 || r.Out < 0 || r.Out > 1<<30 {
		return fmt.Errorf("in is %d and out %d; in must be above 0 and out not negative", r.In, r.Out)
	}
	if len(r.HashIDs) > r.In/w.BlockSize {
		return fmt.Errorf("%d hash_ids of %d tokens for a prompt of %d", len(r.HashIDs), w.BlockSize, r.In)
	}
	turn := plimsoll.Turn{
		Branch: branch, PromptTokens: r.In, OutputTokens: r.Out, Finish: r.Stop,
		Started: inSeconds(start), Ended: inSeconds(start + r.APITime),
	}
	slices.Sort(waits)
	var free time.Duration
	for _, i := range waits {
		free = max(free, g.calls[i].turn.Ended)
	}
	turn.WaitFor, turn.Delay = waits, max(0, turn.Started-free)
	g.calls = append(g.calls, shapeCall{turn, privateBlocks(w.ID, r.HashIDs)})
	return nil
}

// subagent adds a branch. Its entry carries the time of its end in some traces and
// of its start in others, and its requests count from its start or from the
// trace's: what fits the call that spawned it decides.
func (g *wekaGraph) subagent(w *wekaTrace, r *wekaRequest) error {
	if len(r.Requests) == 0 {
		return nil
	}
	g.branches++
	var waits []int
	spawned := 0.0
	if g.main > 0 {
		waits = []int{g.main - 1}
		spawned = g.calls[g.main-1].turn.Started.Seconds()
	}
	start := r.T
	if begin := r.T - r.DurationMS/1e3; r.DurationMS > 0 && begin >= spawned {
		start = begin
	}
	base := start
	if r.Requests[0].T >= start-1 && r.Requests[0].T > 0 {
		base = 0
	}
	for i := range r.Requests {
		inner := &r.Requests[i]
		if err := g.call(w, inner, g.branches, base+inner.T, waits); err != nil {
			return fmt.Errorf("requests[%d]: %w", i, err)
		}
		waits = []int{len(g.calls) - 1}
	}
	if r.Status != "async_launched" {
		g.joins = append(g.joins, len(g.calls)-1)
	}
	return nil
}
