package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/client"
	"plimsoll/dialect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stub is an engine that answers after a time.
type stub struct {
	takes time.Duration                // a turn
	class func(n int64) plimsoll.Class // of the n-th turn from 1; nil all OK
	gone  atomic.Bool                  // does not say what it is
	deaf  bool                         // accepts no connection early

	turns atomic.Int64
	mu    sync.Mutex
	busy  map[[2]int]bool // by slot and branch
	calls []client.Call
	twice []client.Call // met the branch busy
	freed int
}

func (s *stub) Do(ctx context.Context, epoch time.Time, call client.Call, row *plimsoll.Row) {
	s.mu.Lock()
	lane := [2]int{call.Slot, call.Branch}
	if s.busy[lane] {
		s.twice = append(s.twice, call)
	}
	if s.busy == nil {
		s.busy = map[[2]int]bool{}
	}
	s.busy[lane] = true
	s.calls = append(s.calls, call)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.busy[lane] = false
		s.mu.Unlock()
	}()
	now := func() plimsoll.Instant { return plimsoll.Instant(time.Since(epoch)) }
	row.Sent, row.FirstToken, row.LastToken, row.End = now(), plimsoll.Never, plimsoll.Never, plimsoll.Never
	if s.class != nil {
		if row.Class = s.class(s.turns.Add(1)); row.Class != plimsoll.ClassOK {
			row.End = now()
			return
		}
	}
	select {
	case <-ctx.Done():
		row.Class = plimsoll.ClassCancelled
	case <-time.After(s.takes):
		row.Class, row.End = plimsoll.ClassOK, now()
		row.FirstToken, row.LastToken = row.End, row.End
	}
}

func (s *stub) Renew(ctx context.Context, _, _ int) error {
	if s.deaf {
		<-ctx.Done() // an accept queue that stalls
	}
	return ctx.Err()
}

func (s *stub) Release(int) { s.freed++ }

func (s *stub) Identify(context.Context) (plimsoll.Identity, error) {
	if s.gone.Load() {
		return plimsoll.Identity{}, errors.New("http://127.0.0.1:1/v1 does not answer")
	}
	return plimsoll.Identity{Server: "stub"}, nil
}

// tape is a Sink that keeps rows until it is full.
type tape struct {
	mu   sync.Mutex
	rows []plimsoll.Row
	room int // 0 without end
}

var errFull = errors.New("no space left on device")

func (t *tape) Row(r plimsoll.Row) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.room > 0 && len(t.rows) >= t.room {
		return errFull
	}
	t.rows = append(t.rows, r)
	return nil
}

func (t *tape) Sample(plimsoll.Sample) error { return nil }

// tasks are trajectories of three turns on the main thread with a sub-agent of two
// beside the second.
func tasks(t *testing.T, n int, delay time.Duration) []*dialect.Encoded {
	t.Helper()
	chat, err := dialect.ByName("chat")
	if err != nil {
		t.Fatal(err)
	}
	var out []*dialect.Encoded
	for i := range n {
		all := []plimsoll.Span{{From: 0, To: 2}}
		task := &plimsoll.Trajectory{
			ID: fmt.Sprintf("task-%d", i), TokenBasis: "bytes4",
			Segments: []plimsoll.Segment{
				{Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: "You are an agent."},
				{Message: 1, Role: plimsoll.User, Kind: plimsoll.KindUser, Text: "Do the task."},
			},
			Turns: []plimsoll.Turn{
				{Prompt: all, OutputTokens: 5},
				{Prompt: all, OutputTokens: 5, WaitFor: []int{0}, Delay: delay},
				{Prompt: all, OutputTokens: 5, WaitFor: []int{0}, Delay: delay, Branch: 1},
				{Prompt: all, OutputTokens: 5, WaitFor: []int{2}, Delay: delay, Branch: 1},
				{Prompt: all, OutputTokens: 5, WaitFor: []int{1, 3}, Delay: delay},
			},
		}
		e, err := chat.Encode(task, dialect.Options{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func newFleet(t *testing.T, e Engine) *Fleet {
	t.Helper()
	f, err := New(Config{
		Engine: e, Encoded: tasks(t, 3, 2*time.Millisecond), Output: dialect.Recorded,
		Agents: agent.Config{Seed: 5, Start: agent.StartSpread, ToolDelay: agent.DelayRecorded},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func stage(n int) plimsoll.Stage {
	const ms = time.Millisecond
	return plimsoll.Stage{Level: 2, Attempt: 1, Agents: n, Fresh: true, Shape: plimsoll.Shape{
		Ramp: 20 * ms, Settle: 20 * ms, Min: 100 * ms, Max: 100 * ms, Tick: 30 * ms, Request: time.Minute,
	}}
}

// ledger checks that rows and counters agree, whatever ended the level.
func ledger(t *testing.T, rows []plimsoll.Row, o plimsoll.Observed) {
	t.Helper()
	type key struct {
		slot, walk, turn int32
		primer           bool
	}
	seen := map[key]bool{}
	population := 0
	for _, r := range rows {
		k := key{r.Slot, r.Walk, r.Turn, r.Primer}
		if seen[k] {
			t.Errorf("two rows of %+v", k)
		}
		seen[k] = true
		if !r.Primer && o.Window.Holds(r.Sent) {
			population++
		}
		if r.Class == "" || r.End == plimsoll.Never {
			t.Errorf("row without class or end: %+v", r)
		}
	}
	if population != o.TurnsSent {
		t.Errorf("%d rows in the window, %d turns counted", population, o.TurnsSent)
	}
}
