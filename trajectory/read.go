package trajectory

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
)

// Read reads trajectories in the native format; name stands in errors. It returns
// all of them or an error with the place of the first problem.
func Read(name string, r io.Reader) ([]*plimsoll.Trajectory, error) {
	var out []*plimsoll.Trajectory
	err := scan(name, r, func(line int, t *plimsoll.Trajectory, problems []error) error {
		if len(problems) > 0 {
			return fmt.Errorf("%s:%d: %w", name, line, problems[0])
		}
		out = append(out, t)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no trajectory in it", name)
	}
	return out, nil
}

// scan decodes every line; an error of see ends it.
func scan(name string, r io.Reader, see func(line int, t *plimsoll.Trajectory, problems []error) error) error {
	lines := NewLines(name, r, MaxLine)
	ids := map[string]int{}
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		t, problems := parse(line)
		if t != nil {
			if first, again := ids[t.ID]; again {
				problems = append(problems, fmt.Errorf("id %.40q stands in line %d already; ids must differ", t.ID, first))
			} else {
				ids[t.ID] = lines.Number()
			}
		}
		if err := see(lines.Number(), t, problems); err != nil {
			return err
		}
	}
}

// parse decodes one line; the trajectory is nil where the line's structure is
// broken.
func parse(line []byte) (*plimsoll.Trajectory, []error) {
	var w wireTrajectory
	if err := json.Unmarshal(line, &w, json.RejectUnknownMembers(true)); err != nil {
		return nil, []error{PlainJSON(err)}
	}
	if w.Format != Format {
		return nil, []error{fmt.Errorf("format is %.40q; this version reads %q", w.Format, Format)}
	}
	t, err := decode(&w)
	if err != nil {
		return nil, []error{err}
	}
	return t, problemsOf(t)
}

// PlainJSON rewrites a JSON error so that it says where and what in one sentence,
// without Go's type names.
func PlainJSON(err error) error {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return fmt.Errorf("broken JSON at byte %d (%s): %w", syntax.ByteOffset, place(syntax.JSONPointer), syntax.Err)
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		if semantic.Err != nil {
			return fmt.Errorf("%s: %w", place(semantic.JSONPointer), semantic.Err)
		}
		return fmt.Errorf("%s: a JSON %s cannot stand here", place(semantic.JSONPointer), semantic.JSONKind)
	}
	return err
}

func place(p jsontext.Pointer) string {
	if p == "" {
		return "top level"
	}
	return string(p)
}

func decode(w *wireTrajectory) (*plimsoll.Trajectory, error) {
	b := NewBuilder(w.ID)
	t := b.T
	t.Source, t.Language, t.TokenBasis, t.Scaffold = w.Source, w.Language, w.Basis, w.Scaffold
	if w.Fidelity != nil {
		t.Fidelity = w.Fidelity
	}
	for i := range w.Turns {
		turn := &w.Turns[i]
		for _, s := range turn.Segments {
			t.Segments = append(t.Segments, plimsoll.Segment(s))
		}
		decoded, err := decodeTurn(b, turn)
		if err != nil {
			return nil, fmt.Errorf("turns[%d]: %w", i, err)
		}
		b.Turn(decoded)
	}
	return t, nil
}

func decodeTurn(b *Builder, w *wireTurn) (plimsoll.Turn, error) {
	turn := plimsoll.Turn{
		Branch: w.Branch, WaitFor: w.WaitFor, Finish: w.Finish, Marker: w.Marker,
		PromptTokens: w.Usage.Prompt, CachedTokens: w.Usage.Cached, OutputTokens: w.Usage.Output, ReasoningTokens: w.Usage.Reasoning,
	}
	var err [3]error
	turn.Delay, err[0] = duration("delay_s", w.DelayS)
	turn.Started, err[1] = duration("started_s", w.StartedS)
	turn.Ended, err[2] = duration("ended_s", w.EndedS)
	if e := errors.Join(err[:]...); e != nil {
		return turn, e
	}
	for i, e := range w.Tools {
		start, err := duration(fmt.Sprintf("tools[%d].start_s", i), e.StartS)
		if err != nil {
			return turn, err
		}
		took, err := duration(fmt.Sprintf("tools[%d].duration_s", i), e.DurationS)
		if err != nil {
			return turn, err
		}
		turn.Tools = append(turn.Tools, plimsoll.ToolEvent{CallID: e.CallID, Name: e.Name, Class: e.Class, Start: start, Duration: took, Status: e.Status})
	}
	add, e := spans("prompt", w.Prompt, len(b.T.Segments))
	if e != nil {
		return turn, e
	}
	if turn.Output, e = spans("output", w.Output, len(b.T.Segments)); e != nil {
		return turn, e
	}
	base, e := firstSegments(b.Last(w.Branch), w.Keep)
	if e != nil {
		return turn, e
	}
	turn.Prompt = b.PromptFrom(w.Branch, base, add...)
	return turn, nil
}

func spans(name string, pairs [][2]int, segments int) ([]plimsoll.Span, error) {
	var out []plimsoll.Span
	for i, p := range pairs {
		if p[0] < 0 || p[0] >= p[1] || p[1] > segments {
			return nil, fmt.Errorf("%s[%d] is [%d, %d); it must be a range of the %d segments known here", name, i, p[0], p[1], segments)
		}
		out = Join(out, plimsoll.Span{From: p[0], To: p[1]})
	}
	return out, nil
}

// firstSegments returns the spans of the first n segments of a prompt: the prompt
// itself where that is all of it, so that its memory is shared.
func firstSegments(prompt []plimsoll.Span, n int) ([]plimsoll.Span, error) {
	left := n
	for i, s := range prompt {
		if left == 0 {
			return prompt[:i:i], nil
		}
		if size := s.To - s.From; size > left {
			kept := append([]plimsoll.Span(nil), prompt[:i+1]...)
			kept[i].To = s.From + left
			return kept, nil
		} else {
			left -= size
		}
	}
	if left != 0 || n < 0 || n > math.MaxInt32 {
		return nil, fmt.Errorf("keep is %d; the branch's last prompt has %d segments", n, n-left)
	}
	return prompt, nil
}
