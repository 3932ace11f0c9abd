package web

import (
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/report/browser"
)

// crowd is a run of 40 levels that holds agents of them in the one under way.
func crowd(t testing.TB, runs string, agents int) *bundle.Dir {
	t.Helper()
	d := begin(t, runs, "now", "example-70b", began)
	for level := 1; level <= 40; level++ {
		add(t, d, begins(level, agents/41*level), seals(level, agents/41*level, 400/float64(level), float64(level)/5))
	}
	add(t, d, begins(41, agents))
	return d
}

// crowdProgress is what the run says of itself twice a second.
func crowdProgress(agents, step int) plimsoll.Event {
	p := progress(41, agents, 31+float64(step%7), 7+float64(step%5)/10)
	p.Progress.AtS, p.Progress.Alive, p.Progress.InFlight, p.Progress.Turns = float64(step)/2, min(agents, step*agents/100), agents/2+step%50, 20*step
	p.Progress.TokensPS = float64(agents) * 20
	return p
}

// TestCrowdInABrowser follows a run of 50 and one of 5,000 agents, with a burst of
// more events than a level writes in minutes: the page holds as many elements for
// either, and is told far less often than the run writes.
func TestCrowdInABrowser(t *testing.T) {
	const events = 360
	elements := map[int]int{}
	for _, agents := range []int{50, 5000} {
		runs := t.TempDir()
		d := crowd(t, runs, agents)
		server := httptest.NewServer(site(t, Config{Dir: runs}).handler(true))
		p := browser.Open(t, 2*time.Minute)
		p.Go(server.URL + "/runs/now/")
		p.Until("!!document.querySelector('#levels table')", patience)
		browser.Eval[bool](p, watchPage)
		before := cpu(t)
		began := time.Now()
		for step := 1; step <= events; step++ {
			add(t, d, crowdProgress(agents, step))
			time.Sleep(5 * time.Millisecond)
		}
		last := time.Now()
		p.Until("document.getElementById('now').innerText.includes('In this level\\n3 min')", patience) // the last event is of its 180th second
		shown := time.Since(last)
		elements[agents] = browser.Eval[int](p, "document.getElementsByTagName('*').length")
		updates := browser.Eval[int](p, "window.updates")
		if updates < 1 || updates > events/10 {
			t.Errorf("%d agents: %d updates of %d events, want from 1 to %d", agents, updates, events, events/10)
		}
		t.Logf("%d agents: %d elements; %d events in %.1f s became %d updates; the last was shown after %.0f ms; longest frame %.0f ms, long tasks %.0f ms in all; server and writer %.1f %% of a core",
			agents, elements[agents], events, last.Sub(began).Seconds(), updates, shown.Seconds()*1e3, browser.Eval[float64](p, "window.longest"), browser.Eval[float64](p, "window.long"),
			100*(cpu(t)-before).Seconds()/time.Since(began).Seconds())
		p.Go("about:blank") // lets go of its stream
		server.Close()
		p.QuietAndAtHome(server.URL, 3)
	}
	if most := 4000; elements[5000] > most || elements[5000] > elements[50]+200 {
		t.Errorf("%d elements with 5,000 agents and %d with 50, want at most %d and hardly more", elements[5000], elements[50], most)
	}
}

// watchPage counts updates of the page and measures its frames.
const watchPage = `(() => {
  Object.assign(window, {updates: 0, longest: 0, long: 0});
  document.addEventListener('filled', () => window.updates++);
  new PerformanceObserver(list => { for (const e of list.getEntries()) window.long += e.duration; }).observe({type: 'longtask'});
  let last = performance.now();
  const frame = now => { window.longest = Math.max(window.longest, now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  return true;
})()`

// cpu is what this process has used, without its browser.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFrame renders the live view of a run of 5,000 agents and 40 levels, which
// the server does at most every 0.7 s for each reader.
func BenchmarkFrame(b *testing.B) {
	runs := b.TempDir()
	d := crowd(b, runs, 5000)
	for step := 1; step <= 600; step++ {
		add(b, d, crowdProgress(5000, step))
	}
	s, err := New(Config{Dir: runs})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	f, err := s.open("now")
	if err != nil {
		b.Fatal(err)
	}
	defer f.close()
	follow := follower{run: f}
	if _, err := follow.more(); err != nil {
		b.Fatal(err)
	}
	size := 0
	for b.Loop() {
		frame, _, err := s.frame(&follow)
		if err != nil {
			b.Fatal(err)
		}
		size = 0
		for _, part := range frame {
			size += len(part)
		}
	}
	b.ReportMetric(float64(size)/1e3, "kB/frame")
}
