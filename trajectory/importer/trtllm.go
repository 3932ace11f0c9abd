package importer

import (
	"fmt"
	"slices"
	"time"

	"plimsoll"
	"plimsoll/trajectory"
)

// trtllm reads TensorRT-LLM's trace replay files: one JSON document of events,
// lengths only, branches by path.
func trtllm() Format {
	return Format{
		Name: "trtllm", Version: "TensorRT-LLM scaffolding trace_replay (2026)",
		About: "TensorRT-LLM trace replay: message lengths, tool times, parallel branches",
		is:    func(h head) bool { return h.first().has("trace_id", "events[].event_type") },
		read:  readTRTLLM,
	}
}

type trtllmTrace struct {
	TraceID string        `json:"trace_id"`
	Events  []trtllmEvent `json:"events"`
}

type trtllmEvent struct {
	Type             string  `json:"event_type"`
	BranchPath       []int   `json:"branch_path"`
	ConversationID   int     `json:"conversation_id"`
	Role             string  `json:"role"`
	Tokens           int     `json:"tokens"`
	SystemPromptID   string  `json:"system_prompt_id"`
	PromptTokens     int     `json:"prompt_tokens"`
	CompletionTokens int     `json:"completion_tokens"`
	ReasoningTokens  int     `json:"reasoning_tokens"`
	FinishReason     string  `json:"finish_reason"`
	ToolCallID       string  `json:"tool_call_id"`
	ToolName         string  `json:"tool_name"`
	DurationMS       float64 `json:"duration_ms"`
	Content          string  `json:"content"`
}

func readTRTLLM(in *input) ([]*plimsoll.Trajectory, error) {
	var out []*plimsoll.Trajectory
	err := in.eachValue(func(_ int, raw []byte) error {
		var trace trtllmTrace
		if err := decode(raw, &trace); err != nil {
			return err
		}
		g := &trtllmGraph{b: trajectory.NewBuilder(trace.TraceID), threads: map[string]*trtllmThread{}}
		shapeFidelity(g.b.T, plimsoll.Exact)
		g.b.T.Fidelity["roles"], g.b.T.Fidelity["reasoning"] = plimsoll.Exact, plimsoll.Exact
		for i := range trace.Events {
			if err := g.event(&trace.Events[i]); err != nil {
				return fmt.Errorf("events[%d]: %w", i, err)
			}
		}
		if len(g.b.T.Turns) == 0 {
			return fmt.Errorf("no assistant message in it")
		}
		out = append(out, g.b.T)
		return nil
	})
	return out, err
}

// trtllmThread is one branch: what it adds since its last call, and which calls
// its next one waits for.
type trtllmThread struct {
	number int
	chats  map[int]*trtllmChat
	waits  []int
	tools  []plimsoll.ToolEvent
}

// trtllmChat is a conversation of a branch.
type trtllmChat struct{ prompt []plimsoll.Span }

type trtllmGraph struct {
	b       *trajectory.Builder
	threads map[string]*trtllmThread
	clock   time.Duration
}

func (g *trtllmGraph) thread(path []int) *trtllmThread {
	key := fmt.Sprint(path)
	th := g.threads[key]
	if th == nil {
		th = &trtllmThread{number: len(g.threads), chats: map[int]*trtllmChat{}}
		if len(path) > 0 {
			th.waits = slices.Clone(g.thread(path[:len(path)-1]).waits)
		}
		g.threads[key] = th
	}
	return th
}

func (g *trtllmGraph) event(e *trtllmEvent) error {
	if len(e.BranchPath) > 64 {
		return fmt.Errorf("branch_path is %d deep; at most 64", len(e.BranchPath))
	}
	for _, n := range [...]int{e.Tokens, e.PromptTokens, e.CompletionTokens, e.ReasoningTokens} {
		if n < 0 || n > 1<<30 {
			return fmt.Errorf("token count %d must be 0 to 2^30", n)
		}
	}
	th := g.thread(e.BranchPath)
	switch e.Type {
	case "message":
		return g.message(th, e)
	case "tool_call":
		if err := checkSeconds("duration_ms", e.DurationMS/1e3); err != nil {
			return err
		}
		th.tools = append(th.tools, plimsoll.ToolEvent{
			CallID: e.ToolCallID, Name: e.ToolName, Class: toolClass(e.ToolName), Start: g.clock, Duration: inSeconds(e.DurationMS / 1e3),
		})
	case "parallel_end":
		g.join(th, e.BranchPath)
	}
	return nil
}

// join lets the thread's next call wait for the last calls of its branches.
func (g *trtllmGraph) join(th *trtllmThread, path []int) {
	for i := 0; ; i++ {
		key := fmt.Sprint(append(slices.Clone(path), i))
		branch := g.threads[key]
		if branch == nil {
			break
		}
		th.waits = append(th.waits, branch.waits...)
		delete(g.threads, key)
		// Numbers are not given twice: a later branch of the same path is another.
		g.threads[fmt.Sprintf("%s#%d", key, len(g.threads))] = branch
	}
	slices.Sort(th.waits)
	th.waits = slices.Compact(th.waits)
}

func (g *trtllmGraph) message(th *trtllmThread, e *trtllmEvent) error {
	chat := th.chats[e.ConversationID]
	if chat == nil {
		chat = new(trtllmChat)
		th.chats[e.ConversationID] = chat
	}
	if e.Role != "assistant" {
		role, kind, err := roleOf(e.Role)
		if err != nil {
			return err
		}
		span := g.b.Add(trajectory.Message{{Role: role, Kind: kind, Tokens: e.Tokens, Text: e.Content}})
		chat.prompt = trajectory.Join(slices.Clone(chat.prompt), span)
		return nil
	}
	if len(chat.prompt) == 0 || e.ReasoningTokens > e.CompletionTokens {
		return fmt.Errorf("an assistant message needs a prompt before it and at most as many reasoning tokens (%d) as tokens (%d)", e.ReasoningTokens, e.CompletionTokens)
	}
	m := trajectory.Message{{Role: plimsoll.Assistant, Kind: plimsoll.KindText, Tokens: e.CompletionTokens - e.ReasoningTokens}}
	if e.ReasoningTokens > 0 {
		m = append(trajectory.Message{{Role: plimsoll.Assistant, Kind: plimsoll.KindReasoning, Tokens: e.ReasoningTokens}}, m...)
	}
	output := g.b.Add(m)
	turn := plimsoll.Turn{
		Branch: th.number, WaitFor: th.waits, Delay: union(th.tools), Tools: th.tools, Prompt: chat.prompt, Output: []plimsoll.Span{output},
		PromptTokens: e.PromptTokens, OutputTokens: e.CompletionTokens, ReasoningTokens: e.ReasoningTokens, Finish: e.FinishReason,
	}
	if turn.PromptTokens == 0 {
		g.b.T.Fidelity["tokens"] = plimsoll.Derived
	}
	th.waits, th.tools = []int{g.b.Turn(turn)}, nil
	chat.prompt = append(slices.Clone(chat.prompt), g.b.WithoutReasoning(output)...)
	return nil
}
