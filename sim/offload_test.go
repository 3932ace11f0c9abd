package sim

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// blockTier is the plain way to keep a tier: a list of blocks, oldest first.
type blockTier struct {
	capacity int
	blocks   []blockID
	next     *blockTier
}

func blockTiers(of []Tier) *blockTier {
	var first *blockTier
	for _, t := range slices.Backward(of) {
		first = &blockTier{capacity: t.Blocks, next: first}
	}
	return first
}

func (t *blockTier) put(id blockID) {
	if t == nil {
		return
	}
	if t.blocks = append(t.blocks, id); len(t.blocks) > t.capacity {
		oldest := t.blocks[0]
		t.blocks = t.blocks[1:]
		t.next.put(oldest)
	}
}

// drop takes a block out and says of which tier; -1: none has it.
func (t *blockTier) drop(id blockID) int {
	for level := 0; t != nil; level, t = level+1, t.next {
		if i := slices.Index(t.blocks, id); i >= 0 {
			t.blocks = slices.Delete(t.blocks, i, i+1)
			return level
		}
	}
	return -1
}

func (t *blockTier) clear() {
	for ; t != nil; t = t.next {
		t.blocks = nil
	}
}

func drawnTiers(t *rapid.T) (tiers []Tier) {
	for range rapid.IntRange(0, 3).Draw(t, "tiers") {
		tiers = append(tiers, Tier{Blocks: rapid.IntRange(0, 40).Draw(t, "tier")})
	}
	return tiers
}

// claims takes what the tiers have of a sequence out of both pools' and returns how
// many blocks that are.
func claims(t *rapid.T, p *pool, o *blockPool, found []hold, u *user, there []*block, most int) (all int) {
	counts, want := make([]int, 3), make([]int, 3)
	p.below.claim(found, u.prefix, most-len(there), counts)
	for _, id := range u.ids[len(there):most] {
		level := o.below.drop(id)
		if level < 0 {
			break
		}
		want[level]++
		all++
	}
	if !slices.Equal(counts, want) {
		t.Fatalf("%v blocks are in the tiers, block by block %v", counts, want)
	}
	return all
}

// sameBelow compares what every tier holds, block by block.
func sameBelow(t *rapid.T, a *tier, b *blockTier) {
	for level := 0; b != nil; level, a, b = level+1, a.next, b.next {
		if a.used != len(b.blocks) || a.used > a.capacity {
			t.Fatalf("tier %d of %d blocks holds %d, block by block %d", level, a.capacity, a.used, len(b.blocks))
		}
		held := 0
		for id, c := range a.runs {
			inSpans := 0
			for _, s := range c.spans {
				inSpans += s.blocks
			}
			if inSpans != c.blocks {
				t.Fatalf("tier %d: run %d has %d blocks, %d in its spans", level, id, c.blocks, inSpans)
			}
			held += c.blocks
			for i := range c.blocks {
				if !slices.Contains(b.blocks, blockID{id, c.from + i}) {
					t.Fatalf("tier %d holds block %d of run %d, block by block it does not", level, c.from+i, id)
				}
			}
		}
		if held != a.used {
			t.Fatalf("tier %d says it holds %d blocks and holds %d", level, a.used, held)
		}
	}
}

// cache is a pool whose requests are computed as they come.
type cache struct {
	*pool
	tiers int
	open  [][]hold
}

// ask admits a request and returns its hits; false: it does not fit.
func (c *cache) ask(prefix []Run) (hits int, _ bool) {
	all := blocksOf(prefix)
	found, hits, evictable := c.hits(nil, prefix, all)
	need := all - hits
	if need > c.free+c.evictable-evictable {
		return 0, false
	}
	c.pin(found)
	counts := make([]int, c.tiers)
	c.below.claim(found, prefix, need, counts)
	c.take(need)
	c.open = append(c.open, c.publish(found, prefix, need))
	for _, n := range counts {
		hits += n
	}
	return hits, true
}

// A tier more, or a larger one, never takes a hit away from any request, and what the
// pool itself holds stays as it is without tiers.
func TestTierNeverLowersHits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total, tiers := rapid.IntRange(5, 60).Draw(t, "total"), drawnTiers(t)
		more := slices.Clone(tiers)
		if len(more) > 0 && rapid.Bool().Draw(t, "larger") {
			more[len(more)-1].Blocks += rapid.IntRange(1, 30).Draw(t, "by")
		} else {
			more = append(more, Tier{Blocks: rapid.IntRange(1, 40).Draw(t, "added")})
		}
		caches := []*cache{{pool: newPool(total)}, {pool: newPool(total, tiers...), tiers: len(tiers)}, {pool: newPool(total, more...), tiers: len(more)}}
		all := prompts(t)
		for range rapid.IntRange(1, 60).Draw(t, "operations") {
			prefix := rapid.SampledFrom(all).Draw(t, "prompt")
			goes := rapid.IntRange(0, 3).Draw(t, "who goes")
			before, fitted := 0, false
			for i, c := range caches {
				if goes < len(c.open) {
					c.release(c.open[goes], 0)
					c.open = slices.Delete(c.open, goes, goes+1)
				}
				hits, fits := c.ask(prefix)
				if i > 0 && (hits < before || fits != fitted) {
					t.Fatalf("%v: %d hits (fits: %v) with fewer tiers, %d (%v) with more", prefix, before, fitted, hits, fits)
				}
				before, fitted = hits, fits
			}
			for _, c := range caches[1:] {
				if a, b := inPool(caches[0].pool), inPool(c.pool); a != b {
					t.Fatalf("the pool holds %s without tiers and %s with them", a, b)
				}
			}
		}
	})
}

// inPool writes what is resident.
func inPool(p *pool) string {
	blocks := map[uint64]int{}
	for id, c := range p.runs {
		blocks[id] = c.blocks
	}
	return fmt.Sprint(p.free, p.pinned, p.evictable, blocks)
}
