package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

// trajectoriesCommand runs `plimsoll trajectories ARGS` and returns its exit code
// and outputs.
func trajectoriesCommand(t *testing.T, env map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	outside := &IO{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Env: func(k string) string { return env[k] }}
	code = Main(context.Background(), append([]string{"trajectories"}, args...), outside)
	return code, stdout.String(), stderr.String()
}

func TestTrajectoriesFromSynthToConvert(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	steps := [][]string{
		{"synth", "--preset", "mini", "--count", "5", "--seed", "7", "-o", at("a.jsonl.zst")},
		{"check", at("a.jsonl.zst")},
		{"cut", at("a.jsonl.zst"), "--max-context", "2000", "-o", at("cut.jsonl")},
		{"sample", at("a.jsonl.zst"), "-n", "2", "--seed", "1", "-o", at("two.jsonl")},
		{"convert", at("two.jsonl"), "--to", "mlperf", "-o", at("rows.jsonl")},
		{"import", at("rows.jsonl"), "-o", at("back.jsonl")},
		{"stats", at("back.jsonl")},
	}
	for _, step := range steps {
		if code, _, errs := trajectoriesCommand(t, nil, step...); code != 0 {
			t.Fatalf("%v: exit %d: %s", step, code, errs)
		}
	}
	code, out, errs := trajectoriesCommand(t, nil, "stats", at("back.jsonl"), "--json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var stats struct {
		Trajectories int
		Turns        struct{ Mean, P50, Max float64 }
		Input        struct{ Min, Mean, P25, P50, P95, Max float64 } `json:"input_tokens"`
		Delay        struct{ P50, Min, Max float64 }                 `json:"tool_delay_s"`
		Hit          float64                                         `json:"prefix_hit"`
		Languages    []string
	}
	if err := json.Unmarshal([]byte(out), &stats); err != nil {
		t.Fatal(err)
	}
	if stats.Trajectories != 2 || stats.Turns.Mean < 6 || stats.Input.Mean < 1200 || stats.Delay.Max <= 0 || stats.Hit < 0.8 || stats.Languages == nil {
		t.Errorf("statistics are %s", out)
	}
}

func TestTrajectoriesSealing(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"KEY": identity.String()}
	for _, step := range [][]string{
		{"synth", "--count", "3", "-o", at("a.jsonl")},
		{"seal", at("a.jsonl"), "-r", identity.Recipient().String(), "--commitment", at("c.json"), "-o", at("a.age")},
		{"open", at("a.age"), "--identity-env", "KEY", "-o", at("b.jsonl")},
		{"reveal", at("a.age"), "--leaf", "1", "--identity-env", "KEY", "-o", at("proof.json")},
		{"verify", at("proof.json"), "--commitment", at("c.json")},
	} {
		if code, _, errs := trajectoriesCommand(t, env, step...); code != 0 {
			t.Fatalf("%v: exit %d: %s", step, code, errs)
		}
	}
	a, errA := os.ReadFile(at("a.jsonl"))
	b, errB := os.ReadFile(at("b.jsonl"))
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("what was opened is not what was sealed (%v, %v)", errA, errB)
	}
	proof, err := os.ReadFile(at("proof.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("proof.json"), bytes.Replace(proof, []byte(`"leaf": 1`), []byte(`"leaf": 0`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := trajectoriesCommand(t, env, "verify", at("proof.json"), "--commitment", at("c.json")); code != exitCheck {
		t.Errorf("a forged proof: exit %d, want %d", code, exitCheck)
	}
	if code, _, errs := trajectoriesCommand(t, nil, "open", at("a.age"), "--identity-env", "KEY", "-o", at("x")); code != exitUsage || !strings.Contains(errs, "KEY is empty") {
		t.Errorf("no key: exit %d, %q", code, errs)
	}
}

func TestTrajectoriesCheckFindsProblems(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broken.jsonl")
	if err := os.WriteFile(path, []byte(`{"format":"plimsoll-trajectory/1","id":"a","turns":[]}`+"\n{\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := trajectoriesCommand(t, nil, "check", path)
	if code != exitCheck || !strings.Contains(out, "broken.jsonl:1: turns is empty") || !strings.Contains(out, "broken.jsonl:2: broken JSON") {
		t.Errorf("exit %d, %s", code, out)
	}
}
