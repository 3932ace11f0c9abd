package trajectory

import (
	"fmt"

	"plimsoll"
)

func knownRole(r plimsoll.Role) bool {
	switch r {
	case plimsoll.System, plimsoll.User, plimsoll.Assistant, plimsoll.Tool:
		return true
	}
	return false
}

func knownKind(k plimsoll.Kind) bool {
	switch k {
	case plimsoll.KindSystem, plimsoll.KindTools, plimsoll.KindUser, plimsoll.KindReasoning, plimsoll.KindText, plimsoll.KindToolCall, plimsoll.KindToolResult:
		return true
	}
	return false
}

func knownClass(class string) bool {
	switch class {
	case "", "shell", "read", "edit", "search", "test", "build", "other":
		return true
	}
	return false
}

// problemsOf lists everything that is wrong with t, each with its field.
func problemsOf(t *plimsoll.Trajectory) []error {
	var p list
	switch {
	case t.ID == "":
		p.add("id is empty; every trajectory needs one")
	case len(t.ID) > 512:
		p.add("id is %d bytes long; at most 512", len(t.ID))
	}
	if len(t.Turns) == 0 {
		p.add("turns is empty; a trajectory needs at least one turn")
	}
	if t.Scaffold < 0 || t.Scaffold > len(t.Segments) {
		p.add("scaffold is %d; it must be 0 to %d, the number of segments", t.Scaffold, len(t.Segments))
	}
	for name, f := range t.Fidelity {
		if f != plimsoll.Exact && f != plimsoll.Derived && f != plimsoll.Missing {
			p.add("fidelity.%s is %q; it must be exact, derived or missing", name, f)
		}
	}
	for i := range t.Segments {
		p.segment(i, &t.Segments[i])
	}
	for i := range t.Turns {
		p.turn(t, i)
	}
	return p.found
}

// SetProblems lists what is wrong with ts, trajectory by trajectory, and repeated ids.
func SetProblems(ts []*plimsoll.Trajectory) []error {
	var out []error
	ids := map[string]bool{}
	for i, t := range ts {
		for _, problem := range problemsOf(t) {
			out = append(out, fmt.Errorf("trajectory %d (%.40q): %w", i+1, t.ID, problem))
		}
		if ids[t.ID] {
			out = append(out, fmt.Errorf("trajectory %d: id %.40q is used twice; ids must differ", i+1, t.ID))
		}
		ids[t.ID] = true
	}
	return out
}

type list struct{ found []error }

func (p *list) add(format string, args ...any) {
	p.found = append(p.found, fmt.Errorf(format, args...))
}

func (p *list) segment(i int, s *plimsoll.Segment) {
	if !knownRole(s.Role) {
		p.add("segment %d: role is %.40q; it must be system, user, assistant or tool", i, s.Role)
	}
	if !knownKind(s.Kind) {
		p.add("segment %d: kind is %.40q; it must be system, tools, user, reasoning, text, tool_call or tool_result", i, s.Kind)
	}
	if s.Tokens < 0 {
		p.add("segment %d: tokens is %d; it must not be negative", i, s.Tokens)
	}
	if len(s.Blocks) > 0 && s.BlockSize <= 0 {
		p.add("segment %d: block_size is %d with %d blocks; it must be above 0", i, s.BlockSize, len(s.Blocks))
	}
}

func (p *list) turn(t *plimsoll.Trajectory, i int) {
	turn := &t.Turns[i]
	bad := func(format string, args ...any) { p.add("turns[%d]: "+format, append([]any{i}, args...)...) }
	if turn.Branch < 0 {
		bad("branch is %d; it must not be negative", turn.Branch)
	}
	for _, w := range turn.WaitFor {
		if w < 0 || w >= i {
			bad("wait_for holds %d; it must name an earlier turn, 0 to %d (so there can be no cycle)", w, i-1)
		}
	}
	if turn.Delay < 0 || turn.Started < 0 || turn.Ended < turn.Started || max(turn.Delay, turn.Ended) > maxTime {
		bad("delay %s, started %s, ended %s; times must be 0 to %s and a turn must not end before it starts", turn.Delay, turn.Started, turn.Ended, maxTime)
	}
	for _, n := range [...]int{turn.PromptTokens, turn.CachedTokens, turn.OutputTokens, turn.ReasoningTokens} {
		if n < 0 {
			bad("usage holds %d; token counts must not be negative", n)
		}
	}
	if turn.PromptTokens > 0 && turn.CachedTokens > turn.PromptTokens {
		bad("usage: %d cached tokens in a prompt of %d", turn.CachedTokens, turn.PromptTokens)
	}
	if turn.OutputTokens > 0 && turn.ReasoningTokens > turn.OutputTokens {
		bad("usage: %d reasoning tokens in a reply of %d", turn.ReasoningTokens, turn.OutputTokens)
	}
	if turn.Marker != "" && turn.Marker != "compaction" && turn.Marker != "sidecar" {
		bad("marker is %.40q; it must be empty, compaction or sidecar", turn.Marker)
	}
	if len(turn.Prompt) == 0 {
		bad("prompt is empty; a request carries at least one message")
	}
	for _, spans := range [...][]plimsoll.Span{turn.Prompt, turn.Output} {
		for _, s := range spans {
			if s.From < 0 || s.From > s.To || s.To > len(t.Segments) {
				bad("range [%d, %d) is outside of the %d segments", s.From, s.To, len(t.Segments))
			}
		}
	}
	for _, e := range turn.Tools {
		if !knownClass(e.Class) || (e.Status != "" && e.Status != "ok" && e.Status != "error") {
			bad("tool %.40q has class %.40q and status %.40q; the class must be shell, read, edit, search, test, build or other, the status ok or error", e.Name, e.Class, e.Status)
		}
		if min(e.Duration, e.Start) < 0 || max(e.Duration, e.Start) > maxTime {
			bad("tool %.40q starts at %s and takes %s; both must be 0 to %s", e.Name, e.Start, e.Duration, maxTime)
		}
	}
}
