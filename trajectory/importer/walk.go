package importer

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"plimsoll"
	"plimsoll/trajectory"
)

// walk makes turns of a recording that tells a conversation in order: what goes
// in, what comes out, how long the tools took. It is one thread, branch 0.
type walk struct {
	b     *trajectory.Builder
	names map[string]string // tool by call id
	add   []plimsoll.Span   // messages since the last reply
	tools []plimsoll.ToolEvent
	clock clock
	// reasonsBack: the harness sends recorded reasoning back to the model.
	reasonsBack bool
}

// newWalk begins a trajectory; fidelity starts as all missing but the text.
func newWalk(id, harness, version string) *walk {
	w := &walk{b: trajectory.NewBuilder(id), names: map[string]string{}}
	w.b.T.Source.Harness, w.b.T.Source.Version = harness, version
	for _, field := range [...]string{"system", "tools", "timing", "tokens"} {
		w.b.T.Fidelity[field] = plimsoll.Missing
	}
	w.b.T.Fidelity["reasoning"] = plimsoll.Exact
	return w
}

func (w *walk) mark(field string, f plimsoll.Fidelity) { w.b.T.Fidelity[field] = f }

// schemas sets the tools; it does nothing once there are messages.
func (w *walk) schemas(text string) {
	if text != "" && len(w.b.T.Segments) == 0 {
		w.b.Tools(text)
		w.mark("tools", plimsoll.Exact)
	}
}

// input adds a message that goes to the model.
func (w *walk) input(m trajectory.Message) {
	if len(m) == 0 {
		return
	}
	span := w.b.Add(m)
	w.add = append(w.add, span)
	if m[0].Kind == plimsoll.KindSystem {
		w.mark("system", plimsoll.Exact)
		if span.From == w.b.T.Scaffold {
			w.b.T.Scaffold = span.To
		}
	}
}

// convert makes a message of a chat message and marks what it had to leave out.
func (w *walk) convert(m *chatMessage) (trajectory.Message, error) {
	out, dropped, err := m.message()
	if dropped > 0 {
		w.mark("images", plimsoll.Missing)
	}
	return out, err
}

func (w *walk) say(role plimsoll.Role, kind plimsoll.Kind, text string) {
	if text != "" {
		w.input(trajectory.Message{{Role: role, Kind: kind, Text: text}})
	}
}

// result adds a tool's output.
func (w *walk) result(id, text string) {
	w.input(trajectory.Message{{Role: plimsoll.Tool, Kind: plimsoll.KindToolResult, Name: w.names[id], CallID: id, Text: text}})
}

// ran notes a tool's work; its class and, where empty, its name follow from the
// call.
func (w *walk) ran(e plimsoll.ToolEvent) {
	if e.Name == "" {
		e.Name = w.names[e.CallID]
	}
	e.Class = toolClass(e.Name)
	w.tools = append(w.tools, e)
}

// reply appends a turn: what was put in since the last reply goes up, m comes
// down. turn brings usage and times.
func (w *walk) reply(m trajectory.Message, turn plimsoll.Turn) error {
	if len(w.add) == 0 && len(w.b.T.Turns) == 0 {
		return fmt.Errorf("a reply stands before any message to the model")
	}
	if len(m) == 0 {
		m = trajectory.Message{{Role: plimsoll.Assistant, Kind: plimsoll.KindText}}
	}
	callNames(m, w.names)
	turn.Prompt = w.b.Prompt(0, w.add...)
	output := w.b.Add(m)
	turn.Output = []plimsoll.Span{output}
	turn.Tools = w.tools
	turn.Delay = union(w.tools)
	if turn.Finish == "" {
		turn.Finish = finishOf(m)
	}
	if n := len(w.b.T.Turns); n > 0 {
		turn.WaitFor = []int{n - 1}
	}
	turn.Ended = max(turn.Ended, turn.Started)
	w.b.Turn(turn)
	w.tools = nil
	w.add = []plimsoll.Span{output}
	if !w.reasonsBack {
		w.add = w.b.WithoutReasoning(output)
	}
	return nil
}

// end returns the trajectories of a file with one: none where there is no turn.
func (w *walk) end() []*plimsoll.Trajectory {
	if w == nil || len(w.b.T.Turns) == 0 {
		return nil
	}
	return []*plimsoll.Trajectory{w.b.T}
}

// recordedTokens sets the basis of recorded token counts when all turns have them.
func recordedTokens(t *plimsoll.Trajectory) {
	for i := range t.Turns {
		if t.Turns[i].PromptTokens == 0 || t.Turns[i].OutputTokens == 0 {
			return
		}
	}
	t.TokenBasis = "recorded"
	t.Fidelity["tokens"] = plimsoll.Exact
}

// union is the time that at least one of the tools was at work.
func union(tools []plimsoll.ToolEvent) time.Duration {
	sorted := slices.Clone(tools)
	slices.SortFunc(sorted, func(a, b plimsoll.ToolEvent) int { return cmp.Compare(a.Start, b.Start) })
	var total, end time.Duration
	for _, e := range sorted {
		from, to := max(e.Start, end), e.Start+e.Duration
		if to > from {
			total += to - from
			end = to
		}
	}
	return total
}

// clock turns the wall times of a recording into times since its first.
type clock struct {
	epoch time.Time
}

// at returns t since the first t that was asked for; a zero t, or one before the
// first, is 0.
func (c *clock) at(t time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	if c.epoch.IsZero() {
		c.epoch = t
	}
	return max(0, t.Sub(c.epoch))
}

func (c *clock) ms(unix float64) time.Duration {
	if !(unix > 0 && unix < 1e15) {
		return 0
	}
	return c.at(time.UnixMicro(int64(unix * 1e3)))
}

// stamp parses a wall time as recordings write it; the zero time where it is none.
func stamp(text string) time.Time {
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	return time.Time{}
}

func clampTokens(n int) int { return max(0, min(n, 1<<30)) }

// finishOf is the finish reason that a recorded reply implies.
func finishOf(m trajectory.Message) string {
	for _, s := range m {
		if s.Kind == plimsoll.KindToolCall {
			return "tool_calls"
		}
	}
	return "stop"
}
