package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/detector"
	"plimsoll/sim/study"
)

// quickly makes a search of a node take a fraction of a second.
var quickly = []string{"--tier", "20tps/10s", "--window", "10s", "--settle", "10s", "--max-agents", "24"}

func simulate(t *testing.T, args ...string) (rows []study.Row, worths []worth) {
	t.Helper()
	code, stdout, stderr := call(t, nil, append([]string{"simulate"}, append(args, "--json")...)...)
	if code != 0 {
		t.Fatalf("simulate %v exits with %d\n%s", args, code, stderr)
	}
	var out struct {
		Schema    string      `json:"schema"`
		Simulated bool        `json:"simulated"`
		Rows      []study.Row `json:"rows"`
		Ablations []worth     `json:"ablations"`
	}
	if err := json.Unmarshal([]byte(stdout), &out); err != nil || out.Schema != "plimsoll-simulate/1" || !out.Simulated {
		t.Fatalf("%v in %s", err, stdout)
	}
	return out.Rows, out.Ablations
}

// TestSimulateSystem searches a node with an ensemble and ablations, then alone: the
// answer is the same.
func TestSimulateSystem(t *testing.T) {
	t.Parallel()
	args := append([]string{"h200", "--ensemble", "2", "--ablate", "speculation,mxfp4"}, quickly...)
	rows, worths := simulate(t, args...)
	if len(rows) != 1 || len(worths) != 2 {
		t.Fatalf("%d rows, %d ablations", len(rows), len(worths))
	}
	r := rows[0]
	if r.Agents == nil || *r.Agents < 4 || r.Accelerators != 8 || *r.AgentsPerAccelerator != float64(*r.Agents)/8 || !r.Simulated || r.Boundary != "accelerator" {
		t.Errorf("%+v", r)
	}
	if want := float64(*r.Agents) / (8 * 540.0 / 1e6); *r.AgentsPerMW < 0.999*want || *r.AgentsPerMW > 1.001*want {
		t.Errorf("%g agents per MW, want %g", *r.AgentsPerMW, want)
	}
	if len(r.Denominators) != 3 || r.Low == nil || *r.Low > *r.High || r.Members != 2 || r.Limit == "" || r.Lift == "" {
		t.Errorf("%+v", r)
	}
	if w := worths[1]; w.Optimisation != "mxfp4" || *w.Without != 0 || !strings.Contains(w.Note, "hbm_bytes 1.41e+11 * memory_share") {
		t.Errorf("%+v", w)
	}
	again, _ := simulate(t, append([]string{"h200"}, quickly...)...)
	if *again[0].Agents != *r.Agents || *again[0].UncachedTokens != *r.UncachedTokens || again[0].LimitWhy != r.LimitWhy || again[0].Low != nil {
		t.Errorf("a second time, without the ensemble, it is\n%+v\nafter\n%+v", again[0], r)
	}
}

func TestSimulatePublished(t *testing.T) {
	rows, _ := simulate(t, append([]string{"published", "--only", "h200", "--trajectories", "mini"}, quickly[2:]...)...)
	if len(rows) != 1 {
		t.Fatalf("%+v", rows)
	}
	r := rows[0]
	if *r.PublishedPerAcc != 1.4 || *r.PublishedPerMW != 2594 || r.Tier != "20tps/10s" || *r.Ratio != *r.AgentsPerMW/2594 || r.UncachedTokens == nil {
		t.Errorf("%+v", r)
	}
}

// TestSimulateShow prints a file that simulates as what it was printed from, and that
// may be given memory below the KV pool.
func TestSimulateShow(t *testing.T) {
	t.Parallel()
	code, text, stderr := call(t, nil, "simulate", "show", "h200")
	if code != 0 || !strings.Contains(text, "phi_decode: {value: 1.5, unit:") {
		t.Fatalf("exit %d\n%s%s", code, text, stderr)
	}
	mine := filepath.Join(t.TempDir(), "mine.yaml")
	write := func(text string) {
		if err := os.WriteFile(mine, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	args := append([]string{"--trajectories", "mini"}, quickly...)
	shipped, _ := simulate(t, append([]string{"h200"}, args...)...)
	own, _ := simulate(t, append([]string{mine}, args...)...)
	if *own[0].Agents != *shipped[0].Agents || own[0].LimitWhy != shipped[0].LimitWhy {
		t.Errorf("%+v, the shipped one has %+v", own[0], shipped[0])
	}
	number := func(value, unit string) string {
		return "{value: " + value + ", unit: " + unit + ", source: test, date: 2026-11-25, kind: estimated, low: " + value + ", high: " + value + "}"
	}
	write(text + "offload:\n- name: host\n  capacity: " + number("1e+11", "B") + "\n  bandwidth: " + number("4e+10", "B/s") + "\n")
	if _, worths := simulate(t, append([]string{mine, "--ablate", "tiers"}, args...)...); len(worths) != 1 || *worths[0].Without != *shipped[0].Agents || *worths[0].With < *worths[0].Without {
		t.Errorf("%+v, without tiers it was %d agents", worths, *shipped[0].Agents)
	}
	if code, _, stderr := call(t, nil, "simulate", "show", "h300"); code != exitUsage || !strings.Contains(stderr, "not built in") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

// TestSimulatePublishedChosen has a row for every choice of the system, with what was
// published still beside it.
func TestSimulatePublishedChosen(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := call(t, nil, append([]string{"simulate", "published", "--only", "h200", "--trajectories", "mini", "--chosen", "--json"}, quickly[2:]...)...)
	var out published
	if err := json.Unmarshal([]byte(stdout), &out); code != 0 || err != nil {
		t.Fatalf("exit %d, %v, %s", code, err, stderr)
	}
	if len(out.Rows) != 1 || len(out.Otherwise) != 3 {
		t.Fatalf("%d rows, %d otherwise", len(out.Rows), len(out.Otherwise))
	}
	for _, r := range out.Otherwise {
		if r.Choice == "" || r.Input == "" || r.Instead == "" || !r.Simulated || r.Agents == nil || *r.PublishedPerMW != 2594 || r.Ratio == nil {
			t.Errorf("%+v", r)
		}
	}
}

// TestPublishedOrder has the announcement's two systems first.
func TestPublishedOrder(t *testing.T) {
	pairs, err := publishedPairs(nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range pairs {
		names = append(names, p.shape.Name)
	}
	if got := strings.Join(names, " "); got != "gb300-nvl72 h200 b300 mi355x" {
		t.Error(got)
	}
}

func TestSimulateRefuses(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"h200 --ablate affinity", "one engine"},
		{"h200 --ablate magic", "there are wideep"},
		{"h200 --ablate tiers", "no offload tiers"},
		{"h200 --layout tp5", "remainder 3"},
		{"h300", "not built in"},
		{"h200 --ensemble 1", "--ensemble 1"},
		{"h200 --method magic", "method"},
		{"published --tier 20tps/10s", "leave out --tiers"},
		{"published --only demo", "no system with a published result"},
	} {
		code, stdout, stderr := call(t, nil, append([]string{"simulate"}, strings.Fields(c.args)...)...)
		if code != exitUsage || !strings.Contains(stderr, c.want) || stdout != "" {
			t.Errorf("simulate %s: exit %d, %s%s, want %q", c.args, code, stdout, stderr, c.want)
		}
	}
}

// TestSimulatedTables fit a terminal of 100 columns and say what they are.
func TestSimulatedTables(t *testing.T) {
	detector.Skip(t, "searches for the width of their tables")
	t.Parallel()
	for _, args := range [][]string{
		append([]string{"simulate", "h200", "--ablate", "speculation", "--trajectories", "mini"}, quickly...),
		append([]string{"simulate", "published", "--only", "h200", "--trajectories", "mini", "--chosen"}, quickly[2:]...),
		{"simulate", "list"},
	} {
		code, stdout, stderr := call(t, nil, args...)
		if code != 0 || args[1] != "list" && !strings.Contains(stdout, "SIMULATED") {
			t.Errorf("%v: exit %d\n%s%s", args, code, stdout, stderr)
		}
		for line := range strings.Lines(stdout) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 100 {
				t.Errorf("%v: %d columns: %s", args, n, line)
			}
		}
	}
}

// TestEngineModel composes what is served live.
func TestEngineModel(t *testing.T) {
	for _, c := range []struct{ profile, model, want string }{
		{"h200", "", "h200"}, {"h200", "deepseek-v4-pro", "h200"}, {"h200", "llama-3.1-8b", "h200+llama-3.1-8b+vllm"},
		{"vera-rubin-nvl144", "gpt-oss-120b", "vera-rubin-nvl144+gpt-oss-120b+vllm"},
	} {
		if got, err := (&EngineCmd{Profile: c.profile, Model: c.model}).profile(); err != nil || got != c.want {
			t.Errorf("%s serving %q: %q, %v, want %q", c.profile, c.model, got, err, c.want)
		}
	}
	for _, c := range []struct{ args, want string }{
		{"--profile h200 --model gpt-9", `"gpt-9" is not built in`}, {"--profile h300", `"h300" is not built in`},
		{"--profile b200", "b200 is an accelerator"}, {"--kv 0", "must be above 0"}, {"--time-scale 0", "must be above 0"},
	} {
		if code, _, stderr := call(t, nil, append([]string{"engine"}, strings.Fields(c.args)...)...); code != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("engine %s: exit %d, %s, want %q", c.args, code, stderr, c.want)
		}
	}
}
