package trajectory_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/token"
	"plimsoll/trajectory"
)

func ExampleBuilder() {
	b := trajectory.NewBuilder("task-1")
	task := b.Add(trajectory.Message{{Role: plimsoll.User, Kind: plimsoll.KindUser, Text: "Fix the parser."}})
	reply := b.Add(trajectory.Message{{Role: plimsoll.Assistant, Kind: plimsoll.KindText, Text: "Done."}})
	b.Turn(plimsoll.Turn{Prompt: b.Prompt(0, task), Output: []plimsoll.Span{reply}})
	more := b.Add(trajectory.Message{{Role: plimsoll.User, Kind: plimsoll.KindUser, Text: "Now the printer."}})
	b.Turn(plimsoll.Turn{Prompt: b.Prompt(0, reply, more), WaitFor: []int{0}, Delay: time.Second, OutputTokens: 8})
	set, err := trajectory.NewSet("tasks", []*plimsoll.Trajectory{b.T}, token.Bytes4{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Trajectories[0].Turns[1].PromptTokens, trajectory.IdealCached(b.T))
	// Output: 22 [0 8]
}

// draw makes any trajectory that a Builder can make: branches, rewinds, shared
// messages, lengths instead of text.
func draw(t *rapid.T, id string) *plimsoll.Trajectory {
	b := trajectory.NewBuilder(id)
	if rapid.Bool().Draw(t, "tools") {
		b.Tools(`[{"type":"function"}]`)
	}
	b.T.Source = plimsoll.Source{Format: "test", Harness: rapid.SampledFrom([]string{"", "h"}).Draw(t, "harness")}
	b.T.Language = rapid.SampledFrom([]string{"", "go"}).Draw(t, "language")
	var spans []plimsoll.Span
	message := func() plimsoll.Span {
		role := rapid.SampledFrom([]plimsoll.Role{plimsoll.User, plimsoll.Assistant, plimsoll.Tool}).Draw(t, "role")
		kind := map[plimsoll.Role]plimsoll.Kind{plimsoll.User: plimsoll.KindUser, plimsoll.Assistant: plimsoll.KindText, plimsoll.Tool: plimsoll.KindToolResult}[role]
		s := plimsoll.Segment{Role: role, Kind: kind, Text: rapid.StringN(0, 20, 60).Draw(t, "text")}
		if s.Text == "" {
			s.Tokens = rapid.IntRange(0, 40).Draw(t, "tokens")
			s.Blocks = rapid.SliceOfN(rapid.Uint64(), 0, 3).Draw(t, "blocks")
			s.BlockSize = 16
		}
		return b.Add(trajectory.Message{s})
	}
	for i := range rapid.IntRange(1, 8).Draw(t, "turns") {
		branch := rapid.IntRange(0, 2).Draw(t, "branch")
		add := []plimsoll.Span{message()}
		if len(spans) > 0 && rapid.Bool().Draw(t, "again") {
			add = append(add, rapid.SampledFrom(spans).Draw(t, "old"))
		}
		base := b.Last(branch)
		if rapid.IntRange(0, 4).Draw(t, "rewind") == 0 {
			base = base[:rapid.IntRange(0, len(base)).Draw(t, "kept")]
		}
		prompt := b.PromptFrom(branch, base, add...)
		out := message()
		turn := plimsoll.Turn{Branch: branch, Prompt: prompt, Output: []plimsoll.Span{out}, Delay: time.Duration(rapid.Int64Range(0, 1e12).Draw(t, "delay"))}
		if i > 0 {
			turn.WaitFor = []int{rapid.IntRange(0, i-1).Draw(t, "wait")}
		}
		turn.PromptTokens, turn.OutputTokens = rapid.IntRange(0, 9).Draw(t, "in"), rapid.IntRange(0, 9).Draw(t, "out")
		b.Turn(turn)
		spans = append(spans, add[0], out)
	}
	return b.T
}

// flat lists the segments of a prompt; how spans are cut is no matter.
func flat(spans []plimsoll.Span) []int {
	var out []int
	for _, s := range spans {
		for i := s.From; i < s.To; i++ {
			out = append(out, i)
		}
	}
	return out
}

func TestReadIsTheInverseOfWrite(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ts := []*plimsoll.Trajectory{draw(rt, "a"), draw(rt, "b")}
		var first, second bytes.Buffer
		if err := trajectory.Write(&first, ts); err != nil {
			rt.Fatal(err)
		}
		back, err := trajectory.Read("x", bytes.NewReader(first.Bytes()))
		if err != nil {
			rt.Fatal(err)
		}
		same := cmp.Options{cmpopts.EquateEmpty(), cmp.Transformer("flat", func(s []plimsoll.Span) []int { return flat(s) })}
		if diff := cmp.Diff(ts, back, same); diff != "" {
			rt.Fatal(diff)
		}
		if err := trajectory.Write(&second, back); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			rt.Fatalf("bytes are not canonical (error %v)", err)
		}
	})
}

// TestIdealCachedAgreesWithTheDefinition compares prompts segment by segment.
func TestIdealCachedAgreesWithTheDefinition(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := draw(rt, "a")
		for i := range tr.Segments {
			tr.Segments[i].Text, tr.Segments[i].Tokens = "", 10
			if tr.Segments[i].Kind == plimsoll.KindTools {
				tr.Segments[i].Tokens = 0
			}
		}
		tr.Scaffold = 0
		for i := range tr.Turns {
			tr.Turns[i].PromptTokens = 10 * len(flat(tr.Turns[i].Prompt))
		}
		got := trajectory.IdealCached(tr)
		for i := range tr.Turns {
			want := 0
			for k := range i {
				n := 0
				a, b := flat(tr.Turns[k].Prompt), flat(tr.Turns[i].Prompt)
				for n < len(a) && n < len(b) && a[n] == b[n] {
					n++
				}
				want = max(want, 10*n)
			}
			if got[i] != want {
				rt.Fatalf("turn %d: %d cached, want %d", i, got[i], want)
			}
		}
	})
}

func TestCutStaysWithinItsLimits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		set, err := trajectory.NewSet("s", []*plimsoll.Trajectory{draw(rt, "a"), draw(rt, "b")}, token.Bytes4{})
		if err != nil {
			rt.Fatal(err)
		}
		before := set.SHA256
		l := trajectory.Limits{MaxContext: rapid.IntRange(1, 120).Draw(rt, "context"), MaxOutput: rapid.IntRange(1, 8).Draw(rt, "output"), MaxTurns: rapid.IntRange(1, 5).Draw(rt, "turns")}
		cut, err := set.Cut(l)
		if err != nil {
			return // nothing fits
		}
		if p := trajectory.SetProblems(cut.Trajectories); len(p) > 0 {
			rt.Fatal(p)
		}
		for _, tr := range cut.Trajectories {
			for i, turn := range tr.Turns {
				if turn.PromptTokens+turn.OutputTokens > l.MaxContext || turn.OutputTokens > l.MaxOutput || len(tr.Turns) > l.MaxTurns {
					rt.Fatalf("turn %d passes the limits %+v: %d + %d tokens, %d turns", i, l, turn.PromptTokens, turn.OutputTokens, len(tr.Turns))
				}
			}
		}
		var b bytes.Buffer
		if err := trajectory.Write(&b, set.Trajectories); err != nil || set.SHA256 != before {
			rt.Fatal("the set was changed by cutting it")
		}
	})
}

// TestBadInput checks that every broken file gives an error with its place and
// nothing else.
func TestBadInput(t *testing.T) {
	good := `{"format":"plimsoll-trajectory/1","id":"a","turns":[{"segments":[{"message":0,"role":"user","kind":"user","text":"x"}],"prompt":[[0,1]]}]}`
	bad := func(from, to string) string { return strings.Replace(good, from, to, 1) }
	cases := map[string]struct{ text, want string }{
		"truncated":        {good[:60], "x:1:"},
		"second line":      {good + "\n" + good[:20], "x:2:"},
		"wrong encoding":   {bad(`"x"`, "\"\xff\xfe\""), "UTF-8"},
		"unknown member":   {bad(`"id"`, `"colour":1,"id"`), "colour"},
		"duplicate member": {bad(`"id":"a"`, `"id":"a","id":"b"`), "duplicate"},
		"other format":     {bad("/1", "/2"), "plimsoll-trajectory/2"},
		"no turns":         {bad(good[strings.Index(good, `"turns"`):], `"turns":[]}`), "turns is empty"},
		"repeated id":      {good + "\n" + good, "x:2: id"},
		"cycle":            {bad(`{"segments"`, `{"wait_for":[0],"segments"`), "wait_for"},
		"negative time":    {bad(`{"segments"`, `{"delay_s":-1,"segments"`), "delay_s is -1"},
		"far range":        {bad("[[0,1]]", "[[0,9]]"), "prompt[0]"},
		"keep too much":    {bad(`{"segments"`, `{"keep":5,"segments"`), "keep is 5"},
		"bomb":             {strings.Repeat("[", 20000), "x:1:"},
		"empty":            {"", "no trajectory"},
	}
	for name, c := range cases {
		ts, err := trajectory.Read("x", strings.NewReader(c.text))
		if err == nil || ts != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %d trajectories, error %v; want an error with %q", name, len(ts), err, c.want)
		}
	}
	if _, err := trajectory.Read("x", strings.NewReader(good)); err != nil {
		t.Errorf("the good line is refused: %v", err)
	}
}

func TestLinesRefuseALongLine(t *testing.T) {
	lines := trajectory.NewLines("x", io.MultiReader(strings.NewReader("short\n\n"), strings.NewReader(strings.Repeat("y", 300))), 256)
	if line, err := lines.Next(); err != nil || string(line) != "short" {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := lines.Next(); err == nil || !strings.Contains(err.Error(), "x:3") {
		t.Errorf("error %v, want one with x:3", err)
	}
}

func TestCheckListsEveryProblem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.jsonl")
	text := `{"format":"plimsoll-trajectory/1","id":"","turns":[{"delay_s":0,"usage":{"prompt":3,"cached":9},"segments":[{"message":0,"role":"who","kind":"user"}],"prompt":[[0,1]]}]}` + "\n{\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	problems, err := trajectory.Check(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for _, p := range problems {
		lines = append(lines, p.Line)
	}
	if diff := cmp.Diff([]int{1, 1, 1, 2}, lines); diff != "" {
		t.Errorf("%v\n%s", problems, diff)
	}
}

// TestFillTextKeepsSharing checks that prompts share exactly the bytes of the
// blocks that they share.
func TestFillTextKeepsSharing(t *testing.T) {
	segment := func(blocks ...uint64) plimsoll.Segment {
		return plimsoll.Segment{Role: plimsoll.User, Kind: plimsoll.KindUser, Tokens: 16*len(blocks) + 3, Blocks: blocks, BlockSize: 16}
	}
	a := &plimsoll.Trajectory{ID: "a", Segments: []plimsoll.Segment{segment(1, 2, 3), segment(9)}}
	b := &plimsoll.Trajectory{ID: "b", Segments: []plimsoll.Segment{segment(1, 2, 4)}}
	if !trajectory.FillText(a) || !trajectory.FillText(b) {
		t.Fatal("there was nothing to fill")
	}
	x, y := a.Segments[0].Text, b.Segments[0].Text
	if len(x) != 4*51 || (token.Bytes4{}).Count([]byte(x)) != 51 {
		t.Errorf("%d bytes for 51 tokens", len(x))
	}
	n := 0
	for n < len(x) && x[n] == y[n] {
		n++
	}
	if n < 2*64 || n >= 2*64+16 {
		t.Errorf("the texts share %d bytes, want the 128 of two blocks and by chance a few more", n)
	}
	if x[3*64:] == y[3*64:] {
		t.Error("text without an identity is shared")
	}
	if trajectory.FillText(a) {
		t.Error("filled twice")
	}
	if got := token.O200k().Count([]byte(x)); got != 51 {
		t.Errorf("51 filler tokens are %d in o200k", got)
	}
}

func TestSaveLeavesNothingBehindOnAnError(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("broken")
	if err := trajectory.SaveTo(filepath.Join(dir, "x"), func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Fatalf("error is %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (error %v)", left, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"format":"plimsoll-trajectory/1","id":"a","turns":[{"segments":[{"message":0,"role":"user","kind":"user","text":"x"}],"prompt":[[0,1]]},{"keep":1,"output":[[0,1]],"wait_for":[0]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		ts, err := trajectory.Read("fuzz", bytes.NewReader(data))
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := trajectory.Write(&first, ts); err != nil {
			t.Fatal(err)
		}
		back, err := trajectory.Read("fuzz", bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := trajectory.Write(&second, back); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("reading back changes it (error %v)", err)
		}
		if _, err := trajectory.NewSet("fuzz", ts, token.Bytes4{}); err != nil {
			t.Fatal(err)
		}
	})
}
