package simfleet

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/sim"
)

// tape is a Sink that keeps everything.
type tape struct {
	rows    []plimsoll.Row
	samples []plimsoll.Sample
	err     error
}

func (t *tape) Row(r plimsoll.Row) error       { t.rows = append(t.rows, r); return t.err }
func (t *tape) Sample(s plimsoll.Sample) error { t.samples = append(t.samples, s); return t.err }

func held(t testing.TB, c Config, s plimsoll.Stage) ([]plimsoll.Row, plimsoll.Observed) {
	t.Helper()
	fleet, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var into tape
	o, err := fleet.Hold(context.Background(), s, &into, nil)
	if err != nil {
		t.Fatal(err)
	}
	return into.rows, o
}

func TestHoldIsDeterministic(t *testing.T) {
	stage := long(24, 20*time.Second)
	first, o1 := held(t, demo(t, 3, 1, 1), stage)
	second, o2 := held(t, demo(t, 3, 1, 1), stage)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("rows differ: %s", diff)
	}
	if diff := cmp.Diff(o1, o2); diff != "" {
		t.Errorf("observed differs: %s", diff)
	}
}

// TestRowsAddUp checks the ledger, the rows' instants and that agents are there in
// full.
func TestRowsAddUp(t *testing.T) {
	rows, o := held(t, demo(t, 4, 1, 1), long(40, 20*time.Second))
	population := 0
	ends := map[int32]plimsoll.Instant{}
	for _, r := range rows {
		if !r.Primer && o.Window.Holds(r.Sent) {
			population++
		}
		if r.Due != r.Sent || r.End < r.Sent || r.Connect != 0 {
			t.Fatalf("row %+v", r)
		}
		if r.Class == plimsoll.ClassOK {
			want := r.RecordedTokens
			if r.Primer {
				want = 1
			}
			if r.UsageCompletion != want || r.FirstToken < r.Sent || r.LastToken < r.FirstToken || r.End != r.LastToken || r.UsageCached > r.UsagePrompt {
				t.Fatalf("row %+v", r)
			}
		}
		if before, ok := ends[r.Slot]; ok && r.Sent < before {
			t.Fatalf("slot %d has two turns in flight: %+v", r.Slot, r)
		}
		ends[r.Slot] = r.End
	}
	if population == 0 || population != o.TurnsSent {
		t.Errorf("%d rows in the window, %d turns sent", population, o.TurnsSent)
	}
	if o.Delivered < 1-1e-9 || !o.Simulated || o.Client.SentinelP99ms != -1 {
		t.Errorf("observed %+v", o)
	}
}

// TestSameAgentsAtAnyN checks that a slot walks the same at every N.
func TestSameAgentsAtAnyN(t *testing.T) {
	few, _ := held(t, demo(t, 5, 1, 1), long(5, 10*time.Second))
	many, _ := held(t, demo(t, 5, 1, 1), long(30, 10*time.Second))
	want, both := keyed(many), 0
	for k, r := range keyed(few) {
		other, ok := want[k]
		if !ok {
			continue
		}
		both++
		if r.Trajectory != other.Trajectory || r.UsagePrompt >= 0 && other.UsagePrompt >= 0 && r.UsagePrompt != other.UsagePrompt {
			t.Errorf("%+v: at 5 agents %+v, at 30 %+v", k, r, other)
		}
	}
	if both < 20 {
		t.Errorf("only %d turns at both", both)
	}
}

// TestLevelsAreApart checks that nothing cached in one level helps the next.
func TestLevelsAreApart(t *testing.T) {
	f, err := New(demo(t, 6, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	stage := long(4, 5*time.Second)
	stage.Shape.Ramp = 0
	for replicate := range 2 {
		stage.Level, stage.Replicate = replicate+1, replicate
		var into tape
		if _, err := f.Hold(context.Background(), stage, &into, nil); err != nil {
			t.Fatal(err)
		}
		first := slices.IndexFunc(into.rows, func(r plimsoll.Row) bool { return r.Sent == 0 && r.Slot == 0 })
		if r := into.rows[first]; r.UsageCached != 0 || r.UsagePrompt < 1000 {
			t.Errorf("the first request of level %d found %d of %d tokens cached", stage.Level, r.UsageCached, r.UsagePrompt)
		}
	}
}

// TestDeployment holds a level on two demo engines behind a router: more agents see
// the speed that fewer see on one.
func TestDeployment(t *testing.T) {
	c := demo(t, 8, 1, 1)
	one, _ := held(t, c, long(60, 20*time.Second))
	c.Deployment = sim.DeploymentConfig{Serve: []sim.Config{c.Engine, c.Engine}, Router: sim.RouteAffinity}
	two, o := held(t, c, long(60, 20*time.Second))
	if len(two) < len(one)*3/2 || o.Delivered < 1-1e-9 {
		t.Errorf("%d rows on one engine, %d on two; observed %+v", len(one), len(two), o)
	}
	for _, r := range two {
		if r.Class.Failed() || r.Class == plimsoll.ClassOK && !r.Primer && r.Walk == 0 && r.UsageCached < 1000 {
			t.Fatalf("row %+v", r)
		}
	}
}

func TestPromptTooLong(t *testing.T) {
	c := demo(t, 8, 1, 1)
	c.Engine.MaxContext = 1800
	rows, o := held(t, c, long(4, 5*time.Second))
	refused := 0
	for _, r := range rows {
		if r.Class == plimsoll.ClassHTTP {
			refused++
			if r.Status != 400 || !strings.Contains(r.Error, "1800") || r.FirstToken != plimsoll.Never {
				t.Fatalf("row %+v", r)
			}
		}
	}
	if refused == 0 || o.TurnsSent == 0 {
		t.Errorf("%d refused, observed %+v", refused, o)
	}
}

func TestRequestTimesOut(t *testing.T) {
	c := demo(t, 8, 1, 1)
	s := long(80, 10*time.Second)
	s.Shape.Request = time.Second
	rows, _ := held(t, c, s)
	late := 0
	for _, r := range rows {
		if r.Class == plimsoll.ClassTimeout {
			late++
			if r.End != r.Sent.Add(time.Second) {
				t.Fatalf("row %+v", r)
			}
		} else if r.End.Sub(r.Sent) > time.Second {
			t.Fatalf("row %+v took longer than its time-out", r)
		}
	}
	if late == 0 {
		t.Error("nothing timed out")
	}
}

func TestMeterAddsUp(t *testing.T) {
	c := demo(t, 9, 1, 1)
	c.Meter = "simulated@accelerator"
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var into tape
	if _, err := f.Hold(context.Background(), long(30, 20*time.Second), &into, nil); err != nil {
		t.Fatal(err)
	}
	if len(into.samples) < 50 {
		t.Fatalf("%d samples", len(into.samples))
	}
	last := into.samples[0]
	for _, s := range into.samples[1:] {
		if s.At.Sub(last.At) != time.Second || s.Joules < last.Joules+c.Engine.Power.IdleW*0.99 || s.Joules > last.Joules+c.Engine.Power.MaxW*1.01 {
			t.Fatalf("sample %+v after %+v", s, last)
		}
		last = s
	}
}

func TestInterruptAndFullSink(t *testing.T) {
	f, err := New(demo(t, 1, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := long(10, time.Hour)
	var into tape
	o, err := f.Hold(ctx, s, &into, func(_, _ plimsoll.Instant, _ func() []plimsoll.Row) bool { cancel(); return false })
	if !errors.Is(err, context.Canceled) || o.Closed != agent.ClosedInterrupted {
		t.Errorf("error %v, closed %q", err, o.Closed)
	}
	full := tape{err: errors.New("no space left on device")}
	if _, err := f.Hold(context.Background(), s, &full, nil); !errors.Is(err, full.err) {
		t.Errorf("error %v, want %v", err, full.err)
	}
	if o, err := f.Hold(context.Background(), long(10, 10*time.Second), &tape{}, nil); err != nil || o.TurnsSent == 0 {
		t.Errorf("the level after them: %+v, %v", o, err)
	}
}

func TestRefusals(t *testing.T) {
	c := demo(t, 1, 1, 1)
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	s := long(1, time.Second)
	s.Fresh = false
	if _, err := f.Hold(context.Background(), s, &tape{}, nil); err == nil || err.Error() != "level 1: a continued level cannot be held: begin it fresh" {
		t.Errorf("continued: %v", err)
	}
	c.OutputPolicy = "long"
	if _, err := New(c); err == nil || err.Error() != `simulated fleet: output policy "long": want recorded or free` {
		t.Errorf("policy: %v", err)
	}
	c = demo(t, 1, 1, 1)
	c.Trajectories = []*plimsoll.Trajectory{{ID: "shape", Segments: []plimsoll.Segment{{Role: plimsoll.User, Kind: plimsoll.KindUser, Blocks: []uint64{1}, BlockSize: 16}},
		Turns: []plimsoll.Turn{{Prompt: []plimsoll.Span{{To: 1}}}}}}
	if _, err := New(c); err == nil || !strings.Contains(err.Error(), "trajectory shape turn 0: segment 0 has no text") {
		t.Errorf("shape only: %v", err)
	}
}

// BenchmarkHold is 200 agents on the demo engine for ten minutes.
func BenchmarkHold(b *testing.B) {
	c, stage := demo(b, 1, 1, 1), long(200, 10*time.Minute)
	for b.Loop() {
		held(b, c, stage)
	}
}

// TestFirstChunkOfADraft: where the first token comes out of a decode step that yields
// several, the first chunk of a live engine holds them, so that speed is over the others.
func TestFirstChunkOfADraft(t *testing.T) {
	c := demo(t, 4, 1, 1)
	decode := c.Engine
	decode.Accepted = 2.5
	c.Deployment = sim.DeploymentConfig{Serve: []sim.Config{c.Engine}, Decode: []sim.Config{decode}, Router: sim.RouteAffinity}
	rows, _ := held(t, c, long(8, 10*time.Second))
	several := 0
	for _, r := range rows {
		if r.Class != plimsoll.ClassOK {
			continue
		}
		if r.FirstChunkTokens < 1 || r.FirstChunkTokens > 3 || r.FirstChunkTokens > r.UsageCompletion {
			t.Errorf("first chunk of %d tokens of %d", r.FirstChunkTokens, r.UsageCompletion)
		}
		if r.FirstChunkTokens > 1 {
			several++
		}
	}
	if several < 8 {
		t.Errorf("only %d of %d replies begin with several tokens", several, len(rows))
	}
}
