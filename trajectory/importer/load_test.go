package importer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/token"
	"plimsoll/trajectory"
	"plimsoll/trajectory/importer"
)

func ExampleLoad() {
	set, err := importer.Load("testdata/mlperf.jsonl", token.Bytes4{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Name, len(set.Trajectories), set.Turns(), set.Basis)
	// Output: mlperf 2 3 bytes4
}

// TestLoadSaysWhatItDid checks the notes: what was left out, filled, or lacks.
func TestLoadSaysWhatItDid(t *testing.T) {
	for file, want := range map[string]string{
		"agentperf.jsonl": "1 turns left out",
		"weka.json":       "filler text",
		"qwen-code.jsonl": "shorter than recorded",
	} {
		set, err := importer.Load(filepath.Join("testdata", file), token.Bytes4{})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(set.Notes, "\n"), want) {
			t.Errorf("%s: notes are %q, want one with %q", file, set.Notes, want)
		}
		for _, tr := range set.Trajectories {
			for i, turn := range tr.Turns {
				if turn.OutputTokens == 0 || turn.PromptTokens == 0 {
					t.Errorf("%s: turn %d of %s has no size", file, i, tr.ID)
				}
			}
		}
	}
}

// TestExportsComeBack converts a set into every format and imports it again: the
// turns, their sizes and their delays stay.
func TestExportsComeBack(t *testing.T) {
	set, err := importer.Load("testdata/mlperf.jsonl", token.Bytes4{})
	if err != nil {
		t.Fatal(err)
	}
	want := set.Stats()
	for _, format := range trajectory.ExportFormats() {
		path := filepath.Join(t.TempDir(), "out")
		if err := trajectory.Export(path, format, set.Trajectories); err != nil {
			t.Fatal(err)
		}
		back, err := importer.Load(path, token.Bytes4{})
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		got := back.Stats()
		if got.TotalTurns != want.TotalTurns || got.Output.Mean != want.Output.Mean {
			t.Errorf("%s: %d turns with replies of %g, want %d and %g", format, got.TotalTurns, got.Output.Mean, want.TotalTurns, want.Output.Mean)
		}
		if format != "mooncake" && got.Input.Mean != want.Input.Mean {
			t.Errorf("%s: mean input %g, want %g", format, got.Input.Mean, want.Input.Mean)
		}
		if format != "openai" && got.Delay.Max != want.Delay.Max {
			t.Errorf("%s: longest delay %g, want %g", format, got.Delay.Max, want.Delay.Max)
		}
	}
	if trajectory.Export(filepath.Join(t.TempDir(), "x"), "nothing", set.Trajectories) == nil {
		t.Error("an unknown format was written")
	}
}

// TestBadRecordings checks that what is broken is refused, with its place.
func TestBadRecordings(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"truncated":       {`{"conversation_id":"a","turn":1,"role":"user","content":"x`, "x.jsonl:1: broken JSON"},
		"not together":    {`{"conversation_id":"a","turn":1,"role":"user","content":"x"}` + "\n" + `{"conversation_id":"b","turn":1,"role":"user","content":"x"}` + "\n" + `{"conversation_id":"a","turn":2,"role":"user","content":"x"}`, "x.jsonl:3: conversation_id"},
		"turns fall":      {`{"conversation_id":"a","turn":2,"role":"user","content":"x"}` + "\n" + `{"conversation_id":"a","turn":1,"role":"assistant","content":"x"}`, "x.jsonl:2: turn is 1 after 2"},
		"negative delay":  {`{"conversation_id":"a","turn":1,"role":"tool","tool_results":[],"delay_seconds":-1}`, "delay_seconds is -1"},
		"wrong encoding":  {"{\"conversation_id\":\"a\",\"turn\":1,\"role\":\"user\",\"content\":\"\xff\"}", "UTF-8"},
		"gap":             {`{"conversation_id":"a","conversation_idx":1,"messages":[{"role":"user","content":"x"}]}`, "conversation_idx is 1"},
		"no messages":     {`{"conversation_id":"a","conversation_idx":0,"messages":[]}`, "messages is empty"},
		"unknown role":    {`{"messages":[{"role":"wizard","content":"x"}]}`, `role is "wizard"`},
		"too many blocks": {`{"id":"w","block_size":64,"requests":[{"t":0,"type":"n","in":64,"out":1,"hash_ids":[1,2]}]}`, "2 hash_ids"},
		"negative start":  {`{"id":"w","block_size":64,"requests":[{"t":-5,"type":"n","in":64,"out":1,"hash_ids":[1]}]}`, "t is -5"},
		"bomb":            {strings.Repeat(`{"messages":`, 12000), "x.jsonl"},
		"no JSON":         {"hello", "no JSON"},
		"unknown":         {`{"colour":"blue"}`, "no known format"},
	}
	for name, c := range cases {
		path := filepath.Join(t.TempDir(), "x.jsonl")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := importer.Load(path, token.Bytes4{})
		if err == nil || set != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
		problems, err := importer.Check(path)
		if err != nil || len(problems) == 0 {
			t.Errorf("%s: check finds %v (error %v)", name, problems, err)
		}
	}
}

// TestManifestStaysInItsFolder checks paths and links that lead outside.
func TestManifestStaysInItsFolder(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside.jsonl")
	if err := os.WriteFile(outside, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.jsonl")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"../outside.jsonl", outside, "a/../../outside.jsonl", "link.jsonl", ""} {
		manifest := fmt.Sprintf(`{"version":1,"tasks":[{"task_id":"t","trace":%q}]}`, path)
		if err := os.WriteFile(filepath.Join(dir, "manifest.json"), []byte(manifest), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := importer.Import(dir, "auto"); err == nil {
			t.Errorf("trace path %q was read", path)
		}
	}
}
