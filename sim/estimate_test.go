package sim

import (
	"math"
	"testing"
	"time"
)

// sglang are SGLang's own numbers.
var sglang = Estimate{First: 0.7, Least: 0.098, Steps: 600, MaxTokens: 4096, RetractTokens: 20}

// One request of 50 tokens has generated one of 100; another of 40 tokens and 20 of output
// comes. It needs (4+1) blocks of 10 and 20 tokens, 70; the pool has 15 blocks left, 150:
// it is let in where less than 80 are promised of the 99 to go. The share falls with each
// step, while the first takes a token of the pool with each: from the second on a block.
func TestEstimateAdmits(t *testing.T) {
	for _, c := range []struct {
		name     string
		estimate Estimate
		steps    int // that decode until it is let in
		most     int // tokens that the first may generate, where that is more than it will
	}{
		{"0.80 of 99 is below 80", Estimate{First: 0.8, Least: 0.8, Steps: 1, MaxTokens: 999}, 0, 0},
		{"0.81 is not, and never will be", Estimate{First: 0.81, Least: 0.81, Steps: 1, MaxTokens: 999}, 99, 0},
		{"of one request 79 are counted at most", Estimate{First: 1, Least: 1, Steps: 1, MaxTokens: 79}, 0, 0},
		{"0.9 falls by 0.05 a step: 0.70 of 95 is below 70", Estimate{First: 0.9, Least: 0.1, Steps: 16, MaxTokens: 999}, 4, 0},
		{"0.80 of 119 that it may generate is above 80", Estimate{First: 0.8, Least: 0.8, Steps: 1, MaxTokens: 999}, 99, 120},
		{"the context holds 150 of 999", Estimate{First: 0.5, Least: 0.5, Steps: 1, MaxTokens: 999}, 0, 999},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := New(small(func(cfg *Config) { cfg.Reserve, cfg.Estimate = ReserveEstimate, c.estimate }))
			if err != nil {
				t.Fatal(err)
			}
			got := make(map[uint64]time.Duration)
			emit := func(m Emission) {
				if m.First {
					got[m.ID] = m.At
				}
			}
			for id, r := range []Request{{ID: 1, Tokens: 50, Output: 100, MaxOutput: c.most}, {ID: 2, Tokens: 40, Output: 20}} {
				if err := e.Submit(time.Duration(id)*time.Second, r); err != nil {
					t.Fatal(err)
				}
				e.Advance(time.Duration(id)*time.Second, emit)
			}
			e.Advance(time.Hour, emit)
			// The first is computed in the first second; steps decode, then the second is computed.
			if want := time.Duration(2+c.steps) * time.Second; got[2] != want {
				t.Errorf("first token at %s, want %s", got[2], want)
			}
		})
	}
}

// Who is retracted: the least generated, then the longest prompt; with speculation the
// last. Its prompt stays cached, and it waits behind all others.
func TestRetract(t *testing.T) {
	for _, c := range []struct {
		name     string
		accepted float64
		out      uint64
		share    float64 // afterwards: what was generated and 20 each, of 80 each
	}{
		{"least generated, longest prompt", 1, 3, (30 + 5 + 5 + 20*3) / (80*3 + 1.0)},
		{"with speculation the last", 2, 4, (30 + 5 + 5 + 20*3) / (80*3 + 1.0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := New(small(func(cfg *Config) {
				cfg.Reserve, cfg.Estimate, cfg.Accepted, cfg.Blocks = ReserveEstimate, sglang, c.accepted, 40
			}))
			if err != nil {
				t.Fatal(err)
			}
			r := e.ranks[0]
			for i, d := range []struct{ tokens, output int }{{60, 30}, {60, 5}, {90, 5}, {80, 5}} {
				s := &sequence{Request: Request{ID: uint64(i + 1), Tokens: d.tokens, Output: 80, MaxOutput: 80, Prefix: []Run{{uint64(i), d.tokens / 10}}}, rank: r, output: d.output, counted: d.output, order: uint64(i), full: d.tokens / 10}
				r.pool.take(d.tokens/10 + d.output/10)
				s.held = r.pool.publish(nil, s.Prefix, s.full)
				s.shared, s.reserved = s.full, d.output/10
				r.decoding.join(s)
			}
			other := &sequence{Request: Request{ID: 9}}
			r.waiting.push(other)
			before := r.pool.pinned
			r.pool.private, r.pool.free = r.pool.private+r.pool.free, 0 // full
			r.retract()
			if len(r.waiting.items) != 2 || r.waiting.items[0] != other || r.waiting.items[1].ID != c.out {
				t.Fatalf("waiting %+v, want 9 and then %d", r.waiting.items, c.out)
			}
			gone := r.waiting.items[1]
			if r.pool.evictable == 0 || r.pool.pinned != before-gone.full || gone.prompt != gone.Tokens+5 || gone.shared != 0 {
				t.Errorf("pool %d evictable, %d pinned of %d; retracted %+v", r.pool.evictable, r.pool.pinned, before, gone)
			}
			if math.Abs(r.share-c.share) > 1e-12 {
				t.Errorf("share %g, want %g", r.share, c.share)
			}
			r.decoded(1) // the step that began with it
			r.fresh = false
			r.decoded(2)
			if want := c.share - 2*(0.7-0.098)/600; math.Abs(r.share-want) > 1e-12 {
				t.Errorf("share %g two steps later, want %g", r.share, want)
			}
		})
	}
}
