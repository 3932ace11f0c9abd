package report

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"plimsoll/report/browser"
	"plimsoll/result"
)

// compared is a comparison of the fixture with the published results.
func compared(t testing.TB) result.Comparison {
	t.Helper()
	entries, err := result.Published()
	if err != nil {
		t.Fatal(err)
	}
	ours := fixture()
	ours.Tiers[0].Name, ours.Tiers[0].SpeedTPS = "20tps/10s", 20
	c, err := result.Compare(append([]result.Entry{result.EntryOf("ours", "runs/x", ours)}, entries...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func comparisonOf(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	if err := CompareHTML(&b, compared(t)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPagesInABrowser opens report and comparison in a browser: they say nothing on
// the console, ask nothing of the network, fit a narrow screen, print, open their
// tables and keep a chart's values by keyboard alone.
func TestPagesInABrowser(t *testing.T) {
	p := browser.Open(t, 2*time.Minute)
	d, r := crowded(t, 2000, 10)
	pages := map[string]string{"/report": pageOf(t, fixture(), nil), "/compare": comparisonOf(t), "/level": pageOf(t, r, d)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, pages[r.URL.Path])
	}))
	defer server.Close()
	for name := range pages {
		p.Go(server.URL + name)
		p.Shoot("report-" + strings.Trim(name, "/"))
		keyboard(t, p, name)
		pinByMouse(t, p, name)
	}
	p.QuietAndAtHome(server.URL, len(pages))
}

// TestReportFromAFile opens the report as a file, as it is sent by mail: its script
// runs there too.
func TestReportFromAFile(t *testing.T) {
	p := browser.Open(t, time.Minute)
	path := filepath.Join(t.TempDir(), "report.html")
	writeFile(t, path, pageOf(t, fixture(), nil))
	p.Go("file://" + path)
	pinByMouse(t, p, "file")
	p.QuietAndAtHome("file://"+filepath.Dir(path), 1)
}

// keyboard opens the first data table by Tab and Enter, and keeps two values of the
// first chart by arrows and Enter.
func keyboard(t *testing.T, p *browser.Page, name string) {
	t.Helper()
	chart, table := false, false
	for n := 0; n < 24 && !(chart && table); n++ {
		p.Press(kb.Tab)
		switch browser.Eval[string](p, "document.activeElement.tagName.toLowerCase()") {
		case "summary":
			p.Press(kb.Enter)
			if table = browser.Eval[bool](p, "document.activeElement.parentElement.open"); !table {
				t.Errorf("%s: Enter on a summary does not open its table", name)
			}
		case "svg":
			if chart || browser.Eval[int](p, "document.activeElement.querySelectorAll(':scope > * > title').length") < 2 {
				continue
			}
			chart = true
			p.Press(kb.ArrowRight)
			first := browser.Eval[string](p, "document.querySelector('.tip').textContent")
			p.Press(kb.Enter, kb.ArrowRight)
			second := browser.Eval[string](p, "document.querySelector('.tip').textContent")
			p.Press(kb.Enter)
			kept := browser.Eval[string](p, "[...document.querySelectorAll('.pin')].map(e => e.textContent).join('|')")
			if first == "" || second == "" || first == second || kept != first+"|"+second {
				t.Errorf("%s: arrows show %q and %q, Enter keeps %q", name, first, second, kept)
			}
			p.Press(kb.Escape)
			if n := browser.Eval[int](p, "document.querySelectorAll('.pin,.tip,.ring').length"); n != 0 {
				t.Errorf("%s: %d values are still there after Escape", name, n)
			}
		}
	}
	if !chart || !table {
		t.Errorf("%s: by keyboard a chart is reached: %t, a table: %t", name, chart, table)
	}
}

// pinByMouse keeps a value by a click and lets go of it by another.
func pinByMouse(t *testing.T, p *browser.Page, name string) {
	t.Helper()
	const click = `(e => e.dispatchEvent(new MouseEvent('click', {bubbles: true})))`
	const mark = `document.querySelectorAll('figure svg.chart > * > title')[2].parentNode`
	want := browser.Eval[string](p, `window.m = `+mark+`, m.firstElementChild.textContent`)
	browser.Eval[bool](p, click+`(m)`)
	if got := browser.Eval[string](p, "[...document.querySelectorAll('.pin')].map(e => e.textContent).join('|')"); got != want {
		t.Errorf("%s: a click keeps %q, want %q", name, got, want)
	}
	inside := `(() => { const a = document.querySelector('.pin').getBoundingClientRect(); return a.left >= 0 && a.right <= innerWidth && a.width > 20 && a.height > 10 })()`
	if !browser.Eval[bool](p, inside) {
		t.Errorf("%s: the value is not inside the page", name)
	}
	browser.Eval[bool](p, click+`(document.querySelector('.pin'))`)
	if n := browser.Eval[int](p, "document.querySelectorAll('.pin').length"); n != 0 {
		t.Errorf("%s: a second click does not let go", name)
	}
}
