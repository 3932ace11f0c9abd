package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll/sim"
)

// linear is a cost model whose prices are linear in every figure, those of the ranks'
// largest.
type linear struct{}

func (linear) Price(ranks []sim.Work) sim.Price {
	w := slowest(ranks)
	s := 1e-3 + 4e-4*float64(w.Seqs) + 1e-7*float64(w.Context) + 1e-5*float64(w.Prefill) + 1e-9*float64(w.Attended)
	return sim.Price{Seconds: s, Compute: s / 4, Memory: s / 2}
}

func slowest(ranks []sim.Work) (out sim.Work) {
	for _, w := range ranks {
		out.Seqs, out.Context = max(out.Seqs, w.Seqs), max(out.Context, w.Context)
		out.Prefill, out.Attended = max(out.Prefill, w.Prefill), max(out.Attended, w.Attended)
	}
	return out
}

// arrival is a request with its instant; cancel 0 is never.
type arrival struct {
	at     time.Duration
	req    sim.Request
	cancel time.Duration
}

func configs(t *rapid.T) sim.Config {
	seqs := rapid.IntRange(1, 12).Draw(t, "seqs")
	cfg := sim.Config{
		Cost: linear{}, Power: sim.Power{IdleW: 50, MaxW: 300, ComputeShare: 0.95, MemoryShare: 0.7},
		Ranks: rapid.IntRange(1, 3).Draw(t, "ranks"), AlignSteps: rapid.IntRange(0, 3).Draw(t, "align"),
		BlockTokens: rapid.SampledFrom([]int{1, 4, 16}).Draw(t, "block"),
		Blocks:      rapid.IntRange(310, 900).Draw(t, "blocks"),
		Reserve:     rapid.SampledFrom([]sim.Reserve{sim.ReserveOutput, sim.ReservePrompt}).Draw(t, "reserve"),
		MaxSeqs:     seqs, StepTokens: seqs + rapid.IntRange(0, 100).Draw(t, "budget"), MaxContext: 300,
		PreferredSeqs: rapid.IntRange(0, 3).Draw(t, "preferred"), PreferredQueue: rapid.IntRange(0, 4).Draw(t, "preferred queue"),
		QueuePerSeq:   rapid.SampledFrom([]float64{0, 0.5, 1, 1.3}).Draw(t, "queue per seq"),
		MaxQueueDelay: time.Duration(rapid.IntRange(0, 500).Draw(t, "delay")) * time.Millisecond,
		Accepted:      rapid.SampledFrom([]float64{0, 1, 1.79, 2.49, 7}).Draw(t, "accepted"),
		Separate:      rapid.Bool().Draw(t, "separate"),
		FixedBlocks:   rapid.IntRange(0, 5).Draw(t, "fixed"),
		Speed:         1, PerToken: rapid.Bool().Draw(t, "per token"),
		Offload: tiers(t),
	}
	if rapid.Bool().Draw(t, "longest prefix") {
		cfg.Order = sim.Order{LongestPrefix: rapid.IntRange(1, 12).Draw(t, "queue"), SharedTokens: rapid.IntRange(0, 40).Draw(t, "shared tokens")}
		cfg.PreferredSeqs = 0
	}
	if cfg.Separate && rapid.Bool().Draw(t, "estimate") {
		estimated(t, &cfg)
	}
	return cfg
}

// estimated lets an engine admit by what requests are thought to generate.
func estimated(t *rapid.T, cfg *sim.Config) {
	first := rapid.SampledFrom([]float64{0.1, 0.7, 1}).Draw(t, "first share")
	cfg.Reserve, cfg.Separate = sim.ReserveEstimate, true
	cfg.Estimate = sim.Estimate{
		First: first, Least: first * rapid.SampledFrom([]float64{0.14, 1}).Draw(t, "least"), Steps: rapid.IntRange(1, 60).Draw(t, "decay"),
		MaxTokens: rapid.IntRange(1, 100).Draw(t, "most"), RetractTokens: rapid.IntRange(0, 20).Draw(t, "retract"),
	}
}

// tiers draws up to two tiers below a pool.
func tiers(t *rapid.T) (out []sim.Tier) {
	for range rapid.IntRange(0, 2).Draw(t, "tiers") {
		out = append(out, sim.Tier{
			Blocks:       rapid.IntRange(0, 900).Draw(t, "tier"),
			BlockSeconds: rapid.SampledFrom([]float64{0, 1e-4, 5e-3}).Draw(t, "read"),
		})
	}
	return out
}

// arrivals draws requests that share prefixes with each other.
func arrivals(t *rapid.T, cfg sim.Config) []arrival {
	var out []arrival
	var at time.Duration
	for i := range rapid.IntRange(1, 30).Draw(t, "requests") {
		at += time.Duration(rapid.IntRange(0, 100).Draw(t, "gap")) * time.Millisecond
		tokens := rapid.IntRange(1, 200).Draw(t, "prompt")
		full := tokens / cfg.BlockTokens
		shared := rapid.IntRange(0, full).Draw(t, "shared")
		var prefix []sim.Run
		if shared > 0 {
			prefix = append(prefix, sim.Run{ID: 1, Blocks: shared})
		}
		if full > shared {
			prefix = append(prefix, sim.Run{ID: uint64(i + 2), Blocks: full - shared})
		}
		a := arrival{at: at, req: sim.Request{ID: uint64(i + 1), Tokens: tokens, Prefix: prefix, Output: rapid.IntRange(1, 100).Draw(t, "output")}}
		if rapid.IntRange(0, 9).Draw(t, "cancelled") == 0 {
			a.cancel = at + time.Duration(rapid.IntRange(1, 300).Draw(t, "after"))*time.Millisecond
		}
		out = append(out, a)
	}
	return out
}

// runner is what Engine and Deployment have in common.
type runner interface {
	Submit(time.Duration, sim.Request) error
	Cancel(time.Duration, uint64) bool
	Next() (time.Duration, bool)
	Advance(time.Duration, func(sim.Emission))
	Stats() sim.Stats
	Draw(time.Duration) (float64, float64)
}

// play runs the arrivals on a fresh engine to the end and returns what was emitted.
func play(t *rapid.T, cfg sim.Config, in []arrival, check func(runner)) []sim.Emission {
	t.Helper()
	e, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return playOn(t, e, in, check)
}

func playOn(t *rapid.T, e runner, in []arrival, check func(runner)) []sim.Emission {
	t.Helper()
	var out []sim.Emission
	emit := func(m sim.Emission) { out = append(out, m) }
	next, cancels := 0, append([]arrival(nil), in...)
	for {
		at, busy := e.Next()
		event := -1 // index into cancels, or len for an arrival
		if next < len(in) && (!busy || in[next].at <= at) {
			at, event, busy = in[next].at, len(cancels), true
		}
		for i, c := range cancels {
			if c.cancel > 0 && (!busy || c.cancel <= at) {
				at, event, busy = c.cancel, i, true
			}
		}
		switch {
		case !busy:
			return out
		case event == len(cancels):
			e.Advance(at-1, emit)
			if err := e.Submit(at, in[next].req); err != nil {
				t.Fatal(err)
			}
			next++
		case event >= 0:
			e.Advance(at-1, emit)
			e.Cancel(at, cancels[event].req.ID)
			cancels[event].cancel = 0
		default:
			e.Advance(at, emit)
		}
		check(e)
	}
}

func poolIsSound(t *rapid.T) func(runner) {
	return func(e runner) {
		s := e.Stats()
		if s.UsedBlocks < 0 || s.CachedBlocks < 0 || s.UsedBlocks+s.CachedBlocks > s.Blocks {
			t.Fatalf("pool of %d blocks has %d used and %d cached", s.Blocks, s.UsedBlocks, s.CachedBlocks)
		}
	}
}

// Every request that is not cancelled gets exactly its tokens, first before last,
// at instants that do not go backwards, and leaves nothing in the pool.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := configs(t)
		in := arrivals(t, cfg)
		var last runner
		sound := poolIsSound(t)
		out := play(t, cfg, in, func(e runner) { last = e; sound(e) })
		nothingIsLost(t, in, out, last)
	})
}

func nothingIsLost(t *rapid.T, in []arrival, out []sim.Emission, last runner) {
	t.Helper()
	got := make(map[uint64]int)
	done := make(map[uint64]bool)
	var clock time.Duration
	for _, m := range out {
		if m.At < clock || done[m.ID] || m.Tokens < 1 || m.First != (got[m.ID] == 0) {
			t.Fatalf("emission %+v after %d tokens at %s", m, got[m.ID], clock)
		}
		clock, done[m.ID] = m.At, m.Done
		got[m.ID] += m.Tokens
	}
	total := int64(0)
	for _, a := range in {
		if a.cancel == 0 && (!done[a.req.ID] || got[a.req.ID] != a.req.Output) || got[a.req.ID] > a.req.Output {
			t.Fatalf("request %+v got %d tokens", a.req, got[a.req.ID])
		}
		total += int64(got[a.req.ID])
	}
	s := last.Stats()
	if s.Submitted != s.Finished+s.Cancelled || s.UsedBlocks != 0 || s.Running+s.Waiting != 0 {
		t.Fatalf("at the end: %+v", s)
	}
	if s.OutputTokens < total || s.CachedTokens > s.PromptTokens {
		t.Fatalf("emitted %d tokens, stats %+v", total, s)
	}
}

func TestSameSubmissionsSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := configs(t)
		in := arrivals(t, cfg)
		ignore := func(runner) {}
		a, b := fmt.Sprint(play(t, cfg, in, ignore)), fmt.Sprint(play(t, cfg, in, ignore))
		if a != b {
			t.Fatalf("two runs differ:\n%s\n%s", a, b)
		}
	})
}

// Jumping over decode steps changes no instant by more than rounding.
func TestLazyEqualsStepwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := configs(t)
		cfg.Reserve, cfg.Estimate, cfg.Cost = sim.ReserveOutput, sim.Estimate{}, summed{} // which rank is slowest may change in a jump
		if cfg.Accepted > 1 {
			cfg.AlignSteps = 0 // an arrival that rounding puts into another step may be held for several
		}
		in := arrivals(t, cfg)
		for i := range in {
			in[i].cancel = 0
			in[i].at += 333333 * time.Nanosecond // off the grid of steps
		}
		ends := func(perToken bool) map[uint64][2]time.Duration {
			cfg.PerToken = perToken
			out := make(map[uint64][2]time.Duration)
			for _, m := range play(t, cfg, in, func(runner) {}) {
				v := out[m.ID]
				if m.First {
					v[0] = m.At
				}
				if m.Done {
					v[1] = m.At
				}
				out[m.ID] = v
			}
			return out
		}
		lazy, stepwise := ends(false), ends(true)
		// Tokens of a step are whole, a jump's average is not: with speculation the
		// contexts that are priced differ by less than a token a sequence, and a request that
		// comes as a step ends may just miss the next.
		step := cfg.Cost.Price([]sim.Work{{Seqs: min(len(in), cfg.MaxSeqs*cfg.Ranks), Prefill: cfg.StepTokens}}).Seconds
		missed := time.Duration(step * float64(time.Second))
		near := cmp.Comparer(func(a, b time.Duration) bool {
			return (a-b).Abs() <= 2*time.Microsecond || cfg.Accepted > 1 && (a-b).Abs() <= max(a, b)/50+missed
		})
		if d := cmp.Diff(stepwise, lazy, near); d != "" {
			t.Fatalf("stepwise -, lazy +:\n%s", d)
		}
	})
}
