package simfleet

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/client"
	"plimsoll/dialect"
	"plimsoll/fleet"
	"plimsoll/sim/server"
	"plimsoll/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shared is a tape that several goroutines write to.
type shared struct {
	mu sync.Mutex
	tape
}

func (s *shared) Row(r plimsoll.Row) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tape.Row(r)
}

// rig is a live demo engine on loopback with a fleet on it.
type rig struct {
	fleet *fleet.Fleet
	stop  func() // ends the engine
}

func start(t *testing.T, c Config) rig {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	urls, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- server.Run(ctx, server.Config{}, func(url string) { urls <- url }) }()
	once := sync.OnceFunc(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(once)
	chat, err := dialect.ByName("chat")
	if err != nil {
		t.Fatal(err)
	}
	var encoded []*dialect.Encoded
	for _, tr := range c.Trajectories {
		e, err := chat.Encode(tr, dialect.Options{Model: "plimsoll-demo", Usage: true})
		if err != nil {
			t.Fatal(err)
		}
		encoded = append(encoded, e)
	}
	wire, err := client.New(client.Config{URLs: []string{<-urls}, Dialect: chat, Model: "plimsoll-demo", Counter: token.Bytes4{}, Exact: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { wire.Close() })
	f, err := fleet.New(fleet.Config{Engine: wire, Encoded: encoded, Agents: c.Agents, Output: dialect.Recorded})
	if err != nil {
		t.Fatal(err)
	}
	return rig{f, once}
}

// key names a turn.
type key struct {
	slot, walk, branch, turn int32
	primer                   bool
}

func keyed(rows []plimsoll.Row) map[key]plimsoll.Row {
	out := map[key]plimsoll.Row{}
	for _, r := range rows {
		out[key{r.Slot, r.Walk, r.Branch, r.Turn, r.Primer}] = r
	}
	return out
}

// TestAgreesWithLive holds one stage on a live engine and in virtual time: the same
// agents send the same turns with the same token counts. Times are not compared.
func TestAgreesWithLive(t *testing.T) {
	c := demo(t, 7, 1, 1)
	stage := plimsoll.Stage{Level: 3, Attempt: 1, Agents: 6, Fresh: true, Shape: plimsoll.Shape{
		Ramp: 200 * time.Millisecond, Settle: 200 * time.Millisecond, Min: 1500 * time.Millisecond, Max: 1500 * time.Millisecond,
		Tick: time.Second, Request: 20 * time.Second, Idle: 10 * time.Second,
	}}
	var into shared
	observed, err := start(t, c).fleet.Hold(context.Background(), stage, &into, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := into.rows
	virtual, _ := held(t, c, stage)
	want := keyed(virtual)
	both := 0
	for k, r := range keyed(rows) {
		v, ok := want[k]
		if !ok || r.Class != plimsoll.ClassOK || v.Class != plimsoll.ClassOK {
			continue // one of the two had not come so far
		}
		both++
		if r.Trajectory != v.Trajectory || r.UsagePrompt != v.UsagePrompt || r.UsageCompletion != v.UsageCompletion ||
			r.LocalPrompt != v.LocalPrompt || r.RecordedTokens != v.RecordedTokens || r.LocalTokens != v.LocalTokens ||
			r.Finish != v.Finish || r.Status != v.Status || r.UsageReasoning != v.UsageReasoning || r.FirstChunkSource != v.FirstChunkSource {
			t.Errorf("%+v: live\n%+v\nvirtual\n%+v", k, r, v)
		}
		// Whether the scaffold was there for an agent's first request hangs on time.
		if (k.walk > 0 || k.turn > 0) && !k.primer && r.UsageCached != v.UsageCached {
			t.Errorf("%+v: %d tokens cached live, %d in virtual time", k, r.UsageCached, v.UsageCached)
		}
	}
	if both < 8 {
		t.Errorf("only %d turns ended in both", both)
	}
	if observed.Delivered > 1 || observed.TurnsSent == 0 {
		t.Errorf("observed %+v", observed)
	}
	for _, r := range rows {
		if r.Class.Failed() {
			t.Errorf("failed live: %+v", r)
		}
	}
	t.Logf("%d turns ended in both; live %+v", both, observed)
}

// TestEngineStops ends the engine in the middle of a level: the level ends too, says
// why, and its rows still add up.
func TestEngineStops(t *testing.T) {
	e := start(t, demo(t, 7, 1, 1))
	stage := long(6, time.Hour)
	stage.Shape.Ramp, stage.Shape.Settle, stage.Shape.Tick = 100*time.Millisecond, 100*time.Millisecond, 200*time.Millisecond
	var into shared
	asked := 0
	o, err := e.fleet.Hold(context.Background(), stage, &into, func(_, _ plimsoll.Instant, _ func() []plimsoll.Row) bool {
		if asked++; asked == 3 {
			e.stop()
		}
		return false
	})
	if err != nil || o.Closed != agent.ClosedBroken || o.Broken == "" {
		t.Errorf("error %v, observed %+v", err, o)
	}
	population, classes := 0, map[plimsoll.Class]int{}
	for _, r := range into.rows {
		classes[r.Class]++
		if !r.Primer && o.Window.Holds(r.Sent) {
			population++
		}
	}
	if population != o.TurnsSent || classes[plimsoll.ClassOK] == 0 || classes[plimsoll.ClassRefused] == 0 {
		t.Errorf("%d rows in the window, %d turns counted, classes %v", population, o.TurnsSent, classes)
	}
}
