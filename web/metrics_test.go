package web

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.uber.org/goleak"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/scrape/promtest"
)

// measuring makes a run folder in the middle of its third level.
func measuring(t *testing.T, runs, name string) *bundle.Dir {
	t.Helper()
	d := begin(t, runs, name, "example", began)
	sealed := seals(2, 16, 31, 7.5)
	sealed.Gates = []plimsoll.Gate{{Name: "lag", Value: 1.25, Limit: 50, Unit: "ms", OK: true}, {Name: "sentinel", Value: -1, Limit: 1, Unit: "ms", OK: true, Note: "not measured"}}
	add(t, d, begins(1, 8), seals(1, 8, 40, 0.7), plimsoll.Event{Time: began, Kind: plimsoll.EventWarning, Message: "power meter lost"}, begins(2, 16), sealed,
		begins(3, 12), progress(3, 12, 35.5, 1.25))
	return d
}

// exposed parses Prometheus text.
func exposed(t *testing.T, text string) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return families
}

// sample returns the value of the series with these labels, NaN where there is none.
func sample(f *dto.MetricFamily, labels ...string) float64 {
	for _, m := range f.GetMetric() {
		has := map[string]string{}
		for _, pair := range m.GetLabel() {
			has[pair.GetName()] = pair.GetValue()
		}
		all := true
		for i := 0; i < len(labels); i += 2 {
			all = all && has[labels[i]] == labels[i+1]
		}
		switch {
		case all && m.Counter != nil:
			return m.GetCounter().GetValue()
		case all:
			return m.GetGauge().GetValue()
		}
	}
	return math.NaN()
}

func TestMetrics(t *testing.T) {
	runs := t.TempDir()
	d := measuring(t, runs, "now")
	s := site(t, Config{Dir: runs})
	h := s.handler(true)
	code, text, header := get(t, h, "/runs/now/metrics")
	if code != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") {
		t.Fatalf("%d %v\n%s", code, header, text)
	}
	families := exposed(t, text)
	for _, defined := range exported() {
		if families[defined.name] == nil {
			t.Errorf("%s is defined and not served", defined.name)
		}
	}
	for _, want := range []struct {
		name   string
		value  float64
		labels []string
	}{
		{"plimsoll_run_info", 1, []string{"run", "now", "model", "example", "simulated", "true"}},
		{"plimsoll_run_standing", 1, []string{"standing", "running"}},
		{"plimsoll_run_standing", 0, []string{"standing", "finished"}},
		{"plimsoll_run_left_seconds", 95, nil},
		{"plimsoll_run_warnings_total", 1, nil},
		{"plimsoll_level_agents", 12, nil},
		{"plimsoll_level_agents_alive", 11, nil},
		{"plimsoll_level_requests_in_flight", 6, nil},
		{"plimsoll_level_p25_speed_tokens_per_second", 35.5, nil},
		{"plimsoll_level_p95_ttft_seconds", 1.25, nil},
		{"plimsoll_level_phase", 1, []string{"phase", "window"}},
		{"plimsoll_levels_total", 1, []string{"verdict", "pass"}},
		{"plimsoll_levels_total", 1, []string{"verdict", "fail"}},
		{"plimsoll_tier_highest_pass_agents", 16, []string{"tier", "30tps/10s"}},
		{"plimsoll_tier_highest_pass_agents", 8, []string{"tier", "100tps/5s"}},
		{"plimsoll_tier_lowest_fail_agents", 16, []string{"tier", "100tps/5s"}},
		{"plimsoll_tier_ttft_limit_seconds", 5, []string{"tier", "100tps/5s"}},
		{"plimsoll_gate_value", 1.25, []string{"gate", "lag", "unit", "ms"}},
	} {
		if got := sample(families[want.name], want.labels...); got != want.value {
			t.Errorf("%s %v = %v, want %v", want.name, want.labels, got, want.value)
		}
	}
	if got := sample(families["plimsoll_gate_value"], "gate", "sentinel"); !math.IsNaN(got) {
		t.Errorf("a gate that was not measured is served as %v", got)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
	finish(t, d, 10)
	_, text, _ = get(t, h, "/runs/now/metrics")
	families = exposed(t, text)
	if sample(families["plimsoll_run_standing"], "standing", "finished") != 1 || families["plimsoll_level_agents"] != nil {
		t.Errorf("after the end:\n%s", text)
	}
	if code, _, _ := get(t, h, "/runs/none/metrics"); code != http.StatusNotFound {
		t.Errorf("a run that is not there: %d", code)
	}
}

// serving serves one run's metrics until the test ends, and returns their host and port.
func serving(t *testing.T, s *Site, run string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l, err := s.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.ServeMetrics(ctx, l, run) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// TestServeMetrics: one reader of the events lives through many scrapes.
func TestServeMetrics(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	runs := t.TempDir()
	d := measuring(t, runs, "now")
	t.Run("scrapes", func(t *testing.T) {
		address := serving(t, site(t, Config{Dir: runs}), "now")
		for i, want := range []float64{35.5, 20, 19} {
			if i > 0 {
				add(t, d, progress(3, 12, want, 2))
			}
			code, text := fetch(t, "http://"+address+"/metrics")
			if got := sample(exposed(t, text)["plimsoll_level_p25_speed_tokens_per_second"]); code != http.StatusOK || got != want {
				t.Errorf("scrape %d: %d, speed %v, want %v", i, code, got, want)
			}
		}
		if code, text := fetch(t, "http://"+address+"/"); code != http.StatusNotFound || strings.Contains(text, "now") {
			t.Errorf("more than metrics is served: %d %s", code, text)
		}
	})
	http.DefaultClient.CloseIdleConnections()
}

func fetch(t *testing.T, address string) (int, string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// dashboard is as much of Grafana's dashboard model as the file uses.
type dashboard struct {
	SchemaVersion int
	Panels        []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ RefID, Expr string }
	}
	Templating struct {
		List []struct{ Name, Definition string }
	}
}

func grafana(t *testing.T) dashboard {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "docs", "grafana", "plimsoll.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// queries are the dashboard's queries with its variables filled in.
func (d dashboard) queries() []string {
	var list []string
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			list = append(list, strings.ReplaceAll(target.Expr, "$run", ".*"))
		}
	}
	return list
}

var metricName = regexp.MustCompile(`plimsoll_[a-z0-9_]+`)

func TestDashboardNamesMetricsThatExist(t *testing.T) {
	d := grafana(t)
	defined := map[string]bool{}
	for _, s := range exported() {
		defined[s.name] = true
	}
	drawn, ids, taken := map[string]bool{}, map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %d %q: its id is taken, or it has no title or no query", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("panel %q lies on %q or past the edge", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
	if d.SchemaVersion < 36 || len(d.queries()) < 15 {
		t.Errorf("schema version %d, %d queries: the file is not read as it should be", d.SchemaVersion, len(d.queries()))
	}
	for _, query := range append(d.queries(), d.Templating.List[1].Definition) {
		names := metricName.FindAllString(query, -1)
		if len(names) == 0 {
			t.Errorf("no metric in %q", query)
		}
		for _, name := range names {
			drawn[name] = true
			if !defined[name] {
				t.Errorf("%s is no metric; known are %v", name, slices.Sorted(maps.Keys(defined)))
			}
		}
	}
	page, err := os.ReadFile(filepath.Join("..", "docs", "serve.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range defined {
		if !strings.Contains(string(page), "| `"+name+"` |") {
			t.Errorf("docs/serve.md has no row for %s", name)
		}
		if !drawn[name] && name != "plimsoll_run_start_time_seconds" {
			t.Errorf("no panel draws %s", name)
		}
	}
}

// TestRealPrometheus lets a Prometheus server of the distribution scrape a run in
// progress and asks it every query of the dashboard.
func TestRealPrometheus(t *testing.T) {
	runs := t.TempDir()
	measuring(t, runs, "now")
	server := promtest.Start(t, "plimsoll", serving(t, site(t, Config{Dir: runs}), "now"), "plimsoll_run_info")
	for _, query := range grafana(t).queries() {
		if n, err := promtest.Ask(server, query); err != nil || n == 0 {
			t.Errorf("%s: %d series, %v", query, n, err)
		}
	}
}
