package plimsoll

import "time"

// Role is the speaker of a message, in OpenAI's words.
type Role string

// The roles.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
	Tool      Role = "tool"
)

// Kind says what a segment is.
type Kind string

// The kinds of segment. A KindTools segment holds the JSON array of tool schemas
// in OpenAI's form; it belongs to no message.
const (
	KindSystem     Kind = "system"
	KindTools      Kind = "tools"
	KindUser       Kind = "user"
	KindReasoning  Kind = "reasoning"
	KindText       Kind = "text"
	KindToolCall   Kind = "tool_call"
	KindToolResult Kind = "tool_result"
)

// Fidelity says how a field of a trajectory is known.
type Fidelity string

// The degrees of fidelity.
const (
	Exact   Fidelity = "exact"
	Derived Fidelity = "derived"
	Missing Fidelity = "missing"
)

// Trajectory is one recorded coding task: its segments once, in order of first
// appearance, and its turns, each of which lists the segments that go up. It is
// linear in size: no text stands in it twice. It is immutable once read and is
// shared by all agents.
type Trajectory struct {
	ID       string
	Source   Source
	Language string // programming language of the task, lower case; "" unknown
	Segments []Segment
	// Scaffold is how many leading segments (system prompt, tool schemas) are
	// shared by trajectories of one harness.
	Scaffold int
	Turns    []Turn
	// TokenBasis names the tokenizer of all token counts: "o200k", "bytes4",
	// "recorded" (the recording engine's own usage), "" unknown.
	TokenBasis string
	Fidelity   map[string]Fidelity // by field name: "tools", "system", "timing", "tokens", "reasoning"
}

// Assigned is what a user's own assignment has one agent walk: these trajectories of
// the set, by index, one after another and then from the first again. The first walk
// leaves Offset turns out.
type Assigned struct {
	Trajectories []int
	Offset       int
}

// Source says where a trajectory comes from.
type Source struct {
	Format  string `json:"format,omitempty"`  // importer that read it, or "synth"
	Harness string `json:"harness,omitempty"` // opencode, claude-code, ...
	Version string `json:"version,omitempty"`
	Model   string `json:"model,omitempty"`
	Licence string `json:"licence,omitempty"`
}

// Segment is a piece of conversation. Consecutive segments with the same Message
// number form one message (an assistant's reasoning, text and tool calls).
type Segment struct {
	Message int
	Role    Role
	Kind    Kind
	Text    string // empty in a shape-only trajectory until it is filled
	Name    string // tool's name for a tool call or result
	CallID  string // pairs a tool call with its result
	Tokens  int    // in the trajectory's token basis; 0 unknown
	// Blocks are the identities of the segment's token blocks in a shape-only
	// trajectory: equal identities stand for equal bytes.
	Blocks    []uint64
	BlockSize int // tokens a block
}

// Span is the half-open range [From, To) of segment indices.
type Span struct{ From, To int }

// Turn is one model call.
type Turn struct {
	// Branch is 0 for the main thread; a sub-agent's turns have a branch of their
	// own inside the same slot.
	Branch int
	// WaitFor lists the turns (indices, all smaller than this one's) whose ends
	// this turn waits for: due = latest end among them + Delay. Empty: due when
	// the walk begins + Delay.
	WaitFor []int
	// Delay is the recorded tool time before this turn.
	Delay time.Duration
	// Prompt lists the segments that go up, in order. The tools segment, when the
	// trajectory has one, is always sent and need not be listed.
	Prompt []Span
	// Output lists the recorded reply's segments.
	Output []Span
	// PromptTokens, CachedTokens, OutputTokens and ReasoningTokens are the
	// recorded usage in the token basis; OutputTokens includes reasoning. 0 unknown.
	PromptTokens    int
	CachedTokens    int
	OutputTokens    int
	ReasoningTokens int
	Finish          string
	Tools           []ToolEvent
	// Started and Ended are the recorded call's times since the trajectory's
	// start, both 0 where unknown.
	Started, Ended time.Duration
	// Marker is "", "compaction" (the prompt shrinks here) or "sidecar" (title
	// and the like).
	Marker string
}

// ToolEvent is one tool's work between two turns.
type ToolEvent struct {
	CallID   string
	Name     string
	Class    string // shell, read, edit, search, test, build, other
	Start    time.Duration
	Duration time.Duration
	Status   string // ok, error, ""
}
