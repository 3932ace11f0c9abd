package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/result"
)

// sweepFiles writes run files that differ in the KV pool and in one flag of the
// engine's launch command.
func sweepFiles(t *testing.T, pools ...string) []string {
	t.Helper()
	var args []string
	for i, pool := range pools {
		folder := filepath.Join(t.TempDir(), fmt.Sprint(i)) // all of one name
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		system := filepath.Join(folder, "system.yaml")
		file := filepath.Join(folder, "pool.yaml")
		for path, text := range map[string]string{
			system: fmt.Sprintf("launch_command: serve --pool %s --graphs\n", pool),
			file:   fmt.Sprintf("virtual: true\nengine_kv: %s\nsystem: %s\n", pool, system),
		} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		args = append(args, "-f", file)
	}
	return args
}

func TestSweep(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "sweep")
	args := append([]string{"run", "--out", out}, sweepFiles(t, "0.25", "1")...)
	code, table, said := call(t, nil, args...)
	if code != 0 {
		t.Fatalf("exit %d\n%s%s", code, table, said)
	}
	for _, want := range []string{"launch_command --pool: 0.25 | 1", "engine_kv: 0.25 | 1", "pool-2"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	if strings.Contains(table, "--graphs") {
		t.Errorf("a flag that does not differ is named:\n%s", table)
	}
	for _, name := range []string{"pool", "pool-2"} {
		if code, text, _ := call(t, nil, "verify", filepath.Join(out, name)); code != 0 {
			t.Errorf("verify %s: exit %d\n%s", name, code, text)
		}
	}
	// The folders are there now: neither run can be made, and nothing is overwritten.
	if code, _, said := call(t, nil, args...); code != exitFailed || !strings.Contains(said, "2 of the runs") {
		t.Errorf("again: exit %d\n%s", code, said)
	}
}

// TestSweepExit: one run's unmet requirement is the sweep's, and JSON stands alone.
func TestSweepExit(t *testing.T) {
	t.Parallel()
	args := append([]string{"run", "--json", "--require", "100tps/5s=70", "--out", filepath.Join(t.TempDir(), "sweep")}, sweepFiles(t, "1", "0.25")...)
	code, text, said := call(t, nil, args...)
	if code != exitRequire {
		t.Errorf("exit %d, want %d\n%s", code, exitRequire, said)
	}
	var c result.Comparison
	if err := json.Unmarshal([]byte(text), &c); err != nil || c.Schema != result.ComparisonSchema || len(c.Entries) != 2 {
		t.Errorf("%v in\n%s", err, text)
	}
}

func TestGravest(t *testing.T) {
	of := func(codes ...int) (list []error) {
		for _, code := range codes {
			list = append(list, inFolder("x", &ExitError{Code: code}))
		}
		return list
	}
	for want, codes := range map[int][]int{-1: nil, 5: {5}, 3: {5, 3}, 4: {3, 4, 5}, 1: {4, 1}, 130: {1, 130}} {
		if got := code(gravest(of(codes...))); got != want {
			t.Errorf("%v: exit %d, want %d", codes, got, want)
		}
	}
}

// TestMetricsAddress: what others can reach needs a token that is there.
func TestMetricsAddress(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "run")
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"--metrics", "0.0.0.0:0"}, "not a loopback address", exitUsage},
		{[]string{"--metrics", "0.0.0.0:0", "--metrics-token-env", "NONE"}, "NONE is empty", exitUsage},
		{[]string{"--metrics", ":0"}, "metrics on http://127.0.0.1:", 0},
		{[]string{"--metrics", "0.0.0.0:0", "--metrics-token-env", "TOKEN"}, "metrics on http://", 0},
	} {
		args := append([]string{"run", "--virtual", "--levels", "8", "--tier", "30tps/10s", "--out", out}, c.args...)
		code, _, said := call(t, map[string]string{"TOKEN": "correct horse battery"}, args...)
		if code != c.code || !strings.Contains(said, c.want) || strings.Contains(said, "horse") {
			t.Errorf("%v: exit %d, want %d with %q in\n%s", c.args, code, c.code, c.want, said)
		}
		os.RemoveAll(out)
	}
}
