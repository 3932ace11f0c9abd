package roofline_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"plimsoll/sim"
	"plimsoll/sim/roofline"
)

// spread is the small model with its experts over eight attention ranks.
func spread(t *testing.T) roofline.Cost {
	t.Helper()
	s, err := roofline.New(hardware, experts, consts, roofline.Layout{TP: 1, DP: 8, EP: 8, PP: 1})
	if err != nil {
		t.Fatal(err)
	}
	return s.Cost(roofline.Software{PhiDecode: 1, PhiPrefill: 1})
}

func works(t *rapid.T) []sim.Work {
	out := make([]sim.Work, 8)
	for i := range out {
		seqs, prefill := rapid.IntRange(0, 100).Draw(t, "seqs"), rapid.IntRange(0, 8192).Draw(t, "prefill")
		out[i] = sim.Work{Seqs: seqs, Context: int64(seqs * rapid.IntRange(1, 50000).Draw(t, "context")),
			Prefill: prefill, Attended: int64(prefill * rapid.IntRange(1, 50000).Draw(t, "attended"))}
	}
	return out
}

// The slowest rank sets the pace: the same work spread evenly takes no longer, more on
// one rank never less time, and which rank has what does not matter.
func TestSlowestRankSetsThePace(t *testing.T) {
	cost := spread(t)
	rapid.Check(t, func(t *rapid.T) {
		ranks := works(t)
		price := cost.Price(ranks)
		var all sim.Work
		for _, w := range ranks {
			all.Seqs, all.Context, all.Prefill, all.Attended = all.Seqs+w.Seqs, all.Context+w.Context, all.Prefill+w.Prefill, all.Attended+w.Attended
		}
		even := slices.Repeat([]sim.Work{{Seqs: (all.Seqs + 7) / 8, Context: all.Context / 8, Prefill: all.Prefill / 8, Attended: all.Attended / 8}}, 8)
		// Divided up, up to seven more sequences run than before.
		if got := cost.Price(even).Seconds; got > price.Seconds*1.02+20e-6 {
			t.Fatalf("%g s spread evenly, %g s as it was: %+v", got, price.Seconds, ranks)
		}
		more := slices.Clone(ranks)
		i := rapid.IntRange(0, 7).Draw(t, "rank")
		more[i].Seqs, more[i].Context = more[i].Seqs+1, more[i].Context+20000
		more[i].Prefill, more[i].Attended = more[i].Prefill+100, more[i].Attended+100*50000
		if got := cost.Price(more).Seconds; got < price.Seconds*(1-1e-9) {
			t.Fatalf("%g s with more on rank %d, %g s before: %+v", got, i, price.Seconds, ranks)
		}
		turned := append(slices.Clone(ranks[i:]), ranks[:i]...)
		if got := cost.Price(turned).Seconds; math.Abs(got/price.Seconds-1) > 1e-9 {
			t.Fatalf("%g s in another order, %g s before", got, price.Seconds)
		}
	})
}

// A prompt on one rank of eight costs that rank's attention in full and its share of the
// experts, so that eight at once take longer than one, and far less than eight times as long;
// ranks that are left out are idle.
func TestPromptsOfManyRanksShareTheExperts(t *testing.T) {
	cost := spread(t)
	prompt := sim.Work{Prefill: 8192, Attended: 8192 * 20000}
	one := cost.Price([]sim.Work{prompt})
	padded := cost.Price(append([]sim.Work{prompt}, make([]sim.Work, 7)...))
	all := cost.Price(slices.Repeat([]sim.Work{prompt}, 8))
	if one != padded {
		t.Errorf("%+v with seven ranks left out, %+v with them idle", one, padded)
	}
	if r := all.Seconds / one.Seconds; r < 1.05 || r > 3 {
		t.Errorf("eight prompts at once take %.2f times as long as one", r)
	}
	if busy, idle := all.Compute/all.Seconds, one.Compute/one.Seconds; busy < 3*idle {
		t.Errorf("arithmetic is busy for %.2f of a step with all ranks at work and %.2f with one", busy, idle)
	}
}
