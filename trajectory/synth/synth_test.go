package synth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll"
	"plimsoll/token"
	"plimsoll/trajectory"
	"plimsoll/trajectory/synth"
)

func ExampleMini() {
	set, err := synth.Mini(42, 8)
	if err != nil {
		fmt.Println(err)
		return
	}
	f := set.Facts()
	fmt.Println(f.Name, f.Count, f.Basis, f.Synthetic)
	// Output: mini 8 bytes4 true
}

// TestMiniBounds checks every turn of the default set against what the two-minute
// run is planned for.
func TestMiniBounds(t *testing.T) {
	set, err := synth.Mini(42, 64)
	if err != nil {
		t.Fatal(err)
	}
	outputs := 0.0
	for _, tr := range set.Trajectories {
		if n := len(tr.Turns); n < 6 || n > 12 {
			t.Errorf("%s: %d turns, want 6..12", tr.ID, n)
		}
		for i, turn := range tr.Turns {
			if turn.PromptTokens < 1250 || turn.PromptTokens > 3100 {
				t.Errorf("%s turn %d: prompt of %d tokens, want 1250..3100", tr.ID, i, turn.PromptTokens)
			}
			if turn.OutputTokens < 25 || turn.OutputTokens > 70 {
				t.Errorf("%s turn %d: reply of %d tokens, want 25..70", tr.ID, i, turn.OutputTokens)
			}
			if s := turn.Delay.Seconds(); i > 0 && (s < 0.05 || s > 0.8) {
				t.Errorf("%s turn %d: delay %g s, want 0.05..0.8", tr.ID, i, s)
			}
			outputs += float64(turn.OutputTokens)
		}
	}
	if mean := outputs / float64(set.Turns()); mean < 40 || mean > 44 {
		t.Errorf("mean reply is %.1f tokens, want 42 +- 2", mean)
	}
	if tokens := scaffoldTokens(set.Trajectories[0]); tokens < 1150 || tokens > 1250 {
		t.Errorf("scaffold of %d tokens, want about 1,200", tokens)
	}
}

func scaffoldTokens(tr *plimsoll.Trajectory) int {
	n := 0
	for _, s := range tr.Segments[:tr.Scaffold] {
		n += s.Tokens
	}
	return n
}

func TestSameSeedSameBytes(t *testing.T) {
	a, b, other := mini(t, 7, 12), mini(t, 7, 12), mini(t, 8, 12)
	if a.SHA256 != b.SHA256 {
		t.Error("the same seed gave other bytes")
	}
	if a.SHA256 == other.SHA256 {
		t.Error("another seed gave the same bytes")
	}
	if diff := cmp.Diff(a.Trajectories[:3], mini(t, 7, 3).Trajectories); diff != "" {
		t.Errorf("a trajectory depends on the count:\n%s", diff)
	}
}

func mini(t *testing.T, seed uint64, n int) *trajectory.Set {
	t.Helper()
	s, err := synth.Mini(seed, n)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSetIsSoundAndRoundTrips(t *testing.T) {
	set := mini(t, 3, 10)
	if p := trajectory.SetProblems(set.Trajectories); len(p) > 0 {
		t.Fatal(p)
	}
	var b bytes.Buffer
	if err := trajectory.Write(&b, set.Trajectories); err != nil {
		t.Fatal(err)
	}
	back, err := trajectory.Read("mini", &b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(set.Trajectories, back); diff != "" {
		t.Errorf("reading back differs:\n%s", diff)
	}
}

// TestTextIsWellFormed checks that every tool call's arguments are JSON, that every
// result answers the call before it, and that the bytes of code are near four a
// token in a real vocabulary too.
func TestTextIsWellFormed(t *testing.T) {
	p, err := synth.LoadPreset("aa")
	if err != nil {
		t.Fatal(err)
	}
	set, err := p.Generate(5, 6)
	if err != nil {
		t.Fatal(err)
	}
	counter := token.O200k()
	bytes4, o200k := 0, 0
	for _, tr := range set.Trajectories {
		open := map[string]bool{}
		for _, s := range tr.Segments {
			switch s.Kind {
			case plimsoll.KindToolCall, plimsoll.KindTools:
				if !json.Valid([]byte(s.Text)) {
					t.Fatalf("%s: no JSON: %.80s", tr.ID, s.Text)
				}
				open[s.CallID] = true
			case plimsoll.KindToolResult:
				if !open[s.CallID] {
					t.Fatalf("%s: result %s without a call", tr.ID, s.CallID)
				}
			}
			if len(s.Text) > 0 && o200k < 100_000 {
				bytes4 += s.Tokens
				o200k += counter.Count([]byte(s.Text))
			}
		}
	}
	if ratio := float64(o200k) / float64(bytes4); ratio < 0.8 || ratio > 1.2 {
		t.Errorf("o200k counts %.2f tokens for one of bytes4, want 0.8 to 1.2", ratio)
	} else {
		t.Logf("o200k counts %.3f tokens for one of bytes4", ratio)
	}
}
