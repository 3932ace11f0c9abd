package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll"
	"plimsoll/client"
	"plimsoll/dialect"
)

// speak returns a client of a real engine in a dialect.
func speak(t *testing.T, url, name, model string) (*client.Client, dialect.Dialect) {
	d, err := dialect.ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(client.Config{URLs: []string{url}, Dialect: d, Model: model})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, d
}

// toolTalk is a conversation with a tool call, of two turns.
func toolTalk() *plimsoll.Trajectory {
	return &plimsoll.Trajectory{
		ID: "tool-talk",
		Segments: []plimsoll.Segment{
			{Message: 0, Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: "be brief"},
			{Message: 1, Role: plimsoll.User, Kind: plimsoll.KindUser, Text: "hello"},
			{Message: 2, Role: plimsoll.Assistant, Kind: plimsoll.KindToolCall, Name: "ls", CallID: "c1", Text: `{"path":"."}`},
			{Message: 3, Role: plimsoll.Tool, Kind: plimsoll.KindToolResult, CallID: "c1", Text: "main.go"},
			{Message: 4, Role: plimsoll.User, Kind: plimsoll.KindTools, Text: `[{"type":"function","function":{"name":"ls","description":"lists","parameters":{"type":"object","properties":{}}}}]`},
		},
		Turns: []plimsoll.Turn{
			{Prompt: []plimsoll.Span{{From: 0, To: 2}}, OutputTokens: 6},
			{Prompt: []plimsoll.Span{{From: 0, To: 4}}, OutputTokens: 6},
		},
	}
}

// TestLlamaDialects: the real llama.cpp passes the conformance of its pairs. Every
// dialect that it speaks streams, is timed and counted; two of them force the length.
func TestLlamaDialects(t *testing.T) {
	url := startLlama(t)
	for _, pair := range dialect.Pairs() {
		if pair.Engine != "llama.cpp" || pair.Real == "" {
			continue
		}
		name := pair.Dialect
		t.Run(name, func(t *testing.T) {
			c, d := speak(t, url, name, "smollm2")
			tr := toolTalk()
			e, err := d.Encode(tr, dialect.Options{Model: "smollm2", Usage: true})
			if err != nil {
				t.Fatal(err)
			}
			policy := dialect.Free
			if name == "chat" || name == "completions" { // its messages and responses take no ignore_eos, or do not say that the length ended a reply
				policy = dialect.Recorded
			}
			for turn := range tr.Turns {
				row := plimsoll.Row{}
				c.Do(context.Background(), time.Now(), client.Call{Encoded: e, Turn: turn, Output: dialect.Output{Policy: policy, Max: 6}, Request: 2 * time.Minute}, &row)
				if row.Class != plimsoll.ClassOK || row.UsagePrompt < 1 || row.UsageCached < 0 || row.UsageCompletion < 1 || row.UsageCompletion > 6 {
					t.Errorf("turn %d: %+v", turn, row)
				}
				if !(row.FirstByte <= row.FirstToken && row.FirstToken <= row.LastToken && row.LastToken <= row.End) || row.Reads < 1 {
					t.Errorf("turn %d: instants %+v", turn, row)
				}
				if policy == dialect.Recorded && (row.UsageCompletion != 6 || row.Finish != "length") {
					t.Errorf("turn %d: the length was not forced: %+v", turn, row)
				}
			}
		})
	}
	t.Run("preflight", func(t *testing.T) { preflightLlama(t, url) })
}

func preflightLlama(t *testing.T, url string) {
	c, _ := speak(t, url, "chat", "smollm2")
	want := client.Expect{Options: dialect.Options{Model: "smollm2", Usage: true}, Policy: dialect.Recorded, Context: 2000}
	before, err := c.Identify(context.Background())
	if err != nil || before.Model != "smollm2" || before.Server != "llama.cpp" {
		t.Errorf("identity %+v, %v", before, err)
	}
	findings, err := c.Preflight(context.Background(), want)
	if err != nil {
		t.Error(err)
	}
	for _, f := range findings {
		if !f.OK {
			t.Errorf("%+v", f)
		}
	}
	after, err := c.Identify(context.Background())
	if diff := cmp.Diff(before, after); err != nil || diff != "" {
		t.Errorf("identity changed under load: %v %s", err, diff)
	}
	want.Context = 1 << 20
	if _, err := c.Preflight(context.Background(), want); err == nil || !strings.Contains(err.Error(), "tokens but") {
		t.Errorf("a context that does not fit: %v", err)
	}
	wrong, _ := speak(t, url, "chat", "gpt")
	if _, err := wrong.Preflight(context.Background(), want); err == nil || !strings.Contains(err.Error(), "smollm2") {
		t.Errorf("a wrong model: %v", err)
	}
}
