package profile

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/detector"
	"plimsoll/sim"
)

// workload is what agents do: medians of the first prompt, tokens, of the turns of a
// trajectory, and of the tool text between two turns, tokens.
type workload struct{ start, turns, tool float64 }

// summary is the published benchmark as its summary gives it: mean input about 27K
// tokens, about 1.4K of them uncached in an infinite cache, median output 150.
var summary = workload{start: 8000, turns: 20, tool: 300}

// walk is an agent's pass through a trajectory. Every draw is a function of (agent,
// walk).
type walk struct {
	base  uint64 // of its prompts' identity: each goes on where the one before ended
	turns []walkTurn
}

type walkTurn struct {
	prompt, output int
	delay          time.Duration
}

func (l workload) walk(agent, n int) *walk {
	r := rand.New(rand.NewPCG(uint64(agent), uint64(n)))
	lognormal := func(median, sigma, low, high float64) float64 {
		return math.Min(high, math.Max(low, median*math.Exp(sigma*r.NormFloat64())))
	}
	w := &walk{base: r.Uint64()}
	context := lognormal(l.start, 0.4, 5000, 30000)
	for range int(lognormal(l.turns, 0.6, 2, 200)) {
		output := lognormal(150, 1.575, 8, 8192)
		if context+output > 131072 {
			break
		}
		w.turns = append(w.turns, walkTurn{int(context), int(output), time.Duration(lognormal(1, 1.1, 0, 60) * 1e9)})
		context += output + lognormal(l.tool, 1.2, 1, 16000)
	}
	return w
}

// prefix is what a prompt of so many tokens has in full blocks.
func (w *walk) prefix(tokens, block int) []sim.Run {
	return []sim.Run{{ID: w.base, Blocks: tokens / block}}
}

type simAgent struct {
	id, walks, turn int
	walk            *walk
	sent, first     time.Duration
}

type due struct {
	at    time.Duration
	agent *simAgent
}

type dueHeap []due

func (h dueHeap) Len() int { return len(h) }
func (h dueHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].agent.id < h[j].agent.id
}
func (h dueHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)   { *h = append(*h, x.(due)) }
func (h *dueHeap) Pop() any {
	x := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return x
}

// rehearsal is n agents on a deployment.
type rehearsal struct {
	t             *testing.T
	d             *sim.Deployment
	load          workload
	warm          time.Duration
	joined        float64 // of the trial
	queue         dueHeap
	flying        map[uint64]*simAgent
	id            uint64
	speeds, ttfts []float64 // of turns sent after the warm-up
}

// tier is what turns must meet: P25 speed, tokens/s, and P95 TTFT, s.
type tier struct{ speed, ttft float64 }

// trial is how a system is tried.
type trial struct {
	workload
	tier
	warm, window time.Duration
	// joined is the tokens that a step yields a sequence where a reply's span is counted
	// from its joining the batch, a step before its first token; 0: from the first token.
	joined float64
	pooled bool // the attention ranks of an engine share a pool and a queue
}

// asPublished is the benchmark's first tier on its own workload.
var asPublished = trial{workload: summary, tier: tier{20, 10}, warm: 120 * time.Second, window: 300 * time.Second}

// hold runs n agents, who start one after another over half of the warm-up, in the
// middle of a walk and with a warm cache, and returns P25 speed, tokens/s, and P95
// TTFT, s, of the turns sent after the warm-up.
func (l trial) hold(t *testing.T, cfg sim.DeploymentConfig, n int) (speed, ttft float64, stats sim.Stats) {
	t.Helper()
	d, err := sim.NewDeployment(cfg)
	if err != nil {
		t.Fatal(err)
	}
	warm, window := l.warm, l.window
	r := &rehearsal{t: t, d: d, load: l.workload, warm: warm, joined: l.joined, flying: make(map[uint64]*simAgent)}
	for i := range n {
		a := &simAgent{id: i, walk: l.walk(i, 0)}
		a.turn = int(uint64(i*7919) % uint64(len(a.walk.turns)))
		if a.turn > 0 {
			d.Warm(uint64(i+1), a.walk.prefix(a.walk.turns[a.turn-1].prompt, d.BlockTokens()))
		}
		heap.Push(&r.queue, due{time.Duration(float64(i) / float64(n) * 0.5 * float64(warm)), a})
	}
	for {
		at, busy := d.Next()
		if len(r.queue) == 0 || busy && r.queue[0].at > at {
			d.Advance(at, r.take)
			continue
		}
		next := heap.Pop(&r.queue).(due)
		if next.at > warm+window {
			break
		}
		r.send(next.at, next.agent)
	}
	for _, a := range r.flying { // still under way without a token: waited so far
		if a.sent >= warm && a.first < a.sent {
			r.ttfts = append(r.ttfts, (warm + window - a.sent).Seconds())
		}
	}
	slices.Sort(r.speeds)
	slices.Sort(r.ttfts)
	if len(r.speeds) == 0 || len(r.ttfts) == 0 {
		return 0, math.Inf(1), d.Stats()
	}
	return r.speeds[len(r.speeds)/4], r.ttfts[len(r.ttfts)*95/100], d.Stats()
}

// send submits an agent's turn.
func (r *rehearsal) send(at time.Duration, a *simAgent) {
	turn := a.walk.turns[a.turn]
	r.id++
	a.sent = at
	r.flying[r.id] = a
	request := sim.Request{ID: r.id, Tokens: turn.prompt, Prefix: a.walk.prefix(turn.prompt, r.d.BlockTokens()), Output: turn.output, Session: uint64(a.id + 1)}
	if err := r.d.Submit(at, request); err != nil {
		r.t.Fatal(err)
	}
}

// take notes a turn's end and makes the agent's next one due.
func (r *rehearsal) take(e sim.Emission) {
	a := r.flying[e.ID]
	if e.First {
		a.first = e.At
	}
	if !e.Done {
		return
	}
	delete(r.flying, e.ID)
	if turn := a.walk.turns[a.turn]; a.sent >= r.warm {
		r.ttfts = append(r.ttfts, (a.first - a.sent).Seconds())
		if turn.output > 1 && e.At > a.first {
			speed := float64(turn.output-1) / (e.At - a.first).Seconds()
			if steps := math.Ceil(float64(turn.output) / r.joined); r.joined > 0 {
				speed *= (steps - 1) / steps
			}
			r.speeds = append(r.speeds, speed)
		}
	}
	if a.turn++; a.turn == len(a.walk.turns) {
		a.walks++
		a.turn, a.walk = 0, r.load.walk(a.id, a.walks)
	}
	heap.Push(&r.queue, due{e.At + a.walk.turns[a.turn].delay, a})
}

// capacity returns the most agents that meet the tier, by bisection between low and
// high to 10 %; what does not meet it at low is 0.
func (l trial) capacity(t *testing.T, cfg sim.DeploymentConfig, low, high int) int {
	t.Helper()
	passes := func(n int) bool {
		speed, ttft, s := l.hold(t, cfg, n)
		t.Logf("%d agents: P25 speed %.1f tokens/s, P95 TTFT %.2f s, hit rate %.3f", n, speed, ttft, float64(s.CachedTokens)/float64(s.PromptTokens))
		return speed >= l.speed && ttft <= l.ttft
	}
	if !passes(low) {
		return 0
	}
	for float64(high-low) > max(1, 0.1*float64(low)) {
		if mid := int(math.Sqrt(float64(low) * float64(high))); mid > low && passes(mid) {
			low = mid
		} else if mid == low {
			break
		} else {
			high = mid
		}
	}
	return low
}

// carries returns a system's agents on the published workload, by accelerator and by
// megawatt. They must lie between half and twice the published figure.
func carries(t *testing.T, name string) (perAccelerator, perMW float64) {
	t.Helper()
	p, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := p.Deployment()
	if err != nil {
		t.Fatal(err)
	}
	n := float64(p.Accelerators())
	target, err := Load(strings.TrimSuffix(name, "-5p2d"))
	if err != nil {
		t.Fatal(err)
	}
	published := target.Published.AgentsPerMW.Value * target.Published.Power.Value / 1e6 * n
	agents := float64(asPublished.capacity(t, cfg, int(published/2), int(published*2)))
	perMW = agents / n / target.Published.Power.Value * 1e6
	t.Logf("%s: %.0f agents, %.2f an accelerator, %.0f a megawatt, published %.0f, ratio %.2f",
		name, agents, agents/n, perMW, published, agents/published)
	if agents < published/2 || agents >= published*1.99 {
		t.Errorf("%s: %.0f agents are not within 2x of %.0f", name, agents, published)
	}
	return agents / n, perMW
}

// The systems with published results land within 2x of them, in their order per
// accelerator. Several inputs were chosen after seeing the targets; docs/simulator.md
// names them.
func TestPublishedSystems(t *testing.T) {
	names := []string{"h200", "mi355x", "b300", "gb300-nvl72"}
	if detector.On() {
		names = names[:1]
	}
	before := 0.0
	for _, name := range names {
		each, _ := carries(t, name)
		if each <= before {
			t.Errorf("%s carries %.2f agents an accelerator, not more than the one before (%.2f)", name, each, before)
		}
		before = each
	}
}

// The rack carries 15 to 35 times the agents of the node per megawatt. Its published split is
// not known: of the profile's, prompts limit so much on this workload that it falls short
// (it does not on the set aa); of the other one they do not.
func TestRackOverNode(t *testing.T) {
	detector.Skip(t, "racks take long")
	_, node := carries(t, "h200")
	for _, split := range []struct {
		name string
		miss bool // known to be outside; docs/simulator.md says why
	}{{"gb300-nvl72", true}, {"gb300-nvl72-5p2d", false}} {
		_, rack := carries(t, split.name)
		if ratio := rack / node; (ratio < 15 || ratio > 35) != split.miss {
			t.Errorf("%s carries %.1f times the agents per megawatt of H200, want 15 to 35: %v", split.name, ratio, !split.miss)
		}
	}
}
