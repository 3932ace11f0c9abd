package simfleet

import (
	"slices"
	"strings"
	"testing"

	"plimsoll"
	"plimsoll/token"
	"plimsoll/trajectory/synth"
)

// lineage is a trajectory with a compaction and a sub-agent.
func lineage() *plimsoll.Trajectory {
	text := func(c string) string { return strings.Repeat(c, 400) } // 100 tokens
	return &plimsoll.Trajectory{
		ID: "lineage", Scaffold: 2,
		Segments: []plimsoll.Segment{
			{Message: 0, Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: text("s")},
			{Message: -1, Kind: plimsoll.KindTools, Text: `["` + text("t") + `"]`},
			{Message: 1, Role: plimsoll.User, Kind: plimsoll.KindUser, Text: text("u")},
			{Message: 2, Role: plimsoll.Assistant, Kind: plimsoll.KindText, Text: text("a")},
			{Message: 2, Role: plimsoll.Assistant, Kind: plimsoll.KindToolCall, Name: "read", Text: text("c")},
			{Message: 3, Role: plimsoll.Tool, Kind: plimsoll.KindToolResult, Text: text("r")},
			{Message: 4, Role: plimsoll.User, Kind: plimsoll.KindUser, Text: text("k")}, // a summary
		},
		Turns: []plimsoll.Turn{
			{Prompt: []plimsoll.Span{{From: 0, To: 1}, {From: 2, To: 3}}},
			{Prompt: []plimsoll.Span{{From: 0, To: 1}, {From: 2, To: 6}}},                   // adds
			{Prompt: []plimsoll.Span{{From: 0, To: 1}, {From: 6, To: 7}}},                   // drops
			{Prompt: []plimsoll.Span{{From: 0, To: 1}, {From: 2, To: 4}, {From: 6, To: 7}}}, // leaves inside a message
			{Prompt: []plimsoll.Span{{From: 0, To: 1}, {From: 2, To: 3}}},                   // goes back
		},
	}
}

func TestBlocksFollowContent(t *testing.T) {
	const size = 16
	known := library{block: size, after: map[uint64]end{}}
	l, err := known.lay(lineage(), true)
	if err != nil {
		t.Fatal(err)
	}
	type block struct {
		run uint64
		at  int
	}
	blocks := func(turn int, level, walk uint64) (out []block) {
		p := &l.prompts[turn]
		for _, run := range p.chain.prefix(nil, p.blocks, level, walk) {
			for i := range run.Blocks {
				out = append(out, block{run.ID, i})
			}
		}
		return out
	}
	common := func(a, b []block) (n int) {
		for n < len(a) && n < len(b) && a[n] == b[n] {
			n++
		}
		return n
	}
	// System 100 + salt 8 + frame 4, tools 101, user 100 + salt 8 + frame 4.
	scaffold, user := 112+101, 112
	if got := l.prompts[0].full; got != scaffold+user || l.prompts[0].bare != got-16 {
		t.Fatalf("first prompt has %d tokens, %d without salts; want %d and %d", got, l.prompts[0].bare, scaffold+user, scaffold+user-16)
	}
	first := blocks(0, 1, 2)
	for name, test := range map[string]struct {
		other []block
		want  int // blocks that it shares with the first prompt
	}{
		"the next turn":           {blocks(1, 1, 2), len(first)},
		"after a compaction":      {blocks(2, 1, 2), scaffold / size},
		"parted inside a message": {blocks(3, 1, 2), len(first)},
		"the same again":          {blocks(4, 1, 2), len(first)},
		"another walk":            {blocks(0, 1, 3), scaffold / size},
		"another level":           {blocks(0, 9, 2), 0},
	} {
		if got := common(first, test.other); got != test.want {
			t.Errorf("%s: shares %d blocks, want %d", name, got, test.want)
		}
	}
	if got, want := common(blocks(1, 1, 2), blocks(3, 1, 2)), (scaffold+user)/size; got != want {
		t.Errorf("a message cut short: shares %d blocks, want %d", got, want)
	}
	if !slices.IsSorted([]int{l.prompts[0].blocks, l.prompts[1].blocks}) || l.prompts[0].chain != l.prompts[1].chain {
		t.Error("a turn that only adds should share its chain")
	}
}

// TestLengthsAreTheSets compares prompt lengths with the set's own counts.
func TestLengthsAreTheSets(t *testing.T) {
	set, err := synth.Mini(2, 5)
	if err != nil {
		t.Fatal(err)
	}
	known := library{block: 16, after: map[uint64]end{}}
	for _, tr := range set.Trajectories {
		l, err := known.lay(tr, true)
		if err != nil {
			t.Fatal(err)
		}
		for i := range tr.Turns {
			if want := token.Prompt(token.Bytes4{}, tr, tr.Turns[i].Prompt); l.prompts[i].bare != want {
				t.Errorf("%s turn %d: %d tokens, the set says %d", tr.ID, i, l.prompts[i].bare, want)
			}
		}
	}
}
