package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSystemDescription fills the template in, runs with it, and finds it in the folder:
// what the run itself knows is not overruled.
func TestSystemDescription(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, run := filepath.Join(dir, "system.yaml"), filepath.Join(dir, "run")
	_, template, _ := call(t, nil, "system")
	full := strings.ReplaceAll(template, `: ""`, `: "something"`)
	full = strings.Replace(full, `launch_command: "something"`, `launch_command: "serve m --tp 8"`, 1)
	if err := os.WriteFile(file, []byte(template), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := call(t, nil, "system", "--check", file); code != exitCheck || !strings.Contains(stderr, "precision") || !strings.Contains(stderr, "routing") {
		t.Errorf("an empty description: exit %d %s", code, stderr)
	}
	if err := os.WriteFile(file, []byte(full), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := call(t, nil, "system", "--check", file); code != 0 {
		t.Errorf("a full description: exit %d %s", code, stderr)
	}
	code, stdout, stderr := call(t, nil, "run", "--virtual", "--levels", "8", "--system", file, "--out", run, "--json")
	if code != 0 && code != exitUndecided {
		t.Fatalf("exit %d %s", code, stderr)
	}
	var r struct {
		Comparable struct{ Why []string }
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err)
	}
	for _, why := range r.Comparable.Why {
		if strings.Contains(why, "system description") {
			t.Errorf("complete, and yet %q", why)
		}
	}
	kept, err := os.ReadFile(filepath.Join(run, "system.yaml"))
	if err != nil || !strings.Contains(string(kept), `launch_command: "serve m --tp 8"`) || !strings.Contains(string(kept), `simulated: "true"`) || !strings.Contains(string(kept), `accelerators: "1"`) {
		t.Errorf("%v\n%s", err, kept)
	}
	for _, bad := range []string{"colour: blue", `launch_command: "serve --api-key sk-1"`, "[1, 2]"} {
		if err := os.WriteFile(file, []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		if code, _, stderr := call(t, nil, "run", "--virtual", "--system", file, "--out", filepath.Join(dir, "no")); code != exitUsage || strings.Contains(stderr, "sk-1") {
			t.Errorf("%q: exit %d %s", bad, code, stderr)
		}
	}
}
