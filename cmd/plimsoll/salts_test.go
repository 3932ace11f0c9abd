package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/result"
	"plimsoll/sim/study"
)

// TestSalts shares prompts between agents on one trajectory in preset aa, says so wherever
// the number stands, and shares none where each walk has a salt.
func TestSalts(t *testing.T) {
	t.Parallel()
	uncached := map[string]float64{}
	for _, c := range []struct {
		args, salts string
		says        bool
	}{{"--preset aa", "level", true}, {"--preset aa --salts walk", "walk", false}, {"--preset standard", "walk", false}} {
		out := filepath.Join(t.TempDir(), "run")
		code, text, stderr := call(t, nil, append(strings.Fields("run --virtual --levels 72 --tier 20tps/10s --limit 20m --out "+out), strings.Fields(c.args)...)...)
		if code != 0 {
			t.Fatalf("run %s: exit %d, %s", c.args, code, stderr)
		}
		data, err := os.ReadFile(filepath.Join(out, "result.json"))
		if err != nil {
			t.Fatal(err)
		}
		var r result.Result
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		said := strings.Join(r.Tiers[0].NotRepresentative, "; ")
		if r.Settings.Salts != c.salts || strings.Contains(said, "72 agents share 64 trajectories under one salt") != c.says {
			t.Errorf("run %s: salts %q, %q", c.args, r.Settings.Salts, said)
		}
		uncached[c.args] = float64(r.Levels[0].MeanUncached)
		page, err := os.ReadFile(filepath.Join(out, "report.html"))
		if err != nil {
			t.Fatal(err)
		}
		for where, text := range map[string]string{"terminal": strings.Join(strings.Fields(text), " "), "page": string(page)} {
			if strings.Contains(text, "72 agents share 64 trajectories under one salt") != c.says {
				t.Errorf("run %s: the %s says %q", c.args, where, text)
			}
		}
		if code, _, stderr := call(t, nil, "verify", out); code != 0 {
			t.Errorf("verify %s: exit %d, %s", c.args, code, stderr)
		}
	}
	if level, walk := uncached["--preset aa"], uncached["--preset aa --salts walk"]; level > walk/2 {
		t.Errorf("%g uncached tokens a turn with the level's salt, %g with each walk's", level, walk)
	}
}

// TestSimulateSalts marks the row of a system whose agents share prompts.
func TestSimulateSalts(t *testing.T) {
	t.Parallel()
	args := strings.Fields("demo --trajectories mini --preset aa --tier 20tps/10s --max-agents 80 --window 60s --settle 60s")
	rows, _ := simulate(t, args...)
	if said := strings.Join(rows[0].NotRepresentative, "; "); !strings.Contains(said, "agents share 64 trajectories under one salt") {
		t.Errorf("%q", said)
	}
	var walk []study.Row
	if walk, _ = simulate(t, append(args, "--salts", "walk")...); len(walk[0].NotRepresentative) != 0 || *walk[0].UncachedTokens < 2**rows[0].UncachedTokens {
		t.Errorf("%+v", walk[0])
	}
	if code, _, stderr := call(t, nil, "simulate", "demo", "--salts", "none"); code != exitUsage || !strings.Contains(stderr, "salts") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}
