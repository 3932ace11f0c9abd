package sim_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll/detector"
	"plimsoll/sim"
)

// closed is agents that each walk a conversation: send, wait for the reply, think,
// send it with what came, for ever. Replies and thinking vary by up to half around their
// means: agents that are all alike fall into step, and what they get done then hangs on
// the step that they fell into.
type closed struct {
	agents int
	tokens int // added to a prompt by each turn
	output int
	think  time.Duration
	turns  int // of a walk
	seed   uint64
}

// vary returns a factor between 0.5 and 1.5 for the agent's nth turn.
func (c closed) vary(agent, n int) float64 {
	return 0.5 + rand.New(rand.NewPCG(c.seed, uint64(agent)<<32+uint64(n))).Float64()
}

// played is what ran until an instant.
type played struct {
	done         int64
	worst        time.Duration // to a first token
	asked, given int64         // tokens of the requests that ended
	hits         float64       // of the prompt tokens
	text         []byte
	stats        sim.Stats
}

// run plays the agents on a deployment.
func (c closed) run(t *rapid.T, cfg sim.DeploymentConfig, until time.Duration) played {
	d, err := sim.NewDeployment(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := rounds{closed: c, d: d, of: map[uint64]turn{}, asks: map[uint64]int{}}
	for a := range c.agents {
		r.due = append(r.due, turn{agent: a, sent: time.Duration(a+1) * 37 * time.Millisecond})
	}
	for {
		first := 0
		for i := range r.due {
			if r.due[i].sent < r.due[first].sent {
				first = i
			}
		}
		at, busy := d.Next()
		if len(r.due) > 0 && (!busy || r.due[first].sent < at) {
			at = r.due[first].sent
		}
		if at >= until {
			break
		}
		d.Advance(at, r.take)
		if len(r.due) > 0 && r.due[first].sent == at {
			next := r.due[first]
			r.due = append(r.due[:first], r.due[first+1:]...)
			r.send(t, at, next)
		}
	}
	r.out.stats = d.Stats()
	r.out.hits = float64(r.out.stats.CachedTokens) / float64(max(1, r.out.stats.PromptTokens))
	return r.out
}

type turn struct {
	agent, n int
	sent     time.Duration
	got      int
}

type rounds struct {
	closed
	d    *sim.Deployment
	id   uint64
	of   map[uint64]turn
	asks map[uint64]int
	due  []turn
	out  played
}

func (r *rounds) send(t *rapid.T, now time.Duration, n turn) {
	r.id++
	r.of[r.id] = n
	tokens := (n.n%r.turns + 1) * r.tokens
	walk := uint64(n.agent+1)<<32 + uint64(n.n/r.turns)
	var prefix []sim.Run
	if n := tokens / r.d.BlockTokens(); n > 0 {
		prefix = []sim.Run{{ID: walk, Blocks: n}}
	}
	output := max(1, int(math.Round(float64(r.output)*r.vary(n.agent, n.n))))
	r.asks[r.id] = output
	if err := r.d.Submit(now, sim.Request{ID: r.id, Tokens: tokens, Prefix: prefix, Output: output, Session: walk}); err != nil {
		t.Fatal(err)
	}
}

func (r *rounds) take(e sim.Emission) {
	n := r.of[e.ID]
	n.got += e.Tokens
	r.of[e.ID] = n
	if e.First {
		r.out.worst = max(r.out.worst, e.At-n.sent)
	}
	r.out.text = fmt.Append(r.out.text, e)
	if !e.Done {
		return
	}
	delete(r.of, e.ID)
	r.out.done++
	r.out.asked += int64(r.asks[e.ID])
	delete(r.asks, e.ID)
	r.out.given += int64(n.got)
	think := time.Duration(float64(r.think) * r.vary(n.agent, ^n.n))
	r.due = append(r.due, turn{agent: n.agent, n: n.n + 1, sent: e.At + think + time.Microsecond})
}

func closedLoads(t *rapid.T) closed {
	return closed{
		agents: rapid.IntRange(1, 12).Draw(t, "agents"), tokens: 16 * rapid.IntRange(1, 12).Draw(t, "growth"),
		output: rapid.IntRange(2, 40).Draw(t, "output"), turns: rapid.IntRange(1, 8).Draw(t, "turns"),
		think: time.Duration(rapid.IntRange(10, 300).Draw(t, "think")) * time.Millisecond, seed: rapid.Uint64().Draw(t, "seed"),
	}
}

func closedEngine(t *rapid.T) sim.Config {
	cfg := sim.Config{
		Cost: linear{}, Ranks: rapid.IntRange(1, 3).Draw(t, "ranks"), BlockTokens: 16, Blocks: rapid.IntRange(110, 400).Draw(t, "blocks"), MaxSeqs: 8, StepTokens: 256, MaxContext: 1700, Speed: 1,
		Reserve:  rapid.SampledFrom([]sim.Reserve{sim.ReserveOutput, sim.ReservePrompt}).Draw(t, "reserve"),
		Accepted: rapid.SampledFrom([]float64{1, 2.49}).Draw(t, "accepted"), Separate: rapid.Bool().Draw(t, "separate"),
	}
	if rapid.Bool().Draw(t, "longest prefix") {
		cfg.Order = sim.Order{LongestPrefix: 128, SharedTokens: 32}
	}
	if cfg.Separate && rapid.Bool().Draw(t, "estimate") {
		estimated(t, &cfg)
	}
	return cfg
}

// atLeast is what must end within the time where nothing is worse; what may be missing: turns in
// flight at its end, and others meeting in a step.
func (c closed) atLeast(turns int64) float64 {
	return 0.95*float64(turns) - float64(c.agents)
}

// More of anything does not make agents get less done: a larger pool, a faster engine
// (bandwidth), more accepted tokens.
func TestMoreNeverLowers(t *testing.T) {
	detector.Skip(t, "hundreds of closed loops, five times each")
	const until = 4 * time.Second
	rapid.Check(t, func(t *rapid.T) {
		load, base := closedLoads(t), closedEngine(t)
		one := func(c sim.Config) sim.DeploymentConfig {
			return sim.DeploymentConfig{Serve: []sim.Config{c}, Router: sim.RouteAffinity}
		}
		before := load.run(t, one(base), until)
		for what, change := range map[string]func(*sim.Config){
			"pool":       func(c *sim.Config) { c.Blocks *= 2 },
			"bandwidth":  func(c *sim.Config) { c.Speed = 1.5 },
			"acceptance": func(c *sim.Config) { c.Accepted *= 1.5 },
			"tiers":      func(c *sim.Config) { c.Offload = []sim.Tier{{Blocks: 4000}} },
		} {
			better := base
			change(&better)
			if after := load.run(t, one(better), until); float64(after.done) < load.atLeast(before.done) {
				t.Fatalf("more %s: %d turns instead of %d (%+v)", what, after.done, before.done, load)
			}
		}
	})
}

// A walk that hits gets at least as much done as the same prompts that never do.
func TestHitsNeverLower(t *testing.T) {
	detector.Skip(t, "hundreds of closed loops")
	rapid.Check(t, func(t *rapid.T) {
		load, cfg := closedLoads(t), closedEngine(t)
		with := sim.DeploymentConfig{Serve: []sim.Config{cfg}, Router: sim.RouteAffinity}
		cfg.BlockTokens, cfg.Blocks, cfg.MaxContext = 1700, 12, 1700 // no prompt has a full block
		cfg.Reserve, cfg.Estimate = sim.ReserveOutput, sim.Estimate{}
		without := sim.DeploymentConfig{Serve: []sim.Config{cfg}, Router: sim.RouteAffinity}
		with.Serve[0].Reserve, with.Serve[0].Estimate, with.Serve[0].Blocks = sim.ReserveOutput, sim.Estimate{}, 12*107
		hit, missed := load.run(t, with, 4*time.Second), load.run(t, without, 4*time.Second)
		if missed.hits > 0 || float64(hit.done) < load.atLeast(missed.done) {
			t.Fatalf("hit rate %.2f: %d turns; %.2f: %d turns", hit.hits, hit.done, missed.hits, missed.done)
		}
	})
}

// Tokens in are tokens out, nothing is lost, the same again is the same.
func TestClosedLoopAddsUp(t *testing.T) {
	detector.Skip(t, "hundreds of closed loops")
	rapid.Check(t, func(t *rapid.T) {
		load, one := closedLoads(t), closedEngine(t)
		cfg := sim.DeploymentConfig{Serve: []sim.Config{one, one}, Router: rapid.SampledFrom([]sim.Router{sim.RouteAffinity, sim.RouteLeastLoaded, sim.RoutePrefix}).Draw(t, "router")}
		if rapid.Bool().Draw(t, "two stages") {
			cfg.Decode = []sim.Config{one}
		}
		a, b := load.run(t, cfg, 3*time.Second), load.run(t, cfg, 3*time.Second)
		if !bytes.Equal(a.text, b.text) {
			t.Fatal("two runs of the same differ")
		}
		if a.asked != a.given {
			t.Fatalf("%d tokens asked of the turns that ended, %d given", a.asked, a.given)
		}
		if s := a.stats; s.Submitted != s.Finished+int64(s.Running+s.Waiting) || s.Finished != a.done {
			t.Fatalf("%+v after %d turns", s, a.done)
		}
	})
}
