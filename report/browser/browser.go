// Package browser opens Debian's chromium for tests of pages and witnesses what they
// do: what they say on the console and ask of the network.
//
// Screenshots are kept in the folder that PLIMSOLL_ARTEFACTS names, else they end
// with the test.
package browser

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Page is a tab. Its methods fail the test.
type Page struct {
	t       testing.TB
	ctx     context.Context
	folder  string // of the screenshots
	kept    bool   // after the test
	witness *witness
}

// The widths that pages are looked at, px: a desk and a telephone.
const (
	Wide   = 1300
	Narrow = 390
)

// Open starts a browser that ends with the test, or after limit. Without chromium
// the test is skipped; under CI=true it fails.
func Open(t testing.TB, limit time.Duration) *Page {
	t.Helper()
	if testing.Short() {
		t.Skip("the browser is not started with -short")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("chromium is missing: %v; scripts/parts.sh installs it", err)
		}
		t.Skip("chromium is missing; scripts/parts.sh installs it")
	}
	p := &Page{t: t, folder: os.Getenv("PLIMSOLL_ARTEFACTS"), witness: &witness{}}
	if p.kept = p.folder != ""; !p.kept {
		p.folder = t.TempDir()
	}
	bounded, stop := context.WithTimeout(context.Background(), limit)
	t.Cleanup(stop)
	allocated, free := chromedp.NewExecAllocator(bounded, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	t.Cleanup(free)
	ctx, cancel := chromedp.NewContext(allocated, chromedp.WithListener(p.witness.see))
	t.Cleanup(cancel)
	p.ctx = ctx
	p.Width(Wide)
	return p
}

// Do carries out actions.
func (p *Page) Do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// Go opens an address.
func (p *Page) Go(url string) { p.t.Helper(); p.Do(chromedp.Navigate(url)) }

// Width makes the window that wide.
func (p *Page) Width(px int64) { p.t.Helper(); p.Do(chromedp.EmulateViewport(px, 900)) }

// Press presses keys one after another, where the focus is.
func (p *Page) Press(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		p.Do(chromedp.KeyEvent(key))
	}
}

// Dark says whether the reader prefers dark pages.
func (p *Page) Dark(yes bool) {
	p.t.Helper()
	scheme := "light"
	if yes {
		scheme = "dark"
	}
	params := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, params); err != nil {
		p.t.Fatal(err)
	}
}

// Eval returns what an expression gives on the page.
func Eval[T any](p *Page, js string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](js))
	if err != nil {
		p.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// Until waits for an expression to become true.
func (p *Page) Until(js string, limit time.Duration) {
	p.t.Helper()
	for deadline := time.Now().Add(limit); !Eval[bool](p, js); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("never came true: %s; the page says %.500q", js, Eval[string](p, "document.body.innerText"))
		}
	}
}

// Has is the expression that the page shows a text.
func Has(text string) string {
	return fmt.Sprintf("!!document.body && document.body.innerText.includes(%q)", text)
}

// Shoot takes pictures of the page at a desk's width and at a telephone's, on which
// nothing may need scrolling sideways, and checks that it prints. A dark one is taken
// where pictures are kept.
func (p *Page) Shoot(name string) {
	p.t.Helper()
	if p.kept {
		p.Dark(true)
		p.shot(name + "-dark")
		p.Dark(false)
	}
	p.shot(name + "-light")
	p.Width(Narrow)
	if over := Eval[float64](p, "document.scrollingElement.scrollWidth - window.innerWidth"); over > 0 {
		p.t.Errorf("%s is %g px too wide for %d px", name, over, Narrow)
	}
	p.shot(name + "-narrow")
	p.Width(Wide)
	pdf, err := chromedp.Run(p.ctx, chromedp.PrintToPDF())
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF")) {
		p.t.Fatalf("%s does not print: %v", name, err)
	}
	p.keep(name+".pdf", pdf)
}

func (p *Page) shot(name string) {
	p.t.Helper()
	image, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Fatal(err)
	}
	p.keep(name+".png", image)
}

func (p *Page) keep(name string, data []byte) {
	p.t.Helper()
	if err := os.MkdirAll(p.folder, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.folder, name), data, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// QuietAndAtHome checks that no page complained and none asked for anything but
// addresses under home; at least so many requests must have been seen. Complaints
// that hold one of the forgiven words are the test's own doing.
func (p *Page) QuietAndAtHome(home string, atLeast int, forgiven ...string) {
	p.t.Helper()
	w := p.witness
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range w.said {
		mine := false
		for _, word := range forgiven {
			mine = mine || strings.Contains(text, word)
		}
		if !mine {
			p.t.Errorf("the console says %q", text)
		}
	}
	for _, url := range w.requests {
		if !strings.HasPrefix(url, home+"/") && url != "about:blank" {
			p.t.Errorf("a page asks for %s", url)
		}
	}
	if len(w.requests) < atLeast {
		p.t.Errorf("saw %d requests, want at least %d: the witness is blind", len(w.requests), atLeast)
	}
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
