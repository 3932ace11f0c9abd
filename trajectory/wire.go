package trajectory

import (
	"fmt"
	"math"
	"time"

	"plimsoll"
)

// Format is the name and version of the native format, the value of each line's
// "format" member.
const Format = "plimsoll-trajectory/1"

// The wire structs are the native format's members; docs/trajectories.md and
// schema/trajectory-1.json describe them.
type wireTrajectory struct {
	Format   string                       `json:"format"`
	ID       string                       `json:"id"`
	Source   plimsoll.Source              `json:"source,omitzero"`
	Language string                       `json:"language,omitzero"`
	Basis    string                       `json:"token_basis,omitzero"`
	Fidelity map[string]plimsoll.Fidelity `json:"fidelity,omitempty"`
	Scaffold int                          `json:"scaffold,omitzero"`
	Turns    []wireTurn                   `json:"turns"`
}

type wireSegment struct {
	Message   int           `json:"message"`
	Role      plimsoll.Role `json:"role"`
	Kind      plimsoll.Kind `json:"kind"`
	Text      string        `json:"text,omitzero"`
	Name      string        `json:"name,omitzero"`
	CallID    string        `json:"call_id,omitzero"`
	Tokens    int           `json:"tokens,omitzero"`
	Blocks    []uint64      `json:"blocks,omitempty"`
	BlockSize int           `json:"block_size,omitzero"`
}

// wireTurn carries only what is new: the segments that appear first here, and how
// its prompt differs from the branch's last one.
type wireTurn struct {
	Branch   int           `json:"branch,omitzero"`
	WaitFor  []int         `json:"wait_for,omitempty"`
	DelayS   float64       `json:"delay_s,omitzero"`
	Segments []wireSegment `json:"segments,omitempty"`
	// Keep is how many segments of the prompt of the branch's previous turn this
	// prompt begins with; Prompt lists what follows, as [from, to) ranges.
	Keep     int             `json:"keep,omitzero"`
	Prompt   [][2]int        `json:"prompt,omitempty"`
	Output   [][2]int        `json:"output,omitempty"`
	Usage    wireUsage       `json:"usage,omitzero"`
	Finish   string          `json:"finish,omitzero"`
	Tools    []wireToolEvent `json:"tools,omitempty"`
	StartedS float64         `json:"started_s,omitzero"`
	EndedS   float64         `json:"ended_s,omitzero"`
	Marker   string          `json:"marker,omitzero"`
}

type wireUsage struct {
	Prompt    int `json:"prompt,omitzero"`
	Cached    int `json:"cached,omitzero"`
	Output    int `json:"output,omitzero"`
	Reasoning int `json:"reasoning,omitzero"`
}

type wireToolEvent struct {
	CallID    string  `json:"call_id,omitzero"`
	Name      string  `json:"name,omitzero"`
	Class     string  `json:"class,omitzero"`
	StartS    float64 `json:"start_s,omitzero"`
	DurationS float64 `json:"duration_s,omitzero"`
	Status    string  `json:"status,omitzero"`
}

func seconds(d time.Duration) float64 { return d.Seconds() }

// maxSeconds bounds every time of the format; it keeps sums far from overflow.
const (
	maxSeconds = 1e9
	maxTime    = maxSeconds * time.Second
)

func duration(name string, s float64) (time.Duration, error) {
	if !(s >= 0 && s <= maxSeconds) {
		return 0, fmt.Errorf("%s is %g; it must be 0 to %g seconds", name, s, float64(maxSeconds))
	}
	return time.Duration(math.Round(s * 1e9)), nil
}
