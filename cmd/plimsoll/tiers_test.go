package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// TestTiersDerive probes simulated engines, one at another speed, writes a tier set
// and measures with it.
func TestTiersDerive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "tiers.yaml")
	runs := filepath.Join(dir, "runs")
	code, stdout, stderr := call(t, nil, "tiers", "derive", "demo=sim:demo", "h200=sim:h200", "--runs", runs, "--window", "1m", "-o", file)
	if code != 0 || stdout != "" || !strings.Contains(stderr, "demo") {
		t.Fatalf("exit %d:\n%s%s", code, stdout, stderr)
	}
	folders, err := filepath.Glob(filepath.Join(runs, "derive-*"))
	if err != nil || len(folders) != 2 {
		t.Fatalf("folders %v, %v", folders, err)
	}
	for _, folder := range folders {
		if code, _, stderr := call(t, nil, "verify", folder); code != 0 {
			t.Errorf("a probe's folder does not verify: %d %s", code, stderr)
		}
	}
	code, stdout, stderr = call(t, nil, "run", "--virtual", "--engine", "h200", "--tiers", file, "--levels", "1", "--window", "1m", "--out", filepath.Join(dir, "run"), "--json")
	if code != 0 && code != exitUndecided {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var r struct {
		TierSet string `json:"tier_set"`
		Tiers   []struct{ Verdict string }
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || r.TierSet != "derived" || len(r.Tiers) != 2 || r.Tiers[0].Verdict != "pass" {
		t.Errorf("the slow endpoint misses the tier derived from it: %+v %v", r, err)
	}
	for _, bad := range []string{"noname", "=x", "x="} {
		if code, _, stderr := call(t, nil, "tiers", "derive", bad, "--runs", runs); code != exitUsage || !strings.Contains(stderr, "NAME=URL") {
			t.Errorf("%q: exit %d %s", bad, code, stderr)
		}
	}
}
