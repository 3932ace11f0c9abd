package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/report"
	"plimsoll/result"
)

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func tiers() []plimsoll.Tier {
	return []plimsoll.Tier{{Name: "30tps/10s", SpeedTPS: 30, TTFT: 10 * time.Second}, {Name: "100tps/5s", SpeedTPS: 100, TTFT: 5 * time.Second}}
}

func facts(model string, at time.Time) plimsoll.Facts {
	return plimsoll.Facts{MetricSet: plimsoll.MetricSet, Version: "test", Started: at, Method: "aa", Preset: "quick", Seed: 42, TierSet: "test", Tiers: tiers(),
		Trajectories: plimsoll.SetFacts{Name: "made", Count: 3, Turns: 90, SHA256: "00"},
		Engine:       plimsoll.EngineFacts{URL: "http://127.0.0.1:1/v1", Model: model, Simulated: true, Identity: plimsoll.Identity{Server: "demo", Version: "1"}},
		Accelerators: 4, OutputPolicy: "recorded", Start: "spread", ToolDelay: "recorded", MaxAgents: 256}
}

// begin makes a run folder with its begin event.
func begin(t testing.TB, runs, name, model string, at time.Time) *bundle.Dir {
	t.Helper()
	d, err := bundle.Create(filepath.Join(runs, name), facts(model, at), []byte("preset: quick\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := d.Facts()
	add(t, d, plimsoll.Event{Time: at, Kind: plimsoll.EventBegin, Facts: &f})
	t.Cleanup(func() { d.Close() })
	return d
}

func add(t testing.TB, d *bundle.Dir, events ...plimsoll.Event) {
	t.Helper()
	for _, e := range events {
		if err := d.Append(e); err != nil {
			t.Fatal(err)
		}
	}
}

func stage(level, agents int) *plimsoll.Stage {
	return &plimsoll.Stage{Level: level, Attempt: 1, Agents: agents, Fresh: true, Why: fmt.Sprintf("%d agents are next", agents), Tiers: tiers()}
}

func begins(level, agents int) plimsoll.Event {
	return plimsoll.Event{Time: began.Add(time.Duration(level) * time.Minute), Kind: plimsoll.EventStage, Stage: stage(level, agents)}
}

func progress(level, agents int, speed, ttft float64) plimsoll.Event {
	return plimsoll.Event{Time: began.Add(time.Duration(level)*time.Minute + 20*time.Second), Kind: plimsoll.EventProgress,
		Progress: &plimsoll.Progress{Level: level, Attempt: 1, Agents: agents, Alive: agents - 1, InFlight: agents / 2, Phase: "window", AtS: 20, Turns: 311, SpeedTPS: &speed, TTFTs: &ttft, TokensPS: 1234, LeftS: 95}}
}

// seals ends a level with what each tier's limits say of speed and TTFT.
func seals(level, agents int, speed, ttft float64) plimsoll.Event {
	e := plimsoll.Event{Time: began.Add(time.Duration(level)*time.Minute + 50*time.Second), Kind: plimsoll.EventSealed, Stage: stage(level, agents), Level: bundle.ID(level, 1), Validity: "valid"}
	for _, tier := range tiers() {
		v := plimsoll.Verdict{Tier: tier.Name, Level: level, Attempt: 1, Agents: agents, Outcome: plimsoll.Pass, SpeedTPS: speed, TTFTs: ttft}
		if ttft > tier.TTFT.Seconds() {
			v.Outcome, v.BoundBy, v.Reasons = plimsoll.Fail, "ttft", []string{fmt.Sprintf("P95 TTFT %g s is above %g s", ttft, tier.TTFT.Seconds())}
		}
		e.Verdicts = append(e.Verdicts, v)
	}
	return e
}

// finish completes a run with an answer.
func finish(t *testing.T, d *bundle.Dir, capacity int) {
	t.Helper()
	f := d.Facts()
	r := result.Result{Schema: plimsoll.ResultSchema, MetricSet: f.MetricSet, Version: f.Version, Method: f.Method, Preset: f.Preset, Seed: f.Seed, TierSet: f.TierSet,
		Started: f.Started, Finished: f.Started.Add(time.Hour), Ended: "every tier is settled", Trajectories: f.Trajectories, Accelerators: f.Accelerators,
		Engine:     result.Engine{URL: f.Engine.URL, Model: f.Engine.Model, Simulated: true, Identity: f.Engine.Identity},
		Settings:   result.Settings{OutputPolicy: f.OutputPolicy, Start: f.Start, ToolDelay: f.ToolDelay, MaxAgents: f.MaxAgents},
		Comparable: result.Comparable{Why: []string{"preset quick looks for seconds only", "the engine is simulated"}}}
	for i, tier := range f.Tiers {
		n := capacity / (i + 1)
		per := float64(n) / 4
		r.Tiers = append(r.Tiers, result.Tier{Name: tier.Name, SpeedTPS: tier.SpeedTPS, TTFTs: tier.TTFT.Seconds(), Verdict: plimsoll.Pass, Capacity: &n, AtLeast: n, LowestFail: n + 8, BoundBy: "ttft",
			Reason: fmt.Sprintf("%d passed, %d failed", n, n+8), PerAcc: &per, NoPerMW: "no power was metered"})
	}
	add(t, d, plimsoll.Event{Time: f.Started.Add(time.Hour), Kind: plimsoll.EventEnd, Message: "every tier is settled"})
	if err := d.WriteResult(r); err != nil {
		t.Fatal(err)
	}
	if err := report.WriteHTML(d, r); err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
}

// site opens the pages of a folder; its streams end with the test.
func site(t *testing.T, c Config) *Site {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// get asks a handler for a page as a browser on this machine would.
func get(t *testing.T, h http.Handler, path string, change ...func(*http.Request)) (int, string, http.Header) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "127.0.0.1:7777"
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body), w.Result().Header
}
