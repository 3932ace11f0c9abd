package report

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
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

	"plimsoll/result"
)

// browser opens Debian's chromium; what a page says on the console and asks of the
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

// witness keeps what a page said and asked for.
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

// TestPagesInABrowser opens report and comparison in a browser: they say nothing on
// the console, ask nothing of the network, fit a narrow screen, print, and open
// their tables by keyboard. Screenshots go to PLIMSOLL_ARTEFACTS where it is set.
func TestPagesInABrowser(t *testing.T) {
	ctx, seen := browser(t)
	var comparison bytes.Buffer
	entries, err := result.Published()
	if err != nil {
		t.Fatal(err)
	}
	c, err := result.Compare(append([]result.Entry{result.EntryOf("ours", "runs/x", fixture())}, entries...))
	if err != nil {
		t.Fatal(err)
	}
	if err := CompareHTML(&comparison, c); err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{"/report": pageOf(t, fixture(), nil), "/compare": comparison.String()}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, pages[r.URL.Path])
	}))
	defer server.Close()
	for name := range pages {
		for _, width := range []int64{1280, 390} {
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(server.URL+name)); err != nil {
				t.Fatal(err)
			}
			over, err := chromedp.Run(ctx, chromedp.Evaluate[float64]("document.scrollingElement.scrollWidth - window.innerWidth"))
			if err != nil {
				t.Fatal(err)
			}
			if over > 0 {
				t.Errorf("%s at %d px is %g px too wide", name, width, over)
			}
			screenshot(t, ctx, fmt.Sprintf("%s-%d.jpg", strings.Trim(name, "/"), width))
		}
		keyboard(t, ctx, name)
		pdf, err := chromedp.Run(ctx, chromedp.PrintToPDF())
		if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF")) {
			t.Errorf("%s does not print: %v", name, err)
		}
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if len(seen.said) > 0 {
		t.Errorf("the console says %q", seen.said)
	}
	asked := 0
	for _, url := range seen.requests {
		if url == server.URL+"/report" || url == server.URL+"/compare" {
			asked++
			continue
		}
		t.Errorf("a page asks for %s", url)
	}
	if asked < 4 {
		t.Errorf("saw %d requests for the pages themselves, want 4: the witness is blind", asked)
	}
}

// keyboard opens the first data table by Tab and Enter alone.
func keyboard(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	for range 12 {
		if err := chromedp.Do(ctx, chromedp.KeyEvent(kb.Tab)); err != nil {
			t.Fatal(err)
		}
		on, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.activeElement.tagName"))
		if err != nil {
			t.Fatal(err)
		}
		if on != "SUMMARY" {
			continue
		}
		if err := chromedp.Do(ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
			t.Fatal(err)
		}
		open, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.activeElement.parentElement.open"))
		if err != nil || !open {
			t.Errorf("%s: Enter on a summary does not open its table: %v", name, err)
		}
		return
	}
	t.Errorf("%s: no table is reached by the keyboard", name)
}

func screenshot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	folder := os.Getenv("PLIMSOLL_ARTEFACTS")
	if folder == "" {
		return
	}
	image, err := chromedp.Run(ctx, chromedp.FullScreenshot(90))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name), image, 0o644); err != nil {
		t.Fatal(err)
	}
}
