package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startLlama starts a real llama.cpp server on one core and waits for its model.
func startLlama(t *testing.T) string {
	t.Helper()
	binary(t)
	parts := os.Getenv("PLIMSOLL_PARTS")
	server := need(t, "llama.cpp's server", filepath.Join(parts, "llama-server"))
	model := need(t, "a model for llama.cpp", filepath.Join(parts, "model.gguf"))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	// One thread leaves a core to the client; two of them on two cores void the run.
	cmd := exec.Command(server, "-m", model, "--host", "127.0.0.1", "--port", fmt.Sprint(port), "-c", "16384", "-np", "4", "-t", "1", "-tb", "1", "--alias", "smollm2")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	for range 300 {
		if reply, err := http.Get(url + "/health"); err == nil {
			reply.Body.Close()
			if reply.StatusCode == http.StatusOK {
				return url + "/v1"
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("llama.cpp's server did not become ready in 30 s")
	return ""
}

// rows writes trajectories in MLPerf Endpoints' form: short ones, which a small
// model on one core bears.
func rows(t *testing.T, trajectories, turns int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	var b strings.Builder
	line := func(row map[string]any) {
		data, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(data, '\n'))
	}
	for i := range trajectories {
		id := fmt.Sprintf("task-%d", i)
		line(map[string]any{"conversation_id": id, "turn": 1, "role": "user", "system": "You mend programs. Answer with one command.", "content": fmt.Sprintf("Test %d of the parser fails. Find out why.", i)})
		for turn := range turns {
			call := fmt.Sprintf("call-%d", turn)
			line(map[string]any{"conversation_id": id, "turn": 2*turn + 2, "role": "assistant", "content": "Let me look at the file and at its tests first, then run them.", "tool_calls": []any{
				map[string]any{"id": call, "type": "function", "function": map[string]any{"name": "shell", "arguments": `{"command":"go test ./parser"}`}}}})
			line(map[string]any{"conversation_id": id, "turn": 2*turn + 3, "role": "tool", "delay_seconds": 0.2, "tool_results": []any{
				map[string]any{"tool_call_id": call, "content": fmt.Sprintf("--- FAIL: TestParse%d (0.00s)\n    parse_test.go:%d: got 3 tokens, want 4\nFAIL", turn, 10+turn)}}})
		}
		line(map[string]any{"conversation_id": id, "turn": 2*turns + 2, "role": "assistant", "content": "The scanner drops the last token; the fix is to flush it at the end."})
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLlama finds the capacity of a real engine for a tier that it can meet. The
// trajectories are short: on one core prompts of 1.5K tokens take it 10 s each, and
// a verdict wants 20 turns.
func TestLlama(t *testing.T) {
	url := startLlama(t)
	set := rows(t, 12, 5)
	dir := filepath.Join(t.TempDir(), "run")
	code, stdout, stderr := run(t, "run", "--url", url, "--trajectories", set, "--max-context", "2000", "--max-output", "16", "--max-turns", "6",
		"--max-agents", "2", "--accelerators", "1", "--tier", "5tps/20s", "--no-warmup", "--settle", "6s", "--window", "15s", "--limit", "60s", "--out", dir)
	if code != 0 {
		t.Fatalf("exit %d\n%s\n%s", code, stdout, stderr)
	}
	r := readResult(t, dir)
	checkLedger(t, r)
	if tier := r.Tiers[0]; tier.Capacity == nil || *tier.Capacity < 1 {
		t.Errorf("tier %s: %s: %s", tier.Name, tier.Verdict, tier.Reason)
	}
	if r.Comparable.Yes || len(r.Comparable.Why) == 0 || r.Engine.Simulated {
		t.Errorf("comparable %+v, simulated %v", r.Comparable, r.Engine.Simulated)
	}
}
