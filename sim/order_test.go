package sim

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// unit prices every step at a second.
type unit struct{}

func (unit) Price([]Work) Price { return Price{Seconds: 1} }

// small is an engine of 20 blocks of 10 tokens.
func small(change func(*Config)) Config {
	c := Config{Cost: unit{}, BlockTokens: 10, Blocks: 20, Reserve: ReservePrompt, MaxSeqs: 8, StepTokens: 100, Separate: true, MaxContext: 200, Speed: 1}
	change(&c)
	return c
}

// Who waits is let in by what the cache has of the prompt.
func TestOrder(t *testing.T) {
	run := func(id uint64, blocks int) Run { return Run{ID: id, Blocks: blocks} }
	// The pool has four blocks of run 1, two of run 2 and one of run 3; run 4 was evicted
	// to a tier.
	waiting := []Request{
		{ID: 1, Prefix: []Run{run(9, 5)}}, {ID: 2, Prefix: []Run{run(3, 5)}}, {ID: 3, Prefix: []Run{run(1, 3)}},
		{ID: 4, Prefix: []Run{run(2, 2), run(8, 3)}}, {ID: 5, Prefix: []Run{run(1, 3), run(7, 2)}}, {ID: 6, Prefix: []Run{run(9, 4)}}, {ID: 7, Prefix: []Run{run(4, 5)}},
	}
	for _, c := range []struct {
		name  string
		order Order
		at    time.Duration // the n-th request arrives at n
		want  []uint64
	}{
		{"first come, first served", Order{}, 9, []uint64{1, 2, 3, 4, 5, 6, 7}},
		{"longest prefix, equal ones as they came", Order{LongestPrefix: 7}, 9, []uint64{7, 3, 5, 4, 2, 1, 6}},
		{"a longer queue stays as it is", Order{LongestPrefix: 6}, 9, []uint64{1, 2, 3, 4, 5, 6, 7}},
		{"who has not arrived stays behind", Order{LongestPrefix: 7}, 4, []uint64{3, 4, 2, 1, 5, 6, 7}},
		{"30 tokens in common with one before, and no more cached: last", Order{LongestPrefix: 7, SharedTokens: 30}, 9, []uint64{7, 3, 4, 2, 1, 5, 6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := New(small(func(cfg *Config) { cfg.Order = c.order; cfg.Offload = []Tier{{Blocks: 9}} }))
			if err != nil {
				t.Fatal(err)
			}
			r := e.ranks[0]
			r.pool.warm([]Run{run(4, 4)})
			for r.pool.evictable > 0 {
				r.pool.evict(1)
			}
			r.pool.warm([]Run{run(1, 4)})
			r.pool.warm([]Run{run(2, 2)})
			r.pool.warm([]Run{run(3, 1)})
			for i, q := range waiting {
				r.waiting.push(&sequence{Request: q, arrival: time.Duration(i + 1)})
			}
			r.arrange(c.at)
			var got []uint64
			for _, s := range r.waiting.items {
				got = append(got, s.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("order %v, want %v", got, c.want)
			}
		})
	}
}

// A prompt that the cache does not have comes behind all others where one that waits
// computes the same.
func TestSharedPromptComesLast(t *testing.T) {
	for _, c := range []struct {
		shared int
		want   []uint64
	}{{0, []uint64{1, 2, 3}}, {30, []uint64{1, 3, 2}}, {31, []uint64{1, 2, 3}}} {
		e, err := New(small(func(cfg *Config) { cfg.Order = Order{LongestPrefix: 9, SharedTokens: c.shared} }))
		if err != nil {
			t.Fatal(err)
		}
		r := e.ranks[0]
		for i, prefix := range [][]Run{{{ID: 1, Blocks: 2}, {ID: 2, Blocks: 3}}, {{ID: 1, Blocks: 2}, {ID: 2, Blocks: 1}, {ID: 3, Blocks: 9}}, {{ID: 4, Blocks: 9}}} {
			r.waiting.push(&sequence{Request: Request{ID: uint64(i + 1), Prefix: prefix}})
		}
		r.arrange(0)
		for i, s := range r.waiting.items {
			if s.ID != c.want[i] {
				t.Errorf("shared %d: place %d is of %d, want %v", c.shared, i, s.ID, c.want)
			}
		}
	}
}

func TestOrderAndEstimateRefused(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"LongestPrefix -1":          func(c *Config) { c.Order.LongestPrefix = -1 },
		"only with LongestPrefix":   func(c *Config) { c.Order.SharedTokens = 32 },
		"PreferredSeqs 3":           func(c *Config) { c.Order.LongestPrefix, c.PreferredSeqs = 128, 3 },
		"Estimate is given":         func(c *Config) { c.Estimate.First = 0.7 },
		"Estimate is {First:0":      func(c *Config) { c.Reserve = ReserveEstimate },
		"with Separate steps":       func(c *Config) { c.Reserve, c.Separate, c.Estimate = ReserveEstimate, false, sglang },
		"Estimate is {First:0.7 Le": func(c *Config) { c.Reserve, c.Estimate = ReserveEstimate, sglang; c.Estimate.Least = 0.8 },
	} {
		if _, err := New(small(change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
