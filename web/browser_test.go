package web

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"plimsoll/report/browser"
)

// patience is how long a page may take to say something.
const patience = 20 * time.Second

// TestLiveInABrowser appends events to a run folder and sees the page follow, lose
// its server's stream, come back, and end.
func TestLiveInABrowser(t *testing.T) {
	p := browser.Open(t, 2*time.Minute)
	runs := t.TempDir()
	d := begin(t, runs, "now", "example-70b", began)
	server := httptest.NewServer(site(t, Config{Dir: runs}).handler(true))
	defer server.Close()
	p.Go(server.URL + "/runs/now/")
	p.Until(browser.Has("None is over yet"), patience)
	add(t, d, begins(1, 8), seals(1, 8, 210, 0.4), begins(2, 16), seals(2, 16, 150, 1.1), begins(3, 96))
	for at := 1; at < 20; at++ {
		p := progress(3, 96, 40+float64(at%3), 7)
		p.Progress.AtS, p.Progress.InFlight, p.Progress.TokensPS = float64(at), 48+at%5, float64(60*at)
		if at < 6 {
			p.Progress.Phase, p.Progress.Alive = "ramp", 16*at
		}
		add(t, d, p)
	}
	add(t, d, progress(3, 96, 42, 7.5))
	p.Until(browser.Has("95 of 96"), patience)
	for _, want := range []string{"Level 3", "48 turns", "within 30tps/10s; outside 100tps/5s", "0002.1", "Turns in flight", "level 2, 16 agents, passed 30tps/10s, 100tps/5s", "42.0 tok/s"} {
		if !browser.Eval[bool](p, browser.Has(want)) {
			t.Errorf("the live view lacks %q", want)
		}
	}
	marks := "document.querySelectorAll('#search .mark').length"
	if n := browser.Eval[int](p, marks); n != 8 {
		t.Errorf("%d marks in the search charts, want 2 levels on 4 charts", n)
	}
	p.Shoot("web-live")
	add(t, d, seals(3, 96, 31, 11.2), begins(4, 64))
	p.Until(marks+" === 12", patience)
	if !browser.Eval[bool](p, browser.Has("level 3, 96 agents, failed 30tps/10s, 100tps/5s: P95 TTFT 11.2 s is above 10 s")) {
		t.Error("the failed level is not told")
	}
	server.CloseClientConnections() // the stream breaks; the page comes back by itself
	add(t, d, progress(4, 64, 77, 3.3))
	p.Until(browser.Has("77.0 tok/s"), patience)
	finish(t, d, 64)
	p.Until(browser.Has("The run is over"), patience)
	p.Shoot("web-live-over")
	p.Do(chromedp.Click(chromedp.CSS("a.button")), chromedp.WaitVisible(chromedp.CSS("table.headline")))
	if !browser.Eval[bool](p, browser.Has("every tier")+" || "+browser.Has("64 passed")) {
		t.Error("the report does not show")
	}
	p.QuietAndAtHome(server.URL, 5, "ERR_") // the connection that this test cut
}

// TestHistoryInABrowser sorts, filters, ticks and compares, by mouse and by
// keyboard alone.
func TestHistoryInABrowser(t *testing.T) {
	p := browser.Open(t, 2*time.Minute)
	runs := t.TempDir()
	for i, capacity := range []int{96, 8, 120} {
		finish(t, begin(t, runs, fmt.Sprintf("run-%d", i), []string{"example-70b", "example-8b", "example-120b"}[i], began.Add(time.Duration(i)*time.Hour)), capacity)
	}
	add(t, begin(t, runs, "running", "example-70b", began.Add(9*time.Hour)), begins(1, 8))
	server := httptest.NewServer(site(t, Config{Dir: runs}).handler(true))
	defer server.Close()
	p.Go(server.URL + "/")
	p.Do(chromedp.WaitVisible(chromedp.CSS(".runs button")))
	order := "[...document.querySelectorAll('.runs tbody tr')].filter(r => !r.hidden).map(r => r.cells[1].textContent.trim()).join()"
	check := func(what, want string) {
		t.Helper()
		if got := browser.Eval[string](p, order); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	check("at first", "running,run-2,run-1,run-0")
	p.Shoot("web-history")
	capacity := "//th[contains(., '30tps/10s')]//button"
	p.Do(chromedp.Click(chromedp.Search(capacity)))
	check("most agents first", "run-2,run-0,run-1,running")
	p.Do(chromedp.Focus(chromedp.Search(capacity)), chromedp.KeyEvent(kb.Enter))
	check("fewest agents first, by keyboard", "run-1,run-0,run-2,running")
	if got := browser.Eval[string](p, "document.querySelector('[aria-sort]').ariaSort"); got != "ascending" {
		t.Errorf("aria-sort is %q", got)
	}
	p.Do(chromedp.SendKeys(chromedp.CSS("#filter"), "70b"))
	check("filtered", "run-0,running")
	p.Do(chromedp.SendKeys(chromedp.CSS("#filter"), kb.Backspace+kb.Backspace+kb.Backspace))
	check("filter taken away", "run-1,run-0,run-2,running")
	if !browser.Eval[bool](p, "document.getElementById('go').disabled") {
		t.Error("compare can be pressed with nothing ticked")
	}
	for _, name := range []string{"run-0", "run-2"} { // by keyboard
		p.Do(chromedp.Focus(chromedp.CSS("input[value="+name+"]")), chromedp.KeyEvent(" "))
	}
	p.Do(chromedp.Focus(chromedp.CSS("#go")), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("main section")))
	p.Until("location.pathname === '/compare'", patience)
	if !browser.Eval[bool](p, browser.Has("run-0")+" && "+browser.Has("run-2")) {
		t.Error("the comparison lacks a ticked run")
	}
	p.Shoot("web-compare")
	p.Do(chromedp.Click(chromedp.CSS("nav a")))
	p.Until("location.pathname === '/'", patience)
	p.QuietAndAtHome(server.URL, 4)
}
