package fleet

import (
	"context"
	"errors"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/dialect"
)

func TestHold(t *testing.T) {
	e := &stub{takes: 3 * time.Millisecond}
	f := newFleet(t, e)
	var into tape
	o, err := f.Hold(context.Background(), stage(40), &into, nil)
	if err != nil {
		t.Fatal(err)
	}
	ledger(t, into.rows, o)
	if len(e.twice) > 0 {
		t.Errorf("%d calls met their branch busy, the first %+v", len(e.twice), e.twice[0])
	}
	if o.Closed != agent.ClosedMax || o.Window.End.Sub(o.Window.Start) != 100*time.Millisecond || o.TurnsSent == 0 || o.Walks == 0 {
		t.Errorf("observed %+v", o)
	}
	if o.Before == nil || o.After == nil || o.After.Server != "stub" || o.Broken != "" {
		t.Errorf("identity before %v, after %v, broken %q", o.Before, o.After, o.Broken)
	}
	primers := 0
	for _, r := range into.rows {
		if r.Primer {
			primers++
		}
		if r.Due > r.Sent || r.Level != 2 || r.Attempt != 1 || r.RecordedTokens != 5 {
			t.Fatalf("row %+v", r)
		}
	}
	if primers == 0 {
		t.Error("start spread sent no primer")
	}
	if err := f.Drain(context.Background()); err != nil || e.freed != 40 {
		t.Errorf("drained %d slots, %v", e.freed, err)
	}
}

// TestSameAgentsAtAnyN checks that a slot walks the same at every N, under salts of
// its own.
func TestSameAgentsAtAnyN(t *testing.T) {
	walks := func(n int) (map[[3]int]string, map[string]bool) {
		e := &stub{takes: time.Millisecond}
		var into tape
		if _, err := newFleet(t, e).Hold(context.Background(), stage(n), &into, nil); err != nil {
			t.Fatal(err)
		}
		which := map[[3]int]string{}
		for _, r := range into.rows {
			which[[3]int{int(r.Slot), int(r.Walk), int(r.Turn)}] = r.Trajectory
		}
		salts := map[string]bool{}
		for _, c := range e.calls {
			salts[string(c.Salts.Level)] = true
		}
		return which, salts
	}
	few, fewSalts := walks(4)
	many, manySalts := walks(9)
	for k, trajectory := range few {
		if other, ok := many[k]; ok && other != trajectory {
			t.Errorf("slot, walk, turn %v is of %s at N 4, of %s at N 9", k, trajectory, other)
		}
	}
	if len(fewSalts) != 1 || len(manySalts) != 1 {
		t.Errorf("%d and %d level salts, want one a level", len(fewSalts), len(manySalts))
	}
	for s := range fewSalts {
		if manySalts[s] {
			t.Error("two levels share a salt")
		}
	}
}

func TestEnoughEndsTheLevel(t *testing.T) {
	s := stage(10)
	s.Shape.Max, s.Shape.Min = time.Hour, time.Hour
	e := &stub{takes: 5 * time.Millisecond}
	var into tape
	var asked []plimsoll.Instant
	seen := 0
	o, err := newFleet(t, e).Hold(context.Background(), s, &into, func(_, at plimsoll.Instant, inFlight func() []plimsoll.Row) bool {
		asked = append(asked, at)
		flew := inFlight()
		if len(flew) > 2*10 { // two branches an agent
			t.Errorf("%d turns of 10 agents with two branches in flight", len(flew))
		}
		for _, r := range flew {
			if r.End != plimsoll.Never || r.Class != "" || r.Sent < 0 {
				t.Errorf("in flight: %+v", r)
			}
			seen++
		}
		return len(asked) == 3
	})
	if err != nil {
		t.Fatal(err)
	}
	ledger(t, into.rows, o)
	if o.Closed != agent.ClosedEnough || len(asked) != 3 || o.Tick != asked[2] || o.Window.End != o.Tick {
		t.Errorf("asked at %v; observed %+v", asked, o)
	}
	if seen == 0 {
		t.Error("no turn was in flight at any of the ticks")
	}
	for _, r := range into.rows {
		if r.Class == plimsoll.ClassCensored {
			t.Errorf("censored though settled: %+v", r)
		}
	}
}

func TestInterrupt(t *testing.T) {
	s := stage(10)
	s.Shape.Max, s.Shape.Min = time.Hour, time.Hour
	e := &stub{takes: time.Hour}
	ctx, cancel := context.WithCancel(context.Background())
	var into tape
	o, err := newFleet(t, e).Hold(ctx, s, &into, func(_, _ plimsoll.Instant, _ func() []plimsoll.Row) bool { cancel(); return false })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	ledger(t, into.rows, o)
	if o.Closed != agent.ClosedInterrupted || len(into.rows) < 10 {
		t.Errorf("%d rows, observed %+v", len(into.rows), o)
	}
	for _, r := range into.rows {
		if !r.Class.Cut() {
			t.Errorf("row %+v was not cut", r)
		}
	}
}

// TestLimitCensors cuts turns of the window that never end.
func TestLimitCensors(t *testing.T) {
	f, err := New(Config{
		Engine: &stub{takes: time.Hour}, Encoded: tasks(t, 1, 0), Output: dialect.Recorded,
		Agents: agent.Config{Start: agent.StartBegin, ToolDelay: agent.DelayRecorded},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := stage(6)
	s.Shape.Ramp, s.Shape.Settle, s.Shape.Limit = 0, 0, 200*time.Millisecond
	var into tape
	o, err := f.Hold(context.Background(), s, &into, nil)
	if err != nil {
		t.Fatal(err)
	}
	ledger(t, into.rows, o)
	if o.TurnsSent != 6 || len(into.rows) != 6 || o.Closed != agent.ClosedMax || o.End < plimsoll.Instant(s.Shape.Limit) {
		t.Errorf("%d rows, observed %+v", len(into.rows), o)
	}
	for _, r := range into.rows {
		if r.Class != plimsoll.ClassCensored {
			t.Errorf("row %+v", r)
		}
	}
}

func TestEngineDies(t *testing.T) {
	for name, test := range map[string]struct {
		gone bool
		want string
	}{
		"and is gone":      {true, agent.ClosedBroken},
		"but still speaks": {false, agent.ClosedMax},
	} {
		t.Run(name, func(t *testing.T) {
			e := &stub{takes: time.Millisecond}
			e.class = func(n int64) plimsoll.Class {
				if n < 30 {
					return plimsoll.ClassOK
				}
				if n == 30 {
					e.gone.Store(test.gone)
				}
				return plimsoll.ClassRefused
			}
			s := stage(8)
			if test.gone {
				s.Shape.Max, s.Shape.Min = time.Hour, time.Hour
			}
			var into tape
			o, err := newFleet(t, e).Hold(context.Background(), s, &into, nil)
			if err != nil {
				t.Fatal(err)
			}
			ledger(t, into.rows, o)
			if o.Closed != test.want || (o.Broken != "") != test.gone {
				t.Errorf("closed %q, broken %q", o.Closed, o.Broken)
			}
		})
	}
}

func TestEngineIsNotThere(t *testing.T) {
	e := &stub{}
	e.gone.Store(true)
	var into tape
	o, err := newFleet(t, e).Hold(context.Background(), stage(8), &into, nil)
	if err != nil || o.Broken != "http://127.0.0.1:1/v1 does not answer" || o.Closed != agent.ClosedBroken {
		t.Errorf("error %v, observed %+v", err, o)
	}
	for _, r := range into.rows {
		if r.Class == plimsoll.ClassOK {
			t.Errorf("row %+v", r)
		}
	}
}

// TestStalledAccept: a connection that cannot be renewed in time holds no turn back.
func TestStalledAccept(t *testing.T) {
	var into tape
	o, err := newFleet(t, &stub{takes: time.Millisecond, deaf: true}).Hold(context.Background(), stage(8), &into, nil)
	if err != nil {
		t.Fatal(err)
	}
	ledger(t, into.rows, o)
	if o.Closed != agent.ClosedMax || o.TurnsSent == 0 {
		t.Errorf("observed %+v", o)
	}
}

// TestSettles: the window opens at a tick between least and longest settling, at the
// latest one where agents never have a first token.
func TestSettles(t *testing.T) {
	for name, takes := range map[string]time.Duration{"answers": 5 * time.Millisecond, "never answers": time.Hour} {
		s := stage(8)
		s.Shape.Settle, s.Shape.SettleMax = 100*time.Millisecond, 400*time.Millisecond
		var into tape
		o, err := newFleet(t, &stub{takes: takes}).Hold(context.Background(), s, &into, nil)
		if err != nil {
			t.Fatal(err)
		}
		ledger(t, into.rows, o)
		from, by := s.Shape.OpensFrom(s.Agents), s.Shape.OpensBy(s.Agents)
		if start := o.Window.Start; start < from || start > by || (start != from && start != by && start%plimsoll.Instant(s.Shape.Tick) != 0) {
			t.Errorf("%s: window opens at %d, from %d to %d", name, start, from, by)
		}
		if (o.Opened != agent.OpenedStationary || takes == time.Hour) && (o.Opened != agent.OpenedMax || o.Window.Start != by) {
			t.Errorf("%s: opened %q at %d", name, o.Opened, o.Window.Start)
		}
	}
}

func TestSinkIsFull(t *testing.T) {
	s := stage(8)
	s.Shape.Max, s.Shape.Min = time.Hour, time.Hour
	into := tape{room: 20}
	_, err := newFleet(t, &stub{takes: time.Millisecond}).Hold(context.Background(), s, &into, nil)
	if !errors.Is(err, errFull) {
		t.Errorf("error %v, want %v", err, errFull)
	}
}

func TestRefusals(t *testing.T) {
	s := stage(8)
	s.Fresh = false
	if _, err := newFleet(t, &stub{}).Hold(context.Background(), s, &tape{}, nil); err == nil || err.Error() != "level 2: a continued level cannot be held: begin it fresh" {
		t.Errorf("continued: %v", err)
	}
	for name, test := range map[string]struct {
		config Config
		want   string
	}{
		"no engine": {Config{}, "fleet: engine is missing"},
		"no set":    {Config{Engine: &stub{}}, "fleet: encoded trajectories: want at least one"},
		"policy":    {Config{Engine: &stub{}, Encoded: tasks(t, 1, 0), Output: "long"}, `fleet: output policy "long": want recorded or free`},
	} {
		if _, err := New(test.config); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func TestProgress(t *testing.T) {
	f := newFleet(t, &stub{takes: 5 * time.Millisecond})
	if before := f.Progress(); before != (plimsoll.Progress{}) {
		t.Errorf("progress before a level: %+v", before)
	}
	var during plimsoll.Progress
	if _, err := f.Hold(context.Background(), stage(12), &tape{}, func(_, _ plimsoll.Instant, _ func() []plimsoll.Row) bool {
		during = f.Progress()
		return false
	}); err != nil {
		t.Fatal(err)
	}
	if during.Agents != 12 || during.Alive != 12 || during.Phase == "" || during.AtS <= 0 || during.InFlight > 24 {
		t.Errorf("progress %+v", during)
	}
}
