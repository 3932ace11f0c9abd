package report

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/result"
)

// mostPage is how large the page of a run may be whatever its number of turns, bytes.
const mostPage = 3 << 20

// TestPageOfManyTurns makes pages of levels of more and more turns: what the charts
// show is sampled and says so, and the page stays small.
func TestPageOfManyTurns(t *testing.T) {
	var sizes []int
	for _, agents := range []int{100, 400} {
		d, r := crowded(t, 60*agents, agents)
		page := pageOf(t, r, d)
		sizes = append(sizes, len(page))
		if len(page) > mostPage {
			t.Errorf("the page of %d turns has %d bytes, want at most %d", 60*agents, len(page), mostPage)
		}
	}
	if float64(sizes[1]) > 1.1*float64(sizes[0]) {
		t.Errorf("the page grows with the number of turns: %d bytes with four times as many after %d", sizes[1], sizes[0])
	}
}

// BenchmarkPage makes the page of a run of PLIMSOLL_TURNS turns (default 100,000)
// that all lie in the one level that the page shows in time, and reports its size
// and the memory that it took.
func BenchmarkPage(b *testing.B) {
	n := 100_000
	if s := os.Getenv("PLIMSOLL_TURNS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	d, r := crowded(b, n, n/200)
	var size counted
	for b.Loop() {
		size = 0
		if err := HTML(&size, r, d); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size)/1e6, "MB-page")
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/1e6, "MB-sys")
}

// counted counts what is written to it.
type counted int

func (c *counted) Write(p []byte) (int, error) {
	*c += counted(len(p))
	return len(p), nil
}

var _ io.Writer = (*counted)(nil)

// crowded is a run folder of one level of n turns, and its result. Each agent waits
// a second between turns of a second, half of it before the first token.
func crowded(t testing.TB, n, agents int) (*bundle.Dir, result.Result) {
	t.Helper()
	const second = plimsoll.Instant(time.Second)
	tier := plimsoll.Tier{Name: "30tps/10s", SpeedTPS: 30, TTFT: 10 * time.Second}
	facts := plimsoll.Facts{MetricSet: plimsoll.MetricSet, Version: "test", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Method: "aa", Preset: "quick",
		Tiers: []plimsoll.Tier{tier}, Trajectories: plimsoll.SetFacts{Name: "made", Count: 1, Turns: 1}, Engine: plimsoll.EngineFacts{Model: "example"}, MaxAgents: agents}
	d, err := bundle.Create(filepath.Join(t.TempDir(), "run"), facts, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := d.Begin(plimsoll.Stage{Level: 1, Attempt: 1, Agents: agents, Fresh: true, Tiers: facts.Tiers})
	if err != nil {
		t.Fatal(err)
	}
	end := plimsoll.Instant(2*(n/agents)+1) * second
	window, sent := plimsoll.Window{Start: end / 10, End: end}, 0
	for i := range n {
		slot, turn := i%agents, i/agents
		due := plimsoll.Instant(2*turn)*second + plimsoll.Instant(slot)*second/plimsoll.Instant(agents)
		row := plimsoll.Row{Level: 1, Attempt: 1, Slot: int32(slot), Turn: int32(turn), Trajectory: "one", Due: due, Sent: due, FirstByte: due + second/2, FirstToken: due + second/2,
			FirstVisible: due + second/2, LastToken: due + second, End: due + second, Reads: 20, Events: 50, FirstChunkTokens: 1, UsageCompletion: 51, UsagePrompt: 100, LocalTokens: 51, RecordedTokens: 51, Class: plimsoll.ClassOK}
		if due >= window.Start && due < window.End {
			sent++
		}
		if err := l.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Seal(plimsoll.Observed{Window: window, End: end, TurnsSent: sent, Delivered: 1}); err != nil {
		t.Fatal(err)
	}
	r, err := result.Compute(d)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Levels) != 1 || r.Levels[0].Validity != "valid" {
		t.Fatalf("the level is not valid: %+v", r.Levels)
	}
	return d, r
}
