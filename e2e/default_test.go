package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDefaultRun is the main job: no flags, a table, a folder and exit 0.
func TestDefaultRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	code, stdout, stderr := run(t, "run", "--out", dir)
	if code != 0 {
		t.Fatalf("exit %d\n%s\n%s", code, stdout, stderr)
	}
	for _, want := range []string{"30tps/10s", "100tps/5s", "300tps/3s", "SIMULATED", dir} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the table does not say %q:\n%s", want, stdout)
		}
	}
	for _, name := range []string{"run.yaml", "system.yaml", "facts.json", "events.jsonl", "result.json", "report.html", "manifest.json"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s is missing or empty: %v", name, err)
		}
	}
	r := readResult(t, dir)
	checkLedger(t, r)
	bound := map[string]bool{}
	for _, tier := range r.Tiers {
		if tier.Verdict != "pass" || tier.Capacity == nil || *tier.Capacity < 1 {
			t.Errorf("tier %s: %s, capacity %v: %s", tier.Name, tier.Verdict, tier.Capacity, tier.Reason)
		}
		if tier.PerMegawatt == nil || tier.PerMegawatt.Boundary == "" {
			t.Errorf("tier %s has no figure per megawatt with a boundary", tier.Name)
		}
		bound[tier.BoundBy] = true
	}
	if !bound["ttft"] || !bound["speed"] {
		t.Errorf("want a tier bound by TTFT and one by speed, got %v", bound)
	}
	if r.Comparable.Yes || !r.Engine.Simulated || r.Partial {
		t.Errorf("comparable %v, simulated %v, partial %v", r.Comparable.Yes, r.Engine.Simulated, r.Partial)
	}
	checkAgainstVirtual(t, r)
}

// checkAgainstVirtual holds the live capacities against the same search, with these
// arguments, in virtual time: within one step of the search and 15 %.
func checkAgainstVirtual(t *testing.T, live result, args ...string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "virtual")
	if code, _, stderr := run(t, append([]string{"run", "--virtual", "--out", dir}, args...)...); code != 0 {
		t.Fatalf("virtual run: exit %d\n%s", code, stderr)
	}
	virtual := readResult(t, dir).capacities()
	for name, n := range live.capacities() {
		want := float64(virtual[name])
		if got := float64(n); got < 0.85*want || got > 1.15*want {
			t.Errorf("tier %s: %d agents live, %.0f in virtual time", name, n, want)
		}
	}
}

// TestVirtualRunsAreTheSame runs twice with one seed.
func TestVirtualRunsAreTheSame(t *testing.T) {
	var traces []string
	for range 2 {
		dir := filepath.Join(t.TempDir(), "run")
		if code, _, stderr := run(t, "run", "--virtual", "--seed", "7", "--out", dir); code != 0 {
			t.Fatalf("exit %d\n%s", code, stderr)
		}
		var trace strings.Builder
		for _, tier := range readResult(t, dir).Tiers {
			for _, v := range tier.Verdicts {
				trace.WriteString(v.Level + " " + v.Verdict + " " + strings.Join(v.Reasons, ";") + "\n")
			}
		}
		traces = append(traces, trace.String())
	}
	if traces[0] != traces[1] || traces[0] == "" {
		t.Errorf("two virtual runs with one seed differ:\n%s\n%s", traces[0], traces[1])
	}
}

// TestEngineScales halves the KV pool and doubles the speed, in virtual time.
func TestEngineScales(t *testing.T) {
	capacities := func(args ...string) map[string]int {
		dir := filepath.Join(t.TempDir(), "run")
		code, stdout, stderr := run(t, append([]string{"run", "--virtual", "--max-agents", "1024", "--out", dir}, args...)...)
		if code != 0 && code != 5 {
			t.Fatalf("exit %d\n%s\n%s", code, stdout, stderr)
		}
		return readResult(t, dir).capacities()
	}
	base, halved, doubled := capacities(), capacities("--engine-kv", "0.5"), capacities("--engine-speed", "2")
	falls, rises := false, true
	for name, n := range base {
		falls = falls || halved[name] < n
		if float64(halved[name]) > 1.1*float64(n) { // a step of the search
			t.Errorf("%s: KV pool halved: %d agents, %d with all of it", name, halved[name], n)
		}
		rises = rises && doubled[name] > n
	}
	if !falls || !rises {
		t.Errorf("base %v, KV pool halved %v, engine twice as fast %v", base, halved, doubled)
	}
}
