package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"plimsoll/plan"
)

// planJSON runs plimsoll plan with --json and returns its only system.
func planJSON(t *testing.T, args ...string) map[string]any {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Main(context.Background(), append(append([]string{"plan"}, args...), "--json"), outside(&out, &errs)); code != 0 {
		t.Fatalf("plan %v exits with %d\n%s", args, code, errs.String())
	}
	var p struct {
		Schema  string           `json:"schema"`
		Systems []map[string]any `json:"systems"`
	}
	if err := json.Unmarshal(out.Bytes(), &p); err != nil || p.Schema != "plimsoll-plan/1" || len(p.Systems) != 1 {
		t.Fatalf("%v, schema %q, %d systems", err, p.Schema, len(p.Systems))
	}
	return p.Systems[0]
}

// TestWorkedExample runs the command of docs/planning.md and compares each field of
// its table; and computes the example's steps again.
func TestWorkedExample(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "planning.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "## A worked example")
	line := regexp.MustCompile("```\nplimsoll plan (.*)\n```").FindStringSubmatch(rest)
	if !found || line == nil {
		t.Fatal("docs/planning.md has no worked example")
	}
	got := planJSON(t, strings.Fields(strings.ReplaceAll(line[1], "'", ""))...)
	rows := regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\| (.*) \\|$").FindAllStringSubmatch(rest, -1)
	if len(rows) < 12 {
		t.Fatalf("the example's table has %d rows", len(rows))
	}
	for _, row := range rows {
		var value any = got
		for _, key := range strings.Split(row[1], ".") {
			value = value.(map[string]any)[key]
		}
		want, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			if value != row[2] {
				t.Errorf("%s is %v, the page says %s", row[1], value, row[2])
			}
			continue
		}
		if is, ok := value.(float64); !ok || math.Abs(is-want) > 1e-5*want {
			t.Errorf("%s is %v, the page says %s", row[1], value, row[2])
		}
	}

	rack := 72 * 1944.4
	racks := math.Floor(2e6 / 1.25 * 0.95 / rack)
	after := (racks - 1) * math.Floor(72.0/32) * 1840
	watts := (1840/61354.0*1e6/32 + 1944.4 - 1400) * 1.25
	for name, want := range map[string]float64{
		"units": racks, "agents": racks * 2 * 1840, "agents_after_redundancy": after, "agents_planned": math.Floor(after * 0.9),
		"stranded_mw": 2 - racks*rack/1e6/0.95*1.25, "cost_per_agent_hour": racks * 72 * 4 / math.Floor(after*0.9),
	} {
		if is := got[name].(float64); math.Abs(is-want) > 1e-9*want {
			t.Errorf("%s is %v, by hand %v", name, is, want)
		}
	}
	if is := got["energy"].(map[string]any)["mean_facility_mw"].(float64); math.Abs(is-racks*72*watts/1e6) > 1e-9 {
		t.Errorf("mean %v MW, by hand %v", is, racks*72*watts/1e6)
	}
}

// TestPlanOfARun plans with a run of the simulated engine: it stays marked, its
// interval is carried through, and nothing that is published stands beside it.
func TestPlanOfARun(t *testing.T) {
	t.Parallel()
	dir := virtualRun(t)
	system := dir + "?unit=8&unit_power=4kW@node_ac&gpu_hour=1&tool=0.5s&name=ours"
	a := planJSON(t, "--power", "100kW", "--system", system, "--tool-time", "2s")
	if a["system"] != "ours" || a["evidence"] != "simulated" || a["units"].(float64) != 19 || a["cost_per_agent_hour"] == nil {
		t.Errorf("%v: %v, %v units, cost %v", a["system"], a["evidence"], a["units"], a["cost_per_agent_hour"])
	}
	if a["interval"] == nil || len(a["assumptions"].([]any)) < 8 || len(a["sensitivity"].([]any)) < 6 {
		t.Errorf("interval %v, assumptions %v", a["interval"], a["assumptions"])
	}
	var out, errs bytes.Buffer
	if code := Main(context.Background(), []string{"plan", "--power", "1MW", "--system", system}, outside(&out, &errs)); code != 0 || !strings.Contains(out.String(), "[SIMULATED]") {
		t.Errorf("exit %d; the table does not mark what is simulated:\n%s", code, out.String())
	}
}

func TestPlanRefuses(t *testing.T) {
	ragged := filepath.Join(t.TempDir(), "day")
	if err := os.WriteFile(ragged, []byte("0.5\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"--power 1MW --system published:b300", "must not be multiplied"},
		{"--power 1MW --system published:h200?gpuhour=1", "no option gpuhour"},
		{"--power 1MW --system published:h200?unit_power=10kW", "POWER@BOUNDARY"},
		{"--power 1MW --system published:nobody", "no published result"},
		{"--power 1MW --system published:300", "no published result"},
		{"--power 1MW --system ./nowhere", "run folder"},
		{"--system published:h200", "nothing to plan"},
		{"--power 1MW --tier 30tps/10s --system published:h200", "no result at tier"},
		{"--power 1MW --mix 20tps/10s=50% --system published:h200", "adds up"},
		{"--power 1MW --redundancy N+x --system published:h200", "redundancy"},
		{"--power 1MW --system published:h200 --day-curve " + ragged, "24 hours"},
	} {
		var out, errs bytes.Buffer
		code := Main(context.Background(), append([]string{"plan"}, strings.Fields(c.args)...), outside(&out, &errs))
		if code != exitUsage || !strings.Contains(errs.String(), c.want) || out.Len() > 0 {
			t.Errorf("plan %s: exit %d, %q does not say %q", c.args, code, errs.String(), c.want)
		}
	}
}

func TestDayCurve(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day")
	text := "# share of the peak\n"
	for h := range 24 {
		text += fmt.Sprintf("%d%% # hour %d\n", 50+h%2*50, h)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--units", "10", "--system", "published:h200?gpu_hour=2"}
	flat, day := planJSON(t, args...), planJSON(t, append(args, "--day-curve", path, "--idle-power", "20%")...)
	ratio := func(of func(map[string]any) float64) float64 { return of(day) / of(flat) }
	if r := ratio(func(a map[string]any) float64 { return a["cost_per_agent_hour"].(float64) }); math.Abs(r-1/0.75) > 1e-9 {
		t.Errorf("an agent-hour at 75 %% load costs %g times as much", r)
	}
	if r := ratio(func(a map[string]any) float64 { return a["energy"].(map[string]any)["mean_facility_mw"].(float64) }); math.Abs(r-(0.2+0.8*0.75)) > 1e-9 {
		t.Errorf("mean power is %g of full load", r)
	}
}

// TestQueryIsTheCommandLine reads the same request from flags and from a form.
func TestQueryIsTheCommandLine(t *testing.T) {
	for _, fields := range []url.Values{
		{"power": {"1MW"}},
		{"users": {"500"}, "active": {"25%"}, "sessions": {"1.5"}, "blocking": {"1%"}, "traffic": {"erlang-c"}, "growth": {"10%"}, "rack-power": {"40kW"}, "redundancy": {"N+1"}},
		{"agents": {"90"}, "racks": {"3"}, "rack-power": {"40kW"}, "mix": {"20tps/10s=100%"}, "capex": {"40000"}, "kwh": {"0.1"}, "years": {"5"}, "idle-power": {"30%"}},
		{"units": {"4"}, "tool-time": {"3s"}, "kv-regime": {"memory"}, "headroom": {"10%"}, "pue": {"1.3"}, "reserve": {"0%"}, "boundary": {"it"}, "gpu-hour": {"2"}, "tier": {""}},
	} {
		var cli CLI
		parser, err := kong.New(&cli, kong.Name("plimsoll"), kong.DefaultEnvars("PLIMSOLL"), helpVars())
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"plan", "--system", "published:h200"}
		for name, values := range fields {
			if values[0] != "" {
				args = append(args, "--"+name, values[0])
			}
		}
		if _, err := parser.Parse(args); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		want, err := cli.Plan.request(context.Background(), outside(&out, &errs))
		if err != nil {
			t.Fatal(err)
		}
		got, err := plan.Query(fields)
		if err != nil {
			t.Fatal(err)
		}
		got.Systems = want.Systems
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: flags (-), form (+):\n%s", fields, diff)
		}
	}
	if _, err := plan.Query(url.Values{"pover": {"1MW"}}); err == nil {
		t.Error("an unknown field was taken")
	}
}
