package sim

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Order says in which order those who wait are let in. Its zero value is first come,
// first served.
//
// With LongestPrefix it is SGLang's longest prefix match: who has most of the prompt in
// the cache, its tiers included, comes first, equal ones as they stood. A queue of more
// than LongestPrefix requests is left as it stands. A prompt of which the cache has at
// most SharedTokens comes last where it has as many in common with one that waits before
// it: what that one computes will be a hit for it.
// (sgl-project/sglang, python/sglang/srt/managers/schedule_policy.py: lpm, 128 requests,
// 32 and 32 tokens.)
type Order struct {
	LongestPrefix int // requests; 0: first come, first served
	SharedTokens  int // tokens; 0: nobody comes last
}

func (o Order) validate(preferredSeqs int) error {
	switch {
	case o.LongestPrefix < 0 || o.SharedTokens < 0 || o.LongestPrefix == 0 && o.SharedTokens > 0:
		return fmt.Errorf("sim: Order has LongestPrefix %d and SharedTokens %d, want at least 0, and SharedTokens only with LongestPrefix", o.LongestPrefix, o.SharedTokens)
	case o.LongestPrefix > 0 && preferredSeqs > 0:
		return fmt.Errorf("sim: Order by LongestPrefix is not modelled with PreferredSeqs %d", preferredSeqs)
	}
	return nil
}

// arrange puts those who wait at an instant in order.
func (r *rank) arrange(at time.Duration) {
	order := r.engine.cfg.Order
	if order.LongestPrefix == 0 || r.running() >= r.engine.cfg.MaxSeqs {
		return
	}
	waiting := r.waiting.items[r.waiting.head:]
	if i := slices.IndexFunc(waiting, func(s *sequence) bool { return s.arrival > at }); i >= 0 {
		waiting = waiting[:i]
	}
	if len(waiting) > order.LongestPrefix {
		return
	}
	var before []*sequence // whose prompts the cache hardly has
	for _, s := range waiting {
		s.match = r.reach(s.Prefix)
		if s.match*r.engine.cfg.BlockTokens > order.SharedTokens || order.SharedTokens == 0 {
			continue
		}
		if slices.ContainsFunc(before, func(other *sequence) bool {
			return common(s.Prefix, other.Prefix)*r.engine.cfg.BlockTokens >= order.SharedTokens
		}) {
			s.match = -1
		} else {
			before = append(before, s)
		}
	}
	slices.SortStableFunc(waiting, func(a, b *sequence) int { return cmp.Compare(b.match, a.match) })
}

// common returns how many leading blocks two prompts have in common.
func common(a, b []Run) (blocks int) {
	for i := 0; i < min(len(a), len(b)) && a[i].ID == b[i].ID; i++ {
		n := min(a[i].Blocks, b[i].Blocks)
		blocks += n
		if n < max(a[i].Blocks, b[i].Blocks) {
			break
		}
	}
	return blocks
}
