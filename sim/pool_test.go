package sim

import (
	"testing"

	"pgregory.net/rapid"
)

// blockPool is the plain way to account for the same memory: one entry and one list
// node for each block. It is what pool is held against.
type blockPool struct {
	free, private, pinned, evictable int
	byID                             map[blockID]*block
	lru                              block // sentinel of the ring of evictable blocks
	below                            *blockTier
}

type blockID struct {
	run uint64
	at  int
}

type block struct {
	id         blockID
	refs       int
	prev, next *block
}

func newBlockPool(total int) *blockPool {
	p := &blockPool{free: total, byID: make(map[blockID]*block)}
	p.lru.prev, p.lru.next = &p.lru, &p.lru
	return p
}

func (p *blockPool) hits(ids []blockID) (found []*block, evictable int) {
	for _, id := range ids {
		b := p.byID[id]
		if b == nil {
			break
		}
		if b.refs == 0 {
			evictable++
		}
		found = append(found, b)
	}
	return found, evictable
}

func (p *blockPool) pin(blocks ...*block) {
	for _, b := range blocks {
		if b.refs == 0 {
			b.prev.next, b.next.prev = b.next, b.prev
			p.evictable--
			p.pinned++
		}
		b.refs++
	}
}

func (p *blockPool) take(n int) bool {
	if n > p.free+p.evictable {
		return false
	}
	for p.free < n {
		p.evict()
	}
	p.free -= n
	p.private += n
	return true
}

func (p *blockPool) evict() {
	oldest := p.lru.next
	p.lru.next, oldest.next.prev = oldest.next, &p.lru
	delete(p.byID, oldest.id)
	p.below.put(oldest.id)
	p.evictable--
	p.free++
}

// publish uses a block that is resident already in place of the sequence's own.
func (p *blockPool) publish(id blockID) *block {
	p.private--
	if b := p.byID[id]; b != nil {
		p.pin(b)
		p.free++
		return b
	}
	b := &block{id: id, refs: 1}
	p.byID[id] = b
	p.below.drop(id)
	p.pinned++
	return b
}

func (p *blockPool) release(held []*block, private int) {
	p.private -= private
	p.free += private
	for i := len(held) - 1; i >= 0; i-- {
		b := held[i]
		if b.refs--; b.refs > 0 {
			continue
		}
		p.pinned--
		p.evictable++
		b.prev, b.next = p.lru.prev, &p.lru
		b.prev.next, b.next.prev = b, b
	}
}

// blocksIn spells runs out.
func blocksIn(prefix []Run) (ids []blockID) {
	for _, r := range prefix {
		for i := range r.Blocks {
			ids = append(ids, blockID{r.ID, i})
		}
	}
	return ids
}

// prompts draws prompts of a tree: each goes on where an earlier one left a run.
func prompts(t *rapid.T) [][]Run {
	out := [][]Run{nil}
	for i := range rapid.IntRange(1, 12).Draw(t, "prompts") {
		from := out[rapid.IntRange(0, len(out)-1).Draw(t, "from")]
		prefix := append([]Run(nil), from...)
		if len(prefix) > 0 {
			last := &prefix[len(prefix)-1]
			last.Blocks = rapid.IntRange(1, last.Blocks+5).Draw(t, "of the last run")
		}
		if len(prefix) == 0 || rapid.Bool().Draw(t, "leaves") {
			prefix = append(prefix, Run{ID: uint64(i + 1), Blocks: rapid.IntRange(1, 12).Draw(t, "blocks")})
		}
		out = append(out, prefix)
	}
	return out[1:]
}

// user is a sequence in both pools.
type user struct {
	prefix  []Run
	ids     []blockID
	held    []hold
	shared  int
	blocks  []*block
	private int
}

// TestPoolEqualsBlocks: whatever requests come, publish, go and are warmed, the tree
// of runs has the hits, evictions and uses of a pool that keeps every block apart.
func TestPoolEqualsBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(5, 60).Draw(t, "total")
		tiers := drawnTiers(t)
		p, o := newPool(total, tiers...), newBlockPool(total)
		o.below = blockTiers(tiers)
		all := prompts(t)
		var open []*user
		for range rapid.IntRange(1, 60).Draw(t, "operations") {
			prefix := rapid.SampledFrom(all).Draw(t, "prompt")
			switch op := rapid.IntRange(0, 9).Draw(t, "operation"); {
			case op < 4:
				if u := comes(t, p, o, prefix); u != nil {
					open = append(open, u)
				}
			case op < 7 && len(open) > 0:
				computes(t, p, o, open[rapid.IntRange(0, len(open)-1).Draw(t, "who")])
			case op < 9 && len(open) > 0:
				i := rapid.IntRange(0, len(open)-1).Draw(t, "who")
				p.release(open[i].held, open[i].private)
				o.release(open[i].blocks, open[i].private)
				open = append(open[:i], open[i+1:]...)
			case op == 9 && rapid.Bool().Draw(t, "reset"):
				p.reset()
				for o.evictable > 0 {
					o.evict()
				}
				o.below.clear()
			}
			same(t, p, o, all)
		}
		for _, u := range open {
			p.release(u.held, u.private)
			o.release(u.blocks, u.private)
		}
		same(t, p, o, all)
		if p.pinned+p.private != 0 {
			t.Fatalf("at the end %d blocks are pinned and %d private", p.pinned, p.private)
		}
	})
}

// comes admits a sequence to both pools, or to none.
func comes(t *rapid.T, p *pool, o *blockPool, prefix []Run) *user {
	u := &user{prefix: prefix, ids: blocksIn(prefix)}
	most := rapid.IntRange(0, len(u.ids)).Draw(t, "most")
	found, blocks, evictable := p.hits(nil, prefix, most)
	there, evictableThere := o.hits(u.ids[:most])
	if blocks != len(there) || evictable != evictableThere {
		t.Fatalf("%d hits, %d of them evictable; block by block %d and %d", blocks, evictable, len(there), evictableThere)
	}
	need := len(u.ids) - blocks + rapid.IntRange(0, 3).Draw(t, "output")
	if need > p.free+p.evictable-evictable {
		return nil
	}
	p.pin(found)
	o.pin(there...)
	counts := claims(t, p, o, found, u, there, most)
	if p.take(need) != o.take(need) {
		t.Fatal("one of the pools took blocks, the other did not")
	}
	u.held, u.shared, u.blocks, u.private = found, blocks, there, need
	publishes(p, o, u, counts)
	return u
}

// computes publishes some more of a sequence's blocks in both pools.
func computes(t *rapid.T, p *pool, o *blockPool, u *user) {
	n := rapid.IntRange(0, len(u.ids)-u.shared).Draw(t, "computed")
	publishes(p, o, u, n)
}

// publishes publishes so many of a sequence's blocks in both pools.
func publishes(p *pool, o *blockPool, u *user, n int) {
	u.held = p.publish(u.held, u.prefix, n)
	for _, id := range u.ids[u.shared : u.shared+n] {
		u.blocks = append(u.blocks, o.publish(id))
	}
	u.shared += n
	u.private -= n
}

// same compares the accounts and what every prompt would hit.
func same(t *rapid.T, p *pool, o *blockPool, all [][]Run) {
	if p.free != o.free || p.private != o.private || p.pinned != o.pinned || p.evictable != o.evictable {
		t.Fatalf("free %d, private %d, pinned %d, evictable %d; block by block %d, %d, %d, %d",
			p.free, p.private, p.pinned, p.evictable, o.free, o.private, o.pinned, o.evictable)
	}
	if sum := p.free + p.private + p.pinned + p.evictable; sum != p.total {
		t.Fatalf("the pool's %d blocks became %d", p.total, sum)
	}
	sameBelow(t, p.below, o.below)
	for _, prefix := range all {
		ids := blocksIn(prefix)
		_, blocks, evictable := p.hits(nil, prefix, len(ids))
		there, evictableThere := o.hits(ids)
		if blocks != len(there) || evictable != evictableThere {
			t.Fatalf("%v: %d hits, %d of them evictable; block by block %d and %d", prefix, blocks, evictable, len(there), evictableThere)
		}
	}
}
