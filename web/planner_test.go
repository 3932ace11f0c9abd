package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"plimsoll"
	"plimsoll/plan"
	"plimsoll/power"
	"plimsoll/report/browser"
	"plimsoll/result"
)

func table(t *testing.T) power.Table {
	t.Helper()
	table, err := power.Provisioned()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// published are the shipped results as systems to plan with.
func published(t *testing.T) []plan.System {
	t.Helper()
	entries, err := result.Published()
	if err != nil {
		t.Fatal(err)
	}
	var systems []plan.System
	for _, name := range []string{"NVIDIA GB300 NVL72", "NVIDIA H200 HGX"} {
		var same []result.Entry
		for _, e := range entries {
			if strings.HasPrefix(e.Name, name) {
				same = append(same, e)
			}
		}
		s, err := plan.FromEntries(same, table(t), plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		systems = append(systems, s)
	}
	return systems
}

func TestPlanner(t *testing.T) {
	systems := published(t)
	h := site(t, Config{Dir: t.TempDir(), Systems: systems}).handler(true)
	if _, page, _ := get(t, h, "/plan"); strings.Count(page, `name="system"`) != len(systems) {
		t.Errorf("the form does not offer %d systems", len(systems))
	}
	ask := func(change func(url.Values)) (int, string) {
		q := url.Values{"system": {systems[0].Name}, "power": {"10MW"}, "boundary": {"facility"}, "pue": {"1.2"}, "users": {""}}
		change(q)
		code, page, _ := get(t, h, "/plan/answer?"+q.Encode())
		return code, page
	}
	if code, page := ask(func(url.Values) {}); code != http.StatusOK || !strings.Contains(page, systems[0].Name) || !strings.Contains(page, "10 MW") {
		t.Errorf("status %d: %s", code, page[:min(len(page), 1500)])
	}
	for name, c := range map[string]struct{ field, value, want string }{
		"no system":       {"system", "nothing", "tick at least one"},
		"a word":          {"pue", "much", "not a number"},
		"out of bounds":   {"pue", "0.5", "want 1 to 5"},
		"no unit":         {"power", "ten", "power"},
		"hostile":         {"tier", "<img src=x>", "&lt;img"},
		"unknown place":   {"boundary", "moon", "boundary"},
		"infinite":        {"kwh", "NaN", "kwh"},
		"negative people": {"users", "-5", "users"},
	} {
		code, page := ask(func(q url.Values) { q.Set(c.field, c.value) })
		if code != http.StatusBadRequest || !strings.Contains(page, c.want) || strings.Contains(page, "<img") {
			t.Errorf("%s: status %d, want 400 and %q: %s", name, code, c.want, page[max(0, len(page)-300):])
		}
	}
	runs := t.TempDir()
	finish(t, begin(t, runs, "mine", "example-70b", began), 96)
	add(t, begin(t, runs, "running", "example-8b", began), begins(1, 8))
	own := site(t, Config{Dir: runs, Systems: systems, System: func(name, source string, r result.Result) (plan.System, error) {
		return plan.FromEntries([]result.Entry{result.EntryOf(name, source, r)}, table(t), plan.Options{UnitPower: []plan.Figure{{Boundary: plimsoll.BoundaryRack, Watts: 10_000}}})
	}}).handler(true)
	if _, page, _ := get(t, own, "/plan"); strings.Count(page, `name="run"`) != 1 || !strings.Contains(page, "30tps/10s: 96") {
		t.Error("the form does not offer the run that found a capacity, and it alone")
	}
	answer := "/plan/answer?power=10MW&boundary=facility&pue=1.2&run="
	if code, page, _ := get(t, own, answer+"mine"); code != http.StatusOK || !strings.Contains(page, "mine") || !strings.Contains(page, "10 MW") {
		t.Errorf("a plan with a run: status %d: %s", code, page[max(0, len(page)-400):])
	}
	for _, name := range []string{"running", "..", "none"} {
		if code, _, _ := get(t, own, answer+name); code != http.StatusBadRequest {
			t.Errorf("a plan with run %s: status %d, want 400", name, code)
		}
	}
	without := site(t, Config{Dir: t.TempDir()}).handler(true)
	if code, _, _ := get(t, without, "/plan"); code != http.StatusNotFound {
		t.Errorf("a planner without systems: status %d", code)
	}
}

func TestPlannerInABrowser(t *testing.T) {
	p := browser.Open(t, time.Minute)
	server := httptest.NewServer(site(t, Config{Dir: t.TempDir(), Systems: published(t)}).handler(true))
	defer server.Close()
	p.Go(server.URL + "/")
	p.Do(chromedp.Click(chromedp.CSS("nav .right")), chromedp.WaitVisible(chromedp.CSS("form.plan")))
	p.Do(chromedp.Click(chromedp.CSS("input[name=system]")))
	p.Shoot("web-planner")
	p.Do(chromedp.Click(chromedp.CSS("form.plan button")))
	p.Until("location.pathname === '/plan/answer' && !!document.querySelector('table.headline')", patience)
	p.Shoot("web-plan")
	p.QuietAndAtHome(server.URL, 3)
}
