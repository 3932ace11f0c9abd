package token_test

import (
	"fmt"
	"strings"
	"testing"

	"plimsoll"
	"plimsoll/token"
)

func ExampleBytes4() {
	fmt.Println(token.Bytes4{}.Count([]byte("func main() {}")), token.Bytes4{}.Basis())
	// Output: 4 bytes4
}

func TestBytes4(t *testing.T) {
	for n, want := range []int{0, 1, 1, 1, 1, 2, 2, 2, 2, 3} {
		if got := (token.Bytes4{}).Count([]byte(strings.Repeat("a", n))); got != want {
			t.Errorf("%d bytes count %d, want %d", n, got, want)
		}
	}
}

// TestFill counts a conversation by hand: 10 bytes system, 6 user, a reply of 8
// reasoning + 4 text + a call of 2 + 6 bytes, of which the reasoning is not sent
// back, and a result of 3.
func TestFill(t *testing.T) {
	tr := &plimsoll.Trajectory{
		Segments: []plimsoll.Segment{
			{Message: -1, Kind: plimsoll.KindTools, Role: plimsoll.System, Text: "[tools]"},
			{Message: 0, Kind: plimsoll.KindSystem, Role: plimsoll.System, Text: "0123456789"},
			{Message: 1, Kind: plimsoll.KindUser, Role: plimsoll.User, Text: "abcdef"},
			{Message: 2, Kind: plimsoll.KindReasoning, Role: plimsoll.Assistant, Text: "thinking"},
			{Message: 2, Kind: plimsoll.KindText, Role: plimsoll.Assistant, Text: "text"},
			{Message: 2, Kind: plimsoll.KindToolCall, Role: plimsoll.Assistant, Name: "ls", Text: `{"a":1}`[:6]},
			{Message: 3, Kind: plimsoll.KindToolResult, Role: plimsoll.Tool, Text: "out"},
		},
		Turns: []plimsoll.Turn{
			{Prompt: []plimsoll.Span{{From: 1, To: 3}}, Output: []plimsoll.Span{{From: 3, To: 6}}},
			{Prompt: []plimsoll.Span{{From: 1, To: 3}, {From: 4, To: 7}}},
		},
	}
	token.Fill(token.Bytes4{}, tr)
	if got, want := tr.Turns[0].PromptTokens, 2+(3+4)+(2+4); got != want {
		t.Errorf("first prompt counts %d, want %d", got, want)
	}
	if got, want := tr.Turns[0].OutputTokens, 5; got != want {
		t.Errorf("reply counts %d, want %d (20 bytes as one text)", got, want)
	}
	if got, want := tr.Turns[0].ReasoningTokens, 2; got != want {
		t.Errorf("reasoning counts %d, want %d", got, want)
	}
	// The reply's text and call are one message across the spans' seam.
	if got, want := tr.Turns[1].PromptTokens, 2+7+6+(3+4)+(1+4); got != want {
		t.Errorf("second prompt counts %d, want %d", got, want)
	}
	if got := token.Prompt(token.Bytes4{}, tr, tr.Turns[1].Prompt); got != tr.Turns[1].PromptTokens {
		t.Errorf("Prompt counts %d, Fill %d", got, tr.Turns[1].PromptTokens)
	}
	if tr.TokenBasis != "bytes4" {
		t.Errorf("basis is %q", tr.TokenBasis)
	}
}
