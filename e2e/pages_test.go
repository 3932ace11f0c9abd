package e2e

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"plimsoll/report/browser"
)

// TestPagesDuringARun follows a real run in a browser, from its first event to its
// report, then finds it in the history and compares it, by keyboard alone.
func TestPagesDuringARun(t *testing.T) {
	runs := t.TempDir()
	if code, _, stderr := run(t, "run", "--virtual", "--seed", "7", "--out", filepath.Join(runs, "earlier")); code != 0 {
		t.Fatalf("virtual run: exit %d\n%s", code, stderr)
	}
	home := serve(t, runs)
	p := browser.Open(t, 4*time.Minute)
	p.Go(home + "/")
	ended := start(t, "run", "--max-agents", "32", "--tier", "300tps/0.5s", "--out", filepath.Join(runs, "later"))
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(runs, "later", "events.jsonl")); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the run writes no event")
		}
	}
	watch(t, p, home)
	select {
	case code := <-ended:
		if code != 0 && code != 4 && code != 5 { // a busy machine may void a level, which is no fault of the pages
			t.Errorf("the run ended with %d", code)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("the run does not end")
	}
	p.Until(browser.Has("The run is over"), 20*time.Second)
	p.Shoot("e2e-over")
	p.Press(kb.Escape)
	p.Do(chromedp.Focus(chromedp.CSS("a.button")))
	p.Press(kb.Enter)
	p.Until("!!document.querySelector('table.headline')", 20*time.Second)
	p.Shoot("e2e-report")
	compareByKeyboard(t, p, home)
	p.QuietAndAtHome(home, 6)
}

// watch sees the live view of a run change by itself: the window, sealed levels, and
// events in words.
func watch(t *testing.T, p *browser.Page, home string) {
	t.Helper()
	p.Go(home + "/runs/later/")
	p.Until(browser.Has("Level 1"), time.Minute)
	p.Until("!!document.querySelector('.phases .on')", time.Minute)
	p.Until("document.querySelectorAll('#gauges figure').length >= 3", time.Minute) // two gauges and the level's curve
	browser.Eval[bool](p, "window.stays = true")
	before := browser.Eval[string](p, "document.getElementById('now').innerText")
	p.Until(fmt.Sprintf("document.getElementById('now').innerText !== %q", before), time.Minute)
	p.Shoot("e2e-live")
	p.Until("document.querySelectorAll('#levels tbody tr').length >= 2", time.Minute)
	p.Until("document.querySelectorAll('#search .mark').length >= 2", time.Minute)
	if !browser.Eval[bool](p, "window.stays === true") {
		t.Error("the page was loaded anew instead of being told")
	}
	if n := browser.Eval[int](p, "[...document.querySelectorAll('.news li span')].filter(e => /level \\d+, \\d+ agents/.test(e.textContent)).length"); n < 2 {
		t.Errorf("%d events are told, want at least 2", n)
	}
}

// compareByKeyboard sorts and filters the history, ticks two runs and a published
// result, and compares them.
func compareByKeyboard(t *testing.T, p *browser.Page, home string) {
	t.Helper()
	p.Go(home + "/")
	p.Until("document.querySelectorAll('.runs tbody tr').length === 2", 20*time.Second)
	names := "[...document.querySelectorAll('.runs tbody tr')].filter(r => !r.hidden).map(r => r.cells[1].textContent.trim()).join()"
	p.Do(chromedp.Focus(chromedp.Search("//th[contains(., 'Run')]//button")))
	for _, want := range []string{"earlier,later", "later,earlier"} {
		p.Press(kb.Enter)
		if got := browser.Eval[string](p, names); got != want {
			t.Errorf("sorted: %s, want %s", got, want)
		}
	}
	p.Do(chromedp.Focus(chromedp.CSS("#filter")))
	p.Press("l", "a", "t", "e", "r")
	if got := browser.Eval[string](p, names); got != "later" {
		t.Errorf("filtered: %s, want later", got)
	}
	p.Press(kb.Backspace, kb.Backspace, kb.Backspace, kb.Backspace, kb.Backspace)
	p.Shoot("e2e-history")
	for _, box := range []string{"input[value=later]", "input[value=earlier]", "input[name=published]"} {
		p.Do(chromedp.Focus(chromedp.CSS(box)))
		p.Press(" ")
	}
	p.Do(chromedp.Focus(chromedp.CSS("#go")))
	p.Press(kb.Enter)
	p.Until("location.pathname === '/compare' && "+browser.Has("What sets these results apart"), 20*time.Second)
	for _, want := range []string{"later", "earlier", "simulated, not measured"} {
		if !browser.Eval[bool](p, browser.Has(want)) {
			t.Errorf("the comparison does not say %q", want)
		}
	}
	p.Shoot("e2e-compare")
}

// start runs the program beside the test and sends its exit code. It ends with the
// test.
func start(t *testing.T, args ...string) <-chan int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary(t), args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan int, 1)
	go func() {
		cmd.Wait() // its exit code says it
		ended <- cmd.ProcessState.ExitCode()
	}()
	return ended
}

// serve shows the runs until the test ends, and returns the address.
func serve(t *testing.T, runs string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary(t), "serve", "--dir", runs, "--addr", "127.0.0.1:0")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		cmd.Wait() // ended by our own signal
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, address, found := strings.Cut(strings.TrimSpace(line), " on ")
	if !found {
		t.Fatalf("serve says %q", line)
	}
	return strings.TrimSuffix(address, "/")
}
