package sim_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll/sim"
)

func deployments(t *rapid.T) sim.DeploymentConfig {
	one := configs(t)
	one.PerToken = false
	cfg := sim.DeploymentConfig{
		Router:   rapid.SampledFrom([]sim.Router{sim.RouteAffinity, sim.RouteLeastLoaded, sim.RoutePrefix}).Draw(t, "router"),
		Overhead: time.Duration(rapid.IntRange(0, 50).Draw(t, "overhead")) * time.Millisecond,
	}
	for range rapid.IntRange(1, 3).Draw(t, "serve") {
		cfg.Serve = append(cfg.Serve, one)
	}
	for range rapid.IntRange(0, 2).Draw(t, "decode") {
		cfg.Decode = append(cfg.Decode, one)
	}
	cfg.TransferFixed = time.Duration(rapid.IntRange(0, 20).Draw(t, "transfer")) * time.Millisecond
	cfg.TransferPerToken = 1e-6
	return cfg
}

func TestDeploymentLosesNothingAndRepeats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := deployments(t)
		in := arrivals(t, cfg.Serve[0])
		for i := range in {
			in[i].req.Session = uint64(i%4 + 1)
		}
		var texts [2]string
		for i := range texts {
			d, err := sim.NewDeployment(cfg)
			if err != nil {
				t.Fatal(err)
			}
			out := playOn(t, d, in, poolIsSound(t))
			nothingIsLost(t, in, out, d)
			texts[i] = fmt.Sprint(out)
		}
		if texts[0] != texts[1] {
			t.Fatal("two runs differ")
		}
	})
}

// A deployment of one engine without overhead is that engine.
func TestDeploymentOfOneIsTheEngine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := configs(t)
		in := arrivals(t, cfg)
		// What comes at one instant, requests or blocks read back (after multiples of 0.1 ms),
		// may join one step or two.
		for i := range in {
			in[i].at += time.Duration(i) * 1_013_579 * time.Nanosecond
			in[i].cancel = 0
		}
		d, err := sim.NewDeployment(sim.DeploymentConfig{Serve: []sim.Config{cfg}, Router: sim.RouteAffinity})
		if err != nil {
			t.Fatal(err)
		}
		ignore := func(runner) {}
		if a, b := fmt.Sprint(playOn(t, d, in, ignore)), fmt.Sprint(play(t, cfg, in, ignore)); a != b {
			t.Fatalf("deployment %s\nengine %s", a, b)
		}
	})
}

// TTFT of a single request through two stages: overhead, prefill step, transfer,
// one decode step; and no stage computes what another did.
func TestTwoStages(t *testing.T) {
	one := sim.Config{Cost: linear{}, BlockTokens: 16, Blocks: 1000, Reserve: sim.ReserveOutput, MaxSeqs: 4, StepTokens: 4096, MaxContext: 8192, Speed: 1}
	d, err := sim.NewDeployment(sim.DeploymentConfig{
		Serve: []sim.Config{one}, Decode: []sim.Config{one}, Router: sim.RouteAffinity,
		Overhead: 10 * time.Millisecond, TransferFixed: 5 * time.Millisecond, TransferPerToken: 1e-6,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Submit(0, sim.Request{ID: 1, Tokens: 1000, Output: 3, Session: 1}); err != nil {
		t.Fatal(err)
	}
	price := func(w sim.Work) time.Duration { return time.Duration(linear{}.Price([]sim.Work{w}).Seconds * 1e9) }
	want := 10*time.Millisecond + price(sim.Work{Prefill: 1000, Attended: 500500}) + 6*time.Millisecond + price(sim.Work{Seqs: 1, Context: 1000})
	var got []sim.Emission
	for at, ok := d.Next(); ok; at, ok = d.Next() {
		d.Advance(at, func(e sim.Emission) { got = append(got, e) })
	}
	if len(got) != 2 || !got[0].First || !got[1].Done || got[0].Tokens+got[1].Tokens != 3 {
		t.Fatalf("%+v", got)
	}
	if d := (got[0].At - want).Abs(); d > time.Microsecond {
		t.Errorf("first token at %s, want %s", got[0].At, want)
	}
	if s := d.Stats(); s.ComputedTokens != 1000 || s.OutputTokens != 3 || s.PromptTokens != 1000 {
		t.Errorf("%+v", s)
	}
}

// What keeps requests out is told of the stage that decodes: a prompt leaves the first one
// as it is computed.
func TestBlockedWhereItDecodes(t *testing.T) {
	wide := sim.Config{Cost: linear{}, BlockTokens: 16, Blocks: 4000, Reserve: sim.ReserveOutput, MaxSeqs: 8, StepTokens: 4096, MaxContext: 8192, Speed: 1}
	narrow := wide
	narrow.MaxSeqs = 1
	for _, c := range []struct {
		serve, decode sim.Config
		blocked       bool
	}{{narrow, wide, false}, {wide, narrow, true}} {
		d, err := sim.NewDeployment(sim.DeploymentConfig{Serve: []sim.Config{c.serve}, Decode: []sim.Config{c.decode}, Router: sim.RouteAffinity})
		if err != nil {
			t.Fatal(err)
		}
		for id := range 8 {
			if err := d.Submit(0, sim.Request{ID: uint64(id + 1), Tokens: 1000, Output: 100}); err != nil {
				t.Fatal(err)
			}
		}
		for at, ok := d.Next(); ok; at, ok = d.Next() {
			d.Advance(at, func(sim.Emission) {})
		}
		if got := d.Stats().Blocked[sim.BlockedBySeqs]; (got > 0) != c.blocked {
			t.Errorf("%d slots for prompts, %d for decoding: %s without a slot, want some: %v", c.serve.MaxSeqs, c.decode.MaxSeqs, got, c.blocked)
		}
	}
}

// KV caches that go at one instant share the ports of whom they leave and of whom they
// come to; without ports nothing waits.
func TestTransfersShareThePorts(t *testing.T) {
	one := sim.Config{Cost: linear{}, BlockTokens: 16, Blocks: 4000, Reserve: sim.ReserveOutput, MaxSeqs: 4, StepTokens: 4096, MaxContext: 8192, Speed: 1}
	for _, c := range []struct{ out, in, rounds int }{{0, 0, 1}, {1, 0, 4}, {2, 0, 2}, {4, 1, 4}, {4, 4, 1}, {3, 4, 2}} {
		from, to := one, one
		from.Ports, to.Ports = c.out, c.in
		d, err := sim.NewDeployment(sim.DeploymentConfig{Serve: []sim.Config{from}, Decode: []sim.Config{to}, Router: sim.RouteAffinity, TransferPerToken: 1e-3})
		if err != nil {
			t.Fatal(err)
		}
		for id := range 4 {
			if err := d.Submit(0, sim.Request{ID: uint64(id + 1), Tokens: 1000, Output: 1}); err != nil {
				t.Fatal(err)
			}
		}
		var last time.Duration
		for at, ok := d.Next(); ok; at, ok = d.Next() {
			d.Advance(at, func(e sim.Emission) { last = e.At })
		}
		if got := last.Truncate(time.Second); got != time.Duration(c.rounds)*time.Second {
			t.Errorf("%d ports out, %d in: the last of four transfers of a second is there after %s, want %d s and a step", c.out, c.in, last, c.rounds)
		}
		if s := d.Stats(); s.Sending != 4*time.Second {
			t.Errorf("%d ports out, %d in: %s of sending", c.out, c.in, s.Sending)
		}
	}
}

// Sessions stay on their engine, so that their prefixes hit; least loaded engines
// see them again only by chance.
func TestAffinityKeepsPrefixes(t *testing.T) {
	one := sim.Config{Cost: linear{}, BlockTokens: 16, Blocks: 1000, Reserve: sim.ReserveOutput, MaxSeqs: 4, StepTokens: 4096, MaxContext: 8192, Speed: 1}
	d, err := sim.NewDeployment(sim.DeploymentConfig{Serve: []sim.Config{one, one, one}, Router: sim.RouteAffinity})
	if err != nil {
		t.Fatal(err)
	}
	var cached []int
	now := time.Duration(0)
	for turn := range 3 {
		for session := range 3 {
			prefix := []sim.Run{{ID: uint64(session + 1), Blocks: 10 * (turn + 1)}}
			now += time.Second
			r := sim.Request{ID: uint64(turn*3 + session + 1), Tokens: 160*(turn+1) + 1, Prefix: prefix, Output: 1, Session: uint64(session + 1)}
			if err := d.Submit(now, r); err != nil {
				t.Fatal(err)
			}
			d.Advance(now+time.Second-1, func(e sim.Emission) { cached = append(cached, e.Cached) })
		}
	}
	if want := "[0 0 0 160 160 160 320 320 320]"; fmt.Sprint(cached) != want {
		t.Errorf("cached %v, want %s", cached, want)
	}
}

func TestDeploymentConfigRefuses(t *testing.T) {
	good := sim.Config{Cost: linear{}, BlockTokens: 16, Blocks: 10, Reserve: sim.ReserveOutput, MaxSeqs: 4, StepTokens: 64, MaxContext: 99, Speed: 1}
	other := good
	other.BlockTokens = 32
	for name, cfg := range map[string]sim.DeploymentConfig{
		"empty":    {Router: sim.RoutePrefix},
		"router":   {Serve: []sim.Config{good}, Router: "random"},
		"blocks":   {Serve: []sim.Config{good, other}, Router: sim.RoutePrefix},
		"transfer": {Serve: []sim.Config{good}, Router: sim.RoutePrefix, TransferPerToken: -1},
		"engine":   {Serve: []sim.Config{{}}, Router: sim.RoutePrefix},
	} {
		if _, err := sim.NewDeployment(cfg); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
