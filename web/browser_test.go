package web

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser opens Debian's chromium; what pages say on the console and ask of the
// network ends up in seen.
func browser(t *testing.T) (ctx context.Context, seen *witness) {
	t.Helper()
	if testing.Short() {
		t.Skip("the browser is not started with -short")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("chromium is missing: %v; apt-get install chromium", err)
		}
		t.Skip("chromium is missing; apt-get install chromium and run again")
	}
	seen = &witness{}
	bounded, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(stop)
	allocated, free := chromedp.NewExecAllocator(bounded, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	t.Cleanup(free)
	ctx, cancel := chromedp.NewContext(allocated, chromedp.WithListener(seen.see))
	t.Cleanup(cancel)
	return ctx, seen
}

// witness keeps what pages said and asked for.
type witness struct {
	mu       sync.Mutex
	said     []string
	requests []string
}

func (w *witness) see(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		w.said = append(w.said, fmt.Sprint(e.Type, e.Args))
	case *runtime.EventExceptionThrown:
		w.said = append(w.said, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		w.said = append(w.said, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		w.requests = append(w.requests, e.Request.URL)
	}
}

// quietAndAtHome checks that no page complained and none asked another host.
func (w *witness) quietAndAtHome(t *testing.T, home string, atLeast int) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.said) > 0 {
		t.Errorf("the console says %q", w.said)
	}
	for _, url := range w.requests {
		if !strings.HasPrefix(url, home+"/") {
			t.Errorf("a page asks for %s", url)
		}
	}
	if len(w.requests) < atLeast {
		t.Errorf("saw %d requests, want at least %d: the witness is blind", len(w.requests), atLeast)
	}
}

func do(t *testing.T, ctx context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

func eval[T any](t *testing.T, ctx context.Context, js string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js))
	if err != nil {
		t.Fatalf("%s: %v", js, err)
	}
	return v
}

// until waits for the page to say so.
func until(t *testing.T, ctx context.Context, js string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !eval[bool](t, ctx, js); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never came true: %s; the page says %.500q", js, eval[string](t, ctx, "document.body.innerText"))
		}
	}
}

// narrow checks that the page fits a telephone without scrolling sideways.
func narrow(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	do(t, ctx, chromedp.EmulateViewport(390, 900))
	if over := eval[float64](t, ctx, "document.scrollingElement.scrollWidth - window.innerWidth"); over > 0 {
		t.Errorf("%s is %g px too wide for 390 px", name, over)
	}
	screenshot(t, ctx, name+"-390.png")
	do(t, ctx, chromedp.EmulateViewport(1280, 900))
}

func screenshot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	folder := os.Getenv("PLIMSOLL_ARTEFACTS")
	if folder == "" {
		return
	}
	image, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "web-"+name), image, 0o644); err != nil {
		t.Fatal(err)
	}
}

func body(has string) string { return fmt.Sprintf("document.body.innerText.includes(%q)", has) }

// TestLiveInABrowser appends events to a run folder and sees the page follow, lose
// its server's stream, come back, and end.
func TestLiveInABrowser(t *testing.T) {
	ctx, seen := browser(t)
	runs := t.TempDir()
	d := begin(t, runs, "now", "example-70b", began)
	server := httptest.NewServer(site(t, Config{Dir: runs}).handler(true))
	defer server.Close()
	do(t, ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(server.URL+"/runs/now/"))
	until(t, ctx, body("None is over yet"))
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
	until(t, ctx, body("95 of 96"))
	for _, want := range []string{"Level 3", "48 turns", "within 30tps/10s; outside 100tps/5s", "0002.1", "Turns in flight", "level 2, 16 agents, passed 30tps/10s, 100tps/5s", "42.0 tok/s"} {
		if !eval[bool](t, ctx, body(want)) {
			t.Errorf("the live view lacks %q", want)
		}
	}
	marks := "document.querySelectorAll('#search .mark').length"
	if n := eval[int](t, ctx, marks); n != 8 {
		t.Errorf("%d marks in the search charts, want 2 levels on 4 charts", n)
	}
	screenshot(t, ctx, "live.png")
	add(t, d, seals(3, 96, 31, 11.2), begins(4, 64))
	until(t, ctx, marks+" === 12")
	if !eval[bool](t, ctx, body("level 3, 96 agents, failed 30tps/10s, 100tps/5s: P95 TTFT 11.2 s is above 10 s")) {
		t.Error("the failed level is not told")
	}
	narrow(t, ctx, "live")
	server.CloseClientConnections() // the stream breaks; the page comes back by itself
	add(t, d, progress(4, 64, 77, 3.3))
	until(t, ctx, body("77.0 tok/s"))
	finish(t, d, 64)
	until(t, ctx, body("The run is over"))
	screenshot(t, ctx, "live-over.png")
	do(t, ctx, chromedp.Click(chromedp.CSS("a.button")), chromedp.WaitVisible(chromedp.CSS("table.headline")))
	if !eval[bool](t, ctx, body("every tier")+" || "+body("64 passed")) {
		t.Error("the report does not show")
	}
	seen.mu.Lock()
	kept := seen.said[:0]
	for _, text := range seen.said { // the connection that this test cut
		if !strings.Contains(text, "ERR_") {
			kept = append(kept, text)
		}
	}
	seen.said = kept
	seen.mu.Unlock()
	seen.quietAndAtHome(t, server.URL, 5)
}

// TestHistoryInABrowser sorts, filters, ticks and compares, by mouse and by
// keyboard alone.
func TestHistoryInABrowser(t *testing.T) {
	ctx, seen := browser(t)
	runs := t.TempDir()
	for i, capacity := range []int{96, 8, 120} {
		finish(t, begin(t, runs, fmt.Sprintf("run-%d", i), []string{"example-70b", "example-8b", "example-120b"}[i], began.Add(time.Duration(i)*time.Hour)), capacity)
	}
	add(t, begin(t, runs, "running", "example-70b", began.Add(9*time.Hour)), begins(1, 8))
	server := httptest.NewServer(site(t, Config{Dir: runs}).handler(true))
	defer server.Close()
	do(t, ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(server.URL+"/"), chromedp.WaitVisible(chromedp.CSS(".runs button")))
	order := "[...document.querySelectorAll('.runs tbody tr')].filter(r => !r.hidden).map(r => r.cells[1].textContent.trim()).join()"
	check := func(what, want string) {
		t.Helper()
		if got := eval[string](t, ctx, order); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	check("at first", "running,run-2,run-1,run-0")
	screenshot(t, ctx, "history.png")
	capacity := "//th[contains(., '30tps/10s')]//button"
	do(t, ctx, chromedp.Click(chromedp.Search(capacity)))
	check("most agents first", "run-2,run-0,run-1,running")
	do(t, ctx, chromedp.Focus(chromedp.Search(capacity)), chromedp.KeyEvent(kb.Enter))
	check("fewest agents first, by keyboard", "run-1,run-0,run-2,running")
	if got := eval[string](t, ctx, "document.querySelector('[aria-sort]').ariaSort"); got != "ascending" {
		t.Errorf("aria-sort is %q", got)
	}
	do(t, ctx, chromedp.SendKeys(chromedp.CSS("#filter"), "70b"))
	check("filtered", "run-0,running")
	do(t, ctx, chromedp.SendKeys(chromedp.CSS("#filter"), kb.Backspace+kb.Backspace+kb.Backspace))
	check("filter taken away", "run-1,run-0,run-2,running")
	narrow(t, ctx, "history")
	if !eval[bool](t, ctx, "document.getElementById('go').disabled") {
		t.Error("compare can be pressed with nothing ticked")
	}
	for _, name := range []string{"run-0", "run-2"} { // by keyboard
		do(t, ctx, chromedp.Focus(chromedp.CSS("input[value="+name+"]")), chromedp.KeyEvent(" "))
	}
	do(t, ctx, chromedp.Focus(chromedp.CSS("#go")), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("main section")))
	until(t, ctx, "location.pathname === '/compare'")
	if !eval[bool](t, ctx, body("run-0")+" && "+body("run-2")) {
		t.Error("the comparison lacks a ticked run")
	}
	screenshot(t, ctx, "compare.png")
	do(t, ctx, chromedp.Click(chromedp.CSS("nav a")))
	until(t, ctx, "location.pathname === '/'")
	seen.quietAndAtHome(t, server.URL, 4)
}
