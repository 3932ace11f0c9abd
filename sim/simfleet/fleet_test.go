package simfleet

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/sim/profile"
	"plimsoll/trajectory/synth"
)

// tape is a Sink that keeps everything.
type tape struct {
	rows    []plimsoll.Row
	samples []plimsoll.Sample
}

func (t *tape) Row(r plimsoll.Row) error       { t.rows = append(t.rows, r); return nil }
func (t *tape) Sample(s plimsoll.Sample) error { t.samples = append(t.samples, s); return nil }

func defaultTiers() []plimsoll.Tier {
	return []plimsoll.Tier{
		{Name: "30/10", SpeedTPS: 30, TTFT: 10 * time.Second},
		{Name: "100/5", SpeedTPS: 100, TTFT: 5 * time.Second},
		{Name: "300/3", SpeedTPS: 300, TTFT: 3 * time.Second},
	}
}

// demo is the default run's engine and trajectories.
func demo(t testing.TB, seed uint64, kv, speed float64) Config {
	t.Helper()
	p, err := profile.Load("demo")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := p.Engine()
	if err != nil {
		t.Fatal(err)
	}
	set, err := synth.Mini(seed, 64)
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Engine: engine.Scaled(kv, speed), Trajectories: set.Trajectories, OutputPolicy: "recorded",
		Agents: agent.Config{Seed: seed, Start: agent.StartSpread, ToolDelay: agent.DelayRecorded},
	}
}

func long(n int) plimsoll.Stage {
	return plimsoll.Stage{Level: 1, Attempt: 1, Agents: n, Fresh: true, Tiers: defaultTiers(), Shape: plimsoll.Shape{
		Ramp: 10 * time.Second, Settle: 20 * time.Second, Min: 10 * time.Minute, Max: 10 * time.Minute,
		Tick: time.Minute, Request: 5 * time.Minute,
	}}
}

func quick(n int) plimsoll.Stage {
	return plimsoll.Stage{Level: 1, Attempt: 1, Agents: n, Fresh: true, Tiers: defaultTiers(), Shape: plimsoll.Shape{
		Ramp: 500 * time.Millisecond, Settle: 700 * time.Millisecond, Min: 1200 * time.Millisecond, Max: 3 * time.Second,
		Turns: 200, Limit: 7 * time.Second, Tick: 100 * time.Millisecond, Request: time.Minute,
	}}
}

// figures are what a tier looks at.
type figures struct {
	turns    int
	speed    float64 // P25, tokens/s
	ttft     float64 // P95, s
	censored int
}

// quantile is the linear interpolation at rank (n-1)q.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	rank := float64(len(values)-1) * q
	low := int(rank)
	if low+1 == len(values) {
		return values[low]
	}
	return values[low] + (values[low+1]-values[low])*(rank-float64(low))
}

func look(rows []plimsoll.Row, o plimsoll.Observed) figures {
	var f figures
	var speed, ttft []float64
	for _, r := range rows {
		if r.Primer || !o.Window.Holds(r.Sent) {
			continue
		}
		f.turns++
		if r.Class == plimsoll.ClassCensored {
			f.censored++
		}
		if r.FirstToken == plimsoll.Never {
			ttft = append(ttft, math.Inf(1))
			continue
		}
		ttft = append(ttft, r.FirstToken.Sub(r.Sent).Seconds())
		if r.LastToken > r.FirstToken {
			speed = append(speed, float64(r.LocalTokens-r.FirstChunkTokens)/r.LastToken.Sub(r.FirstToken).Seconds())
		}
	}
	f.speed, f.ttft = quantile(speed, 0.25), quantile(ttft, 0.95)
	return f
}

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

// TestTable prints the demo's curve: go test -run Table -v.
func TestTable(t *testing.T) {
	for _, kv := range []float64{1, 0.5} {
		for _, n := range []int{8, 16, 32, 48, 64, 96, 128, 160, 192, 256} {
			began := time.Now()
			rows, o := held(t, demo(t, 42, kv, 1), long(n))
			f := look(rows, o)
			t.Logf("kv %.1f N %3d: %6d turns, P25 speed %7.1f, P95 TTFT %6.3f s, delivered %.4f, %s, took %s", kv, n, f.turns, f.speed, f.ttft, o.Delivered, o.Closed, time.Since(began).Round(time.Millisecond))
		}
	}
}
