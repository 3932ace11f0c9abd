package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestResultAdd types two tiers of one publication and a second system in, and
// compares them.
func TestResultAdd(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results.json")
	add := func(args ...string) (int, string) {
		args = append([]string{"result", "add", "--source", "https://example.org", "--date", "2026-06-12", "-o", file}, args...)
		code, _, stderr := call(t, nil, args...)
		return code, stderr
	}
	for _, args := range [][]string{
		{"--system", "rack", "--agents", "1840", "--accelerators", "32", "--tier", "20tps/10s", "--watts", "30000", "--boundary", "accelerator", "--grade", "G1"},
		{"--system", "rack", "--agents", "640", "--accelerators", "32", "--tier", "60tps/5s"},
		{"--system", "node", "--agents", "11", "--accelerators", "8", "--tier", "20tps/10s"},
	} {
		if code, stderr := add(args...); code != 0 {
			t.Fatalf("%v: exit %d %s", args, code, stderr)
		}
	}
	code, stdout, stderr := call(t, nil, "compare", file)
	if code != 0 || !strings.Contains(stdout, "61,333") || !strings.Contains(stdout, "lacks rows") {
		t.Errorf("exit %d:\n%s%s", code, stdout, stderr)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--system", "node", "--agents", "12", "--tier", "20tps/10s"}, "already"},
		{[]string{"--system", "x", "--agents=-1", "--tier", "20tps/10s"}, "negative"},
		{[]string{"--system", "x", "--agents", "1", "--tier", "20tps/10s", "--watts", "5"}, "--boundary"},
		{[]string{"--system", "x", "--agents", "1", "--tier", "fast"}, "tier"},
	} {
		if code, stderr := add(c.args...); code == 0 || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: exit %d %s", c.args, code, stderr)
		}
	}
	if after, _ := os.ReadFile(file); string(after) != string(before) {
		t.Error("a refused result changed the file")
	}
}

// TestResultImport reads a summary of AIPerf.
func TestResultImport(t *testing.T) {
	dir := t.TempDir()
	theirs, file := filepath.Join(dir, "profile_export_aiperf.json"), filepath.Join(dir, "results.json")
	text := `{"aiperf_version":"0.13.0","start_time":"2026-11-20T10:00:00","request_count":{"unit":"requests","avg":990},
"time_to_first_token":{"unit":"ms","p95":4200},"output_token_throughput_per_user":{"unit":"tokens/sec/user","p25":41.5}}`
	if err := os.WriteFile(theirs, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := call(t, nil, "result", "import", theirs, "--system", "8x H100", "-o", file); code != exitUsage || !strings.Contains(stderr, "--agents") {
		t.Errorf("exit %d %s, want it to ask for the number of users", code, stderr)
	}
	if code, _, stderr := call(t, nil, "result", "import", theirs, "--system", "8x H100", "--agents", "48", "--accelerators", "8", "-o", file); code != 0 {
		t.Fatalf("exit %d %s", code, stderr)
	}
	if data, err := os.ReadFile(file); err != nil || !strings.Contains(string(data), `"capacity": 48`) || !strings.Contains(string(data), "survived") {
		t.Errorf("%v\n%s", err, data)
	}
	if after, err := os.ReadFile(theirs); err != nil || string(after) != text {
		t.Error("the file that was read changed")
	}
}
