package sim_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll/sim"
)

// summed prices what all ranks compute together, so that an engine of one rank with all
// of it takes as long.
type summed struct{}

func (summed) Price(ranks []sim.Work) sim.Price {
	var all sim.Work
	for _, w := range ranks {
		all.Seqs += w.Seqs
		all.Context += w.Context
		all.Prefill += w.Prefill
		all.Attended += w.Attended
	}
	return linear{}.Price([]sim.Work{all})
}

// Ranks with one request each are an engine of one rank with all their memory and
// slots: nothing of one is in another's way.
func TestRanksApartAreOneEngine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ranks := rapid.IntRange(1, 6).Draw(t, "ranks")
		apart := sim.Config{
			Cost: summed{}, Ranks: ranks, BlockTokens: 16, Blocks: 40, MaxSeqs: 1, StepTokens: 401, MaxContext: 600, Speed: 1,
			Reserve: rapid.SampledFrom([]sim.Reserve{sim.ReserveOutput, sim.ReservePrompt}).Draw(t, "reserve"),
		}
		together := apart
		together.Ranks, together.Blocks, together.MaxSeqs, together.StepTokens = 1, ranks*apart.Blocks, ranks, ranks*apart.StepTokens
		var in []arrival
		var at time.Duration
		for i := range ranks {
			at += time.Duration(rapid.IntRange(0, 50).Draw(t, "gap")) * time.Millisecond
			in = append(in, arrival{at: at, req: sim.Request{ID: uint64(i + 1), Session: uint64(i + 1),
				Tokens: rapid.IntRange(1, 400).Draw(t, "prompt"), Output: rapid.IntRange(1, 100).Draw(t, "output")}})
		}
		ignore := func(runner) {}
		if a, b := fmt.Sprint(play(t, apart, in, ignore)), fmt.Sprint(play(t, together, in, ignore)); a != b {
			t.Fatalf("%d ranks %s\none %s", ranks, a, b)
		}
	})
}

// firsts plays requests that are all sent before anything ends, and returns when each has
// its first token and what was found of its prompt.
func firsts(t *testing.T, cfg sim.Config, in []arrival) (at map[uint64]time.Duration, cached map[uint64]int) {
	t.Helper()
	e, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	at, cached = map[uint64]time.Duration{}, map[uint64]int{}
	take := func(m sim.Emission) {
		if m.First {
			at[m.ID], cached[m.ID] = m.At, m.Cached
		}
	}
	for i, a := range in {
		if i > 0 && a.at > in[i-1].at { // those of one instant join one step
			e.Advance(a.at-1, take)
		}
		if err := e.Submit(a.at, a.req); err != nil {
			t.Fatal(err)
		}
	}
	e.Advance(time.Hour, take)
	return at, cached
}

func twoRanks() sim.Config {
	return sim.Config{Cost: flat{}, Ranks: 2, BlockTokens: 16, Blocks: 20, MaxSeqs: 4, StepTokens: 512, MaxContext: 320, Speed: 1, Reserve: sim.ReserveOutput}
}

// asked is a request of a session with ten blocks of its own before the last token.
func asked(id, session uint64, at time.Duration, output int) arrival {
	return arrival{at: at, req: sim.Request{ID: id, Session: session, Tokens: 161, Output: output, Prefix: []sim.Run{{ID: session, Blocks: 10}}}}
}

// A request waits for memory, and takes it from others, on its session's rank alone,
// however much room the other rank has.
func TestRankIsFullBesideAnEmptyOne(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name   string
		in     []arrival
		id     uint64
		first  time.Duration // after it was sent, at most; 0: not before the first request has ended
		cached int
	}{
		{"waits", []arrival{asked(1, 1, 0, 100), asked(2, 1, s/10, 100)}, 2, 0, 160},
		{"another session does not", []arrival{asked(1, 1, 0, 100), asked(2, 2, s/10, 100)}, 2, 10 * time.Millisecond, 0},
		{"finds its blocks", []arrival{asked(1, 1, 0, 1), asked(2, 2, s, 1), asked(3, 1, 2*s, 1)}, 3, 10 * time.Millisecond, 160},
		{"evicted", []arrival{asked(1, 1, 0, 1), asked(2, 2, s, 1), asked(3, 3, 2*s, 1), asked(4, 1, 3*s, 1)}, 4, 10 * time.Millisecond, 144},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, cached := firsts(t, twoRanks(), c.in)
			took := first[c.id] - c.in[len(c.in)-1].at
			ends := 300 * time.Millisecond // of the first request's hundred steps
			if c.first > 0 && took > c.first || c.first == 0 && took < ends-s/10 || cached[c.id] != c.cached {
				t.Errorf("first token after %s with %d tokens cached, want %s and %d", took, cached[c.id], c.first, c.cached)
			}
		})
	}
}

// Requests without a session go where least is under way.
func TestRequestsAreDealtToTheLeastLoadedRank(t *testing.T) {
	cfg := twoRanks()
	cfg.MaxSeqs = 1
	var in []arrival
	for id := range uint64(3) {
		in = append(in, arrival{at: time.Duration(id) * 10 * time.Millisecond, req: sim.Request{ID: id + 1, Tokens: 161, Output: 20}})
	}
	first, _ := firsts(t, cfg, in)
	if first[2] > 20*time.Millisecond || first[3] < 50*time.Millisecond {
		t.Errorf("first tokens at %v: the second has a rank of its own, the third waits for the first", first)
	}
}

// What ranks read back from a tier comes over links of their own, of one rank one after
// the other.
func TestRanksReadBackApart(t *testing.T) {
	cfg := twoRanks()
	cfg.Offload = []sim.Tier{{Blocks: 100, BlockSeconds: 0.01}}
	cfg.Blocks, cfg.MaxContext = 26, 200
	// Sessions 1 and 3 come to one rank, 2 and 4 to the other; what follows pushes their
	// blocks out.
	var in []arrival
	for session := range uint64(8) {
		in = append(in, asked(session+1, session+1, time.Duration(session)*time.Second, 1))
	}
	back := func(sessions ...uint64) (last time.Duration) {
		again := append([]arrival(nil), in...)
		for i, session := range sessions {
			again = append(again, asked(uint64(20+i), session, 20*time.Second, 1))
		}
		first, _ := firsts(t, cfg, again)
		for i := range sessions {
			last = max(last, first[uint64(20+i)]-20*time.Second)
		}
		return last.Truncate(10 * time.Millisecond)
	}
	one, apart, queued := back(1), back(1, 2), back(1, 3)
	if one != 100*time.Millisecond || apart != one || queued != 2*one {
		t.Errorf("ten blocks are there after %s, those of two ranks after %s, two times ten of one rank after %s", one, apart, queued)
	}
}

// A prompt that one rank begins waits for the other rank's, so many steps at most, while
// sequences decode.
func TestPromptsAreAligned(t *testing.T) {
	for _, c := range []struct {
		steps       int
		second      time.Duration // of the other rank's prompt; 0 none
		least, most time.Duration // of the first token after the prompt came
	}{
		{0, 0, 0, 10 * time.Millisecond},
		{5, 0, 15 * time.Millisecond, 25 * time.Millisecond},
		{50, 20 * time.Millisecond, 20 * time.Millisecond, 30 * time.Millisecond},
	} {
		cfg := twoRanks()
		cfg.AlignSteps, cfg.Blocks = c.steps, 100
		in := []arrival{asked(1, 1, 0, 150), asked(2, 2, 0, 150), asked(3, 1, 100*time.Millisecond, 1)}
		if c.second > 0 {
			in = append(in, asked(4, 2, 100*time.Millisecond+c.second, 1))
		}
		first, _ := firsts(t, cfg, in)
		if took := first[3] - 100*time.Millisecond; took < c.least || took > c.most {
			t.Errorf("%d steps, another prompt after %s: first token after %s, want %s to %s", c.steps, c.second, took, c.least, c.most)
		}
	}
}
