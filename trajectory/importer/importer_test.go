package importer_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll"
	"plimsoll/token"
	"plimsoll/trajectory"
	"plimsoll/trajectory/importer"
)

var update = flag.Bool("update", false, "write the outlines again")

// fixtures are hand-written files in the documented form of each format.
func fixtures() map[string]string {
	return map[string]string{
		"mlperf.jsonl": "mlperf", "agentperf.jsonl": "agentperf", "agentperf-local": "agentperf-local", "weka.json": "weka",
		"mooncake.jsonl": "mooncake", "mooncake-aiperf.jsonl": "mooncake", "trtllm.json": "trtllm", "tracelab.jsonl": "tracelab",
		"opencode.json": "opencode", "claude-code.jsonl": "claude-code", "codex.jsonl": "codex", "qwen-code.jsonl": "qwen-code",
		"gemini-cli.json": "gemini-cli", "kimi-cli": "kimi-cli", "openhands.jsonl": "openhands", "openhands-events.jsonl": "openhands-events",
		"swe-agent.traj.json": "swe-agent", "mini-swe-agent.json": "mini-swe-agent", "otel.json": "otel", "dynamo.jsonl": "dynamo",
		"requests.jsonl": "requests", "anthropic.jsonl": "anthropic", "openai.jsonl": "openai",
	}
}

// TestFixtures imports each fixture, told apart by content, and compares an
// outline of what came out with the one that was checked by hand.
func TestFixtures(t *testing.T) {
	tested := map[string]bool{}
	for file, format := range fixtures() {
		tested[format] = true
		path := filepath.Join("testdata", file)
		ts, got, err := importer.Import(path, "auto")
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if got != format {
			t.Errorf("%s: told as %s, want %s", file, got, format)
		}
		outline := outlineOf(ts)
		golden := filepath.Join("testdata", "outline", strings.TrimSuffix(strings.TrimSuffix(file, filepath.Ext(file)), ".traj")+".txt")
		if *update {
			if err := os.WriteFile(golden, []byte(outline), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), outline); diff != "" {
			t.Errorf("%s:\n%s", file, diff)
		}
	}
	for _, f := range importer.Formats() {
		if !tested[f.Name] {
			t.Errorf("format %s has no fixture, so it must not be listed", f.Name)
		}
	}
}

// outlineOf tells trajectories in a form that a person can check.
func outlineOf(ts []*plimsoll.Trajectory) string {
	var b strings.Builder
	for _, t := range ts {
		fmt.Fprintf(&b, "%s [%s %s %s %s] scaffold %d, basis %q\n", t.ID, t.Source.Format, t.Source.Harness, t.Source.Version, t.Source.Model, t.Scaffold, t.TokenBasis)
		var marks []string
		for field, f := range t.Fidelity {
			marks = append(marks, field+" "+string(f))
		}
		slices.Sort(marks)
		fmt.Fprintf(&b, "  %s\n", strings.Join(marks, ", "))
		for _, s := range t.Segments {
			if s.Kind == plimsoll.KindTools {
				fmt.Fprintf(&b, "  tools %s\n", s.Text)
			}
		}
		for i, turn := range t.Turns {
			fmt.Fprintf(&b, "  turn %d branch %d waits %v delay %v %v..%v usage %d/%d/%d/%d %s %s\n", i, turn.Branch, turn.WaitFor, turn.Delay,
				turn.Started, turn.Ended, turn.PromptTokens, turn.CachedTokens, turn.OutputTokens, turn.ReasoningTokens, turn.Finish, turn.Marker)
			for _, e := range turn.Tools {
				fmt.Fprintf(&b, "    ran %s %s (%s) at %v for %v %s\n", e.CallID, e.Name, e.Class, e.Start, e.Duration, e.Status)
			}
			for _, m := range token.Messages(t, turn.Prompt) {
				fmt.Fprintf(&b, "    > %s\n", said(t.Segments[m.From:m.To]))
			}
			for _, m := range token.Messages(t, turn.Output) {
				fmt.Fprintf(&b, "    < %s\n", said(t.Segments[m.From:m.To]))
			}
		}
	}
	return b.String()
}

func said(segments []plimsoll.Segment) string {
	var parts []string
	for _, s := range segments {
		part := string(s.Kind)
		if s.Name != "" || s.CallID != "" {
			part += "(" + s.Name + " " + s.CallID + ")"
		}
		if s.Text != "" {
			part += " " + fmt.Sprintf("%q", s.Text)
		} else {
			part += fmt.Sprintf(" %d tokens, %d blocks of %d", s.Tokens, len(s.Blocks), s.BlockSize)
		}
		parts = append(parts, part)
	}
	return string(segments[0].Role) + ": " + strings.Join(parts, "; ")
}

// TestFixturesRoundTrip writes each import in the native format and reads it back.
func TestFixturesRoundTrip(t *testing.T) {
	for file := range fixtures() {
		ts, _, err := importer.Import(filepath.Join("testdata", file), "auto")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "x.jsonl.zst")
		if err := trajectory.Save(path, ts); err != nil {
			t.Fatal(err)
		}
		back, format, err := importer.Import(path, "auto")
		if err != nil || format != "native" {
			t.Fatalf("%s: format %s, error %v", file, format, err)
		}
		if diff := cmp.Diff(outlineOf(ts), outlineOf(back)); diff != "" {
			t.Errorf("%s:\n%s", file, diff)
		}
	}
}
