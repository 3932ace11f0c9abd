package trajectory

import (
	"bufio"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"

	"plimsoll"
)

// Write writes ts in the native format, one trajectory a line. The bytes are
// canonical: equal trajectories give equal bytes.
func Write(w io.Writer, ts []*plimsoll.Trajectory) error {
	buffered := bufio.NewWriterSize(w, 1<<16)
	for _, t := range ts {
		if err := json.MarshalWrite(buffered, encode(t), json.Deterministic(true)); err != nil {
			return fmt.Errorf("write trajectory %q: %w", t.ID, err)
		}
		if err := buffered.WriteByte('\n'); err != nil {
			return fmt.Errorf("write trajectory %q: %w", t.ID, err)
		}
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("write trajectories: %w", err)
	}
	return nil
}

func encode(t *plimsoll.Trajectory) *wireTrajectory {
	out := &wireTrajectory{
		Format: Format, ID: t.ID, Source: t.Source, Language: t.Language, Basis: t.TokenBasis,
		Fidelity: t.Fidelity, Scaffold: t.Scaffold, Turns: make([]wireTurn, len(t.Turns)),
	}
	last := map[int][]plimsoll.Span{}
	written := 0
	for i := range t.Turns {
		turn := &t.Turns[i]
		w := &out.Turns[i]
		*w = wireTurn{
			Branch: turn.Branch, WaitFor: turn.WaitFor, DelayS: seconds(turn.Delay), Finish: turn.Finish, Marker: turn.Marker,
			Usage:    wireUsage{turn.PromptTokens, turn.CachedTokens, turn.OutputTokens, turn.ReasoningTokens},
			StartedS: seconds(turn.Started), EndedS: seconds(turn.Ended), Output: ranges(turn.Output),
		}
		keep, rest := commonSegments(last[turn.Branch], turn.Prompt)
		w.Keep, w.Prompt = keep, ranges(rest)
		last[turn.Branch] = turn.Prompt
		upTo := written
		if i == len(t.Turns)-1 {
			upTo = len(t.Segments) // also what no turn lists
		}
		for _, spans := range [...][]plimsoll.Span{rest, turn.Output} {
			for _, s := range spans {
				upTo = max(upTo, s.To)
			}
		}
		for ; written < upTo; written++ {
			w.Segments = append(w.Segments, wireSegment(t.Segments[written]))
		}
		for _, e := range turn.Tools {
			w.Tools = append(w.Tools, wireToolEvent{e.CallID, e.Name, e.Class, seconds(e.Start), seconds(e.Duration), e.Status})
		}
	}
	return out
}

// commonSegments returns how many leading segments two prompts share, and what of
// b follows them.
func commonSegments(a, b []plimsoll.Span) (n int, rest []plimsoll.Span) {
	for len(a) > 0 && len(b) > 0 {
		if a[0] == b[0] {
			n += a[0].To - a[0].From
			a, b = a[1:], b[1:]
			continue
		}
		if a[0].From != b[0].From || a[0].From == a[0].To || b[0].From == b[0].To {
			break
		}
		k := min(a[0].To-a[0].From, b[0].To-b[0].From)
		n += k
		a, b = advance(a, k), advance(b, k)
	}
	return n, b
}

func ranges(spans []plimsoll.Span) [][2]int {
	var merged []plimsoll.Span
	for _, s := range spans {
		if s.From < s.To {
			merged = Join(merged, s)
		}
	}
	out := make([][2]int, len(merged))
	for i, s := range merged {
		out[i] = [2]int{s.From, s.To}
	}
	return out
}
