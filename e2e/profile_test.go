package e2e

import (
	"math"
	"path/filepath"
	"testing"
)

// TestProfileLiveAndVirtual holds the same level of 80 agents on a profile's live
// engine, over HTTP with the real client, and in virtual time: the same verdicts in two
// tiers, one either side of the speed that it delivers, P25 speed and P95 TTFT within
// 5 %. At 80 agents the engine streams about 1,600 tokens/s, so that two cores carry
// it and the client.
func TestProfileLiveAndVirtual(t *testing.T) {
	const profile = "h100+llama-3.1-70b"
	url, _ := startEngine(t, "--profile", profile)
	hold := func(where ...string) result {
		dir := filepath.Join(t.TempDir(), "run")
		code, stdout, stderr := run(t, append([]string{"run", "--out", dir, "--trajectories", "mini", "--levels", "80", "--tier", "20tps/3s", "--tier", "25tps/3s",
			"--ramp", "4s", "--settle", "8s", "--window", "20s", "--limit", "60s", "--no-warmup"}, where...)...)
		if code != 0 && code != 5 { // the stricter tier has no level that passes
			t.Fatalf("exit %d\n%s\n%s", code, stdout, stderr)
		}
		r := readResult(t, dir)
		checkLedger(t, r)
		if len(r.Levels) != 1 || r.Levels[0].Validity != "valid" {
			t.Fatalf("levels %+v, want one that is valid", r.Levels)
		}
		return r
	}
	live, virtual := hold("--url", url, "--accelerators", "2"), hold("--virtual", "--engine", profile)
	l, v := live.Levels[0], virtual.Levels[0]
	t.Logf("P25 speed %.2f tokens/s live, %.2f virtual; P95 TTFT %.4f s live, %.4f s virtual; %d and %d turns", l.P25Speed, v.P25Speed, l.P95TTFT, v.P95TTFT, l.Turns, v.Turns)
	if math.Abs(l.P25Speed/v.P25Speed-1) > 0.05 || math.Abs(l.P95TTFT/v.P95TTFT-1) > 0.05 {
		t.Errorf("P25 speed %.2f and %.2f tokens/s, P95 TTFT %.4f and %.4f s: not within 5 %%", l.P25Speed, v.P25Speed, l.P95TTFT, v.P95TTFT)
	}
	for i, tier := range live.Tiers {
		a, b := tier.Verdicts, virtual.Tiers[i].Verdicts
		if len(a) != 1 || len(b) != 1 || a[0].Verdict != b[0].Verdict {
			t.Errorf("tier %s: live %+v, virtual %+v", tier.Name, a, b)
		}
	}
	if verdict := live.Tiers[0].Verdicts[0].Verdict; verdict != "pass" {
		t.Errorf("tier %s: %s, want a pass", live.Tiers[0].Name, verdict)
	}
}
