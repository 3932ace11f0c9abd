package result_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/power"
	"plimsoll/result"
)

// The engine of these tests is a formula: with N agents a turn's TTFT is 0.1 s x
// (1 + (N/8)^2) and its speed 300/(1 + N/5) tokens/s, each times a spread that
// depends on the turn alone. The searches below run against it.

func fixtureFacts() plimsoll.Facts {
	return plimsoll.Facts{
		Schema: plimsoll.FactsSchema, MetricSet: plimsoll.MetricSet, Version: "test", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Method: "aa", Preset: "quick", Seed: 42, TierSet: "test",
		Tiers: []plimsoll.Tier{
			{Name: "loose", SpeedTPS: 30, TTFT: time.Second},
			{Name: "tight", SpeedTPS: 100, TTFT: 5 * time.Second},
			{Name: "never", SpeedTPS: 5000, TTFT: time.Second},
		},
		Trajectories: plimsoll.SetFacts{Name: "made", Count: 3, Turns: 90, SHA256: "00"},
		Engine:       plimsoll.EngineFacts{URL: "http://127.0.0.1:1/v1", Model: "formula", Simulated: true},
		Accelerators: 4, OutputPolicy: "recorded", Start: "spread", ToolDelay: "recorded", MaxAgents: 256,
		Power:         []plimsoll.PowerSpec{{Kind: "static", Target: "700W", Boundary: plimsoll.BoundaryAccelerator}},
		NotComparable: []string{"the engine is a formula"},
		Generator: &plimsoll.Generator{
			CPUs: 2, OpenFiles: 70, URLs: 1, BodyBytes: 400e3, Link: plimsoll.Link{Interface: "eth0", BytesPerS: 1.25e6},
			Calibration: &plimsoll.Calibration{Agents: 1000, EventsPerS: 20_000},
		},
	}
}

// turnSpread is between 0.7 and 1.3, and the same for the same turn.
func turnSpread(slot, turn int) float64 {
	x := uint64(slot)*0x9e3779b97f4a7c15 + uint64(turn)*0xbf58476d1ce4e5b9 + 1
	x ^= x >> 31
	x *= 0x94d049bb133111eb
	x ^= x >> 29
	return 0.7 + 0.6*float64(x>>11)/(1<<53)
}

// fixtureRows are the turns of a window of 120 s in which every agent has 24 turns.
func fixtureRows(s plimsoll.Stage) []plimsoll.Row { return loadedRows(s, float64(s.Agents)) }

// loadedRows are those of an engine that N agents load as n load the usual one.
func loadedRows(s plimsoll.Stage, n float64) []plimsoll.Row {
	const tokens = 100
	var rows []plimsoll.Row
	for slot := range s.Agents {
		for turn := range 24 {
			x := turnSpread(slot, turn)
			due := plimsoll.Instant(1e9*float64(5*turn) + 1e6*float64(slot))
			first := due.Add(time.Duration(x * 0.1e9 * (1 + n*n/64)))
			last := first.Add(time.Duration((tokens - 1) / (300 / (1 + n/5) / x) * 1e9))
			rows = append(rows, plimsoll.Row{
				Slot: int32(slot), Turn: int32(turn), Trajectory: "t", Due: due, Sent: due.Add(100 * time.Microsecond),
				FirstByte: first, FirstToken: first, FirstVisible: first, LastToken: last, End: last,
				Reads: tokens, Events: tokens, FirstChunkTokens: 1, FirstChunkSource: "usage",
				UsagePrompt: 1000, UsageCached: 900, UsageCompletion: tokens, UsageReasoning: -1,
				LocalTokens: tokens, LocalPrompt: 1000, RecordedTokens: tokens, Finish: "length", Class: plimsoll.ClassOK, Status: 200,
			})
		}
	}
	return rows
}

// sealFixture holds one stage on the formula, with its rows edited.
func sealFixture(t testing.TB, d *bundle.Dir, s plimsoll.Stage, epoch time.Time, edit func([]plimsoll.Row) []plimsoll.Row) {
	t.Helper()
	rows := fixtureRows(s)
	if edit != nil {
		rows = edit(rows)
	}
	if err := seal(d, s, epoch, rows); err != nil {
		t.Fatal(err)
	}
}

func seal(d *bundle.Dir, s plimsoll.Stage, epoch time.Time, rows []plimsoll.Row) error {
	l, err := d.Begin(s)
	if err != nil {
		return err
	}
	defer l.Discard()
	for _, r := range rows {
		if err := l.Row(r); err != nil {
			return err
		}
	}
	window := plimsoll.Window{Start: 0, End: 120e9}
	samples, err := power.Constant(fixtureFacts().Power[0], 4, window)
	if err != nil {
		return err
	}
	for _, sample := range samples {
		if err := l.Sample(sample); err != nil {
			return err
		}
	}
	return l.Seal(plimsoll.Observed{
		Epoch: epoch, Window: window, End: 122e9, Tick: plimsoll.Never, Closed: "full",
		TurnsSent: len(rows), Delivered: 1, Simulated: true, Client: plimsoll.Client{SentinelP99ms: 0.2, CPUShare: 0.11},
	})
}

// wholeRun is a whole search on the formula, made once; tests get copies.
var wholeRun string

func TestMain(m *testing.M) {
	parent, err := os.MkdirTemp("", "plimsoll-result")
	if err == nil {
		wholeRun = filepath.Join(parent, "run")
		err = search(wholeRun, fixtureFacts(), 99, fixtureRows)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(parent)
	os.Exit(code)
}

// measured returns the folder of a whole search on the formula, open for writing.
func measured(t testing.TB) *bundle.Dir {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(path, os.DirFS(wholeRun)); err != nil {
		t.Fatal(err)
	}
	d, err := bundle.Resume(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// search measures at most so many levels on a formula.
func search(path string, f plimsoll.Facts, most int, rows func(plimsoll.Stage) []plimsoll.Row) error {
	d, err := bundle.Create(path, f, []byte("preset: quick\n"), nil)
	if err != nil {
		return err
	}
	defer d.Close()
	method, _, err := result.Method(f)
	if err != nil {
		return err
	}
	read, err := result.Folded(d)
	if err != nil {
		return err
	}
	for n := range most {
		stage, answer := method.Next(read.Past())
		if answer != nil {
			break
		}
		if err := seal(d, *stage, f.Started.Add(time.Duration(n)*130*time.Second), rows(*stage)); err != nil {
			return err
		}
		if _, err := read.Read(nil); err != nil {
			return err
		}
	}
	return nil
}
