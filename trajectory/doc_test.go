package trajectory_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"plimsoll"
	"plimsoll/token"
	"plimsoll/trajectory"
)

// TestTheManualsExample reads the example of docs/trajectories.md and checks its
// figures.
func TestTheManualsExample(t *testing.T) {
	page, err := os.ReadFile("../docs/trajectories.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "```json\n")
	example, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("there is no example")
	}
	var line json.RawMessage
	if err := json.Unmarshal([]byte(example), &line); err != nil {
		t.Fatal(err)
	}
	ts, err := trajectory.Read("example", strings.NewReader(strings.ReplaceAll(example, "\n", " ")))
	if err != nil {
		t.Fatal(err)
	}
	var said, counted []int
	for i := range 2 {
		if i == 1 {
			token.Fill(token.Bytes4{}, ts[0])
		}
		var figures []int
		for _, s := range ts[0].Segments {
			figures = append(figures, s.Tokens)
		}
		for _, turn := range ts[0].Turns {
			figures = append(figures, turn.PromptTokens, turn.OutputTokens, turn.ReasoningTokens)
		}
		if i == 0 {
			said = figures
		} else {
			counted = figures
		}
	}
	for i := range said {
		if said[i] != counted[i] {
			t.Errorf("figures are %v, counted %v", said, counted)
			break
		}
	}
	if got := ts[0].Segments[3].Kind; got != plimsoll.KindToolCall {
		t.Errorf("segment 3 is %s", got)
	}
}
