package web

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/bundle"
)

func TestHistory(t *testing.T) {
	runs := t.TempDir()
	finish(t, begin(t, runs, "first", "example-70b", began), 96)
	d := begin(t, runs, "second", "example-8b", began.Add(time.Hour))
	add(t, d, begins(1, 8), progress(1, 8, 120, 0.5))
	if err := os.MkdirAll(filepath.Join(runs, "broken"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(runs, "broken", bundle.FactsFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := site(t, Config{Dir: runs})
	h := s.handler(true)
	code, page, _ := get(t, h, "/")
	if code != http.StatusOK {
		t.Fatalf("status %d: %s", code, page)
	}
	for _, want := range []string{"first", "second", "broken", "running: level 1, 8 agents", "30tps/10s", ">96<", ">48<", "the engine is simulated", "is damaged", "Published results"} {
		if !strings.Contains(page, want) {
			t.Errorf("the history lacks %q", want)
		}
	}
	if strings.Index(page, ">second<") > strings.Index(page, ">first<") {
		t.Error("the newest run does not come first")
	}
	s.now = func() time.Time { return time.Now().Add(time.Hour) }
	if _, page, _ = get(t, h, "/"); !strings.Contains(page, "cut off?") {
		t.Error("a run that wrote nothing for an hour still counts as running")
	}
}

// TestPathsStayInside asks for what lies beside the folder, by dots and by
// symbolic links, and for pipes.
func TestPathsStayInside(t *testing.T) {
	outside := t.TempDir()
	finish(t, begin(t, outside, "secret", "secret-model", began), 96)
	runs := t.TempDir()
	d := begin(t, runs, "open", "example", began)
	finish(t, d, 8)
	link := func(to, from string) {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	link(filepath.Join(outside, "secret"), filepath.Join(runs, "linked"))
	e := begin(t, runs, "inside", "example", began) // its files lead out
	add(t, e, begins(1, 8))
	for _, name := range []string{bundle.ResultFile, bundle.ReportFile, bundle.ManifestFile} {
		link(filepath.Join(outside, "secret", name), filepath.Join(runs, "inside", name))
	}
	h := site(t, Config{Dir: runs}).handler(true)
	for _, path := range []string{"/", "/runs/linked/", "/runs/linked/live", "/runs/inside/", "/runs/inside/live", "/runs/inside/?sofar",
		"/compare?run=open&run=linked", "/compare?run=open&run=inside",
		"/runs/..%2f" + url.PathEscape(filepath.Base(outside)) + "%2fsecret/", "/compare?run=open&run=" + url.QueryEscape("../"+filepath.Base(outside)+"/secret"),
		"/compare?run=open&run=" + url.QueryEscape(filepath.Join(outside, "secret")), "/runs/%2e%2e/", "/runs/./", "/runs/.hidden/", "/runs/open%00/"} {
		if _, page, _ := get(t, h, path); strings.Contains(page, "secret-model") || strings.Contains(page, ">96<") {
			t.Errorf("%s shows what lies outside the folder", path)
		}
	}
	if code, page, _ := get(t, h, "/runs/open/"); code != http.StatusOK || !strings.Contains(page, "example") {
		t.Errorf("the run inside is not shown: %d", code)
	}
	if code, _, _ := get(t, h, "/runs/linked/"); code != http.StatusNotFound {
		t.Errorf("a linked run: status %d, want 404", code)
	}
}

// TestHostileTexts puts hostile texts wherever an engine, a folder or a run file may
// have one: none of them stands in a page as it is.
func TestHostileTexts(t *testing.T) {
	for i, evil := range []string{`<img src=x onerror=alert(1)>"'`, `"><script>alert(1)</script>`, `" onmouseover="alert(1)" x="`, `</script></title></style><b>`, "<svg onload=alert(1)>\n\ndata: {}\x1b[2J"} {
		runs := t.TempDir()
		name := fmt.Sprintf("a<script>b%d", i)
		d := begin(t, runs, name, evil, began)
		sealed := seals(1, 8, 200, 0.2)
		sealed.Verdicts[0].Reasons, sealed.Verdicts[0].Outcome = []string{evil}, "fail"
		warning := begins(2, 8)
		warning.Kind, warning.Message = plimsoll.EventWarning, evil
		next := begins(2, 16)
		next.Stage.Why = evil
		add(t, d, begins(1, 8), sealed, warning, next)
		f := begin(t, runs, "done", evil, began)
		finish(t, f, 8)
		g := begin(t, runs, "other", "plain", began)
		finish(t, g, 8)
		h := site(t, Config{Dir: runs}).handler(true)
		for _, path := range []string{"/", "/runs/" + url.PathEscape(name) + "/", "/runs/done/", "/runs/done/live", "/compare?run=done&run=other", "/runs/%3Cimg%3E/"} {
			code, page, _ := get(t, h, path)
			if strings.Contains(page, evil) || strings.Contains(page, "<script>b") {
				t.Errorf("%s: %q became markup", path, evil)
			}
			if code == http.StatusOK && !strings.Contains(page, "alert(1)") && strings.Contains(evil, "alert") {
				t.Errorf("%s does not show the text at all", path)
			}
		}
	}
}

// TestReportSoFar asks for the report of a run that was cut off: it has no result,
// so one is computed of what is sealed.
func TestReportSoFar(t *testing.T) {
	runs := t.TempDir()
	d := begin(t, runs, "cut", "example", began)
	add(t, d, begins(1, 8))
	h := site(t, Config{Dir: runs}).handler(true)
	if code, page, _ := get(t, h, "/runs/cut/"); code != http.StatusOK || !strings.Contains(page, "data-frames=") {
		t.Errorf("status %d: not the live view", code)
	}
	if code, page, _ := get(t, h, "/runs/cut/?sofar"); code != http.StatusOK || !strings.Contains(page, "partial run") {
		t.Errorf("status %d: not a report of a partial run", code)
	}
	if code, page, _ := get(t, h, "/compare?run=cut&run=cut"); code != http.StatusNotFound || !strings.Contains(page, "has no result yet") {
		t.Errorf("a run without a result is compared: status %d", code)
	}
}

// TestResultChanges looks at the history twice, with another result between.
func TestResultChanges(t *testing.T) {
	runs := t.TempDir()
	finish(t, begin(t, runs, "one", "example", began), 96)
	h := site(t, Config{Dir: runs}).handler(true)
	if _, page, _ := get(t, h, "/"); !strings.Contains(page, ">96<") {
		t.Fatal("the first result is not shown")
	}
	if err := os.RemoveAll(filepath.Join(runs, "one")); err != nil {
		t.Fatal(err)
	}
	finish(t, begin(t, runs, "one", "another", began), 128)
	if _, page, _ := get(t, h, "/"); !strings.Contains(page, ">128<") || !strings.Contains(page, "another") {
		t.Error("the history shows what it remembers instead of what is there")
	}
}
