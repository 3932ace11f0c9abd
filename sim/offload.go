package sim

import (
	"slices"
	"time"
)

// Tier is memory below the KV pool, such as the host's or NVMe: what is evicted from
// the pool, or from the tier above, goes there until it is full itself.
type Tier struct {
	Name         string
	Blocks       int     // that it holds
	BlockSeconds float64 // that reading a block back into the pool takes, one after the other, s
}

// tier is a ring of runs' parts. A block is in the pool or in one tier, and of each
// run the pool has the leading blocks, the first tier those that follow, and so on:
// in every ring deeper is older, so that what moves down is always a run's deep end.
type tier struct {
	capacity, used int
	runs           map[uint64]*cached
	lru            ring
	next           *tier // nil: what falls off is gone
}

// newTiers returns the first of the tiers, nil without any.
func newTiers(of []Tier) *tier {
	var first *tier
	for _, t := range slices.Backward(of) {
		first = &tier{capacity: t.Blocks, runs: make(map[uint64]*cached), next: first}
		first.lru.init()
	}
	return first
}

// put stores n blocks of a run from a place on, which come before those that it has of
// the run, and moves down what is then too much.
func (t *tier) put(id uint64, from, n int) {
	if t == nil {
		return
	}
	c := t.runs[id]
	if c == nil {
		c = &cached{id: id}
		t.runs[id] = c
	}
	c.from = from
	c.blocks += n
	t.used += n
	t.lru.add(c, n)
	for t.used > t.capacity {
		t.evict(min(t.used-t.capacity, t.lru.oldest().blocks))
	}
}

// evict moves blocks of the oldest span down.
func (t *tier) evict(n int) {
	c := t.lru.shed(n)
	t.used -= n
	if c.blocks == 0 {
		delete(t.runs, c.id)
	}
	t.next.put(c.id, c.from+c.blocks, n)
}

// drop forgets a run's blocks before a place, which the pool has now, in this tier and
// those below.
func (t *tier) drop(id uint64, to int) {
	for ; t != nil; t = t.next {
		c := t.runs[id]
		if c == nil || c.from >= to {
			continue
		}
		n := min(to-c.from, c.blocks)
		t.lru.shorten(c, n)
		c.from += n
		c.blocks -= n
		t.used -= n
		if c.blocks == 0 {
			delete(t.runs, id)
		}
	}
}

// find counts what the tiers hold of a prompt beyond what was found of it in the pool,
// at most so many blocks: counts[i] more of tier i. each is told of every run how far
// the tiers go on.
func (t *tier) find(found []hold, prefix []Run, most int, counts []int, each func(id uint64, to int)) {
	i, at := max(0, len(found)-1), 0
	if len(found) > 0 {
		at = found[i].blocks
	}
	for ; i < len(prefix) && most > 0; i, at = i+1, 0 {
		from, end := at, min(prefix[i].Blocks, at+most)
		for level, below := 0, t; below != nil; level, below = level+1, below.next {
			if c := below.runs[prefix[i].ID]; c != nil && c.from <= at {
				n := max(0, min(end, c.from+c.blocks)-at)
				at += n
				counts[level] += n
			}
		}
		each(prefix[i].ID, at)
		if most -= at - from; at < prefix[i].Blocks {
			return
		}
	}
}

// claim takes what find counts out of the tiers.
func (t *tier) claim(found []hold, prefix []Run, most int, counts []int) {
	t.find(found, prefix, most, counts, t.drop)
}

// reach returns how many leading blocks of a prompt the pool and its tiers hold.
func (r *rank) reach(prefix []Run) int {
	most := blocksOf(prefix)
	found, blocks, _ := r.pool.hits(nil, prefix, most)
	below := make([]int, len(r.engine.cfg.Offload))
	r.pool.below.find(found, prefix, most-blocks, below, func(uint64, int) {})
	for _, n := range below {
		blocks += n
	}
	return blocks
}

// clear forgets everything in this tier and those below.
func (t *tier) clear() {
	for ; t != nil; t = t.next {
		clear(t.runs)
		t.used = 0
		t.lru.init()
	}
}

// readBack brings blocks of the tiers into the pool, where they take the place of
// private ones of the sequence, and lets it wait for them and for those that it found
// in the pool but that are still on their way.
func (r *rank) readBack(at time.Duration, s *sequence, counts []int) {
	s.loaded = 0
	n := 0
	for i, blocks := range counts {
		if blocks == 0 {
			continue
		}
		n += blocks
		long := seconds(float64(blocks) * r.engine.cfg.Offload[i].BlockSeconds)
		r.links[i] = max(at, r.links[i]) + long
		s.loaded = max(s.loaded, r.links[i])
		r.engine.stats.ReadTokens[i] += int64(blocks * r.engine.cfg.BlockTokens)
		r.reading[i] += long
	}
	for _, h := range s.held {
		s.loaded = max(s.loaded, h.run.loaded)
	}
	if n == 0 {
		return
	}
	first := max(0, len(s.held)-1)
	s.held = r.pool.publish(s.held, s.Prefix, n)
	s.shared += n
	s.reserved -= n
	for _, h := range s.held[first:] {
		h.run.loaded = s.loaded
	}
}

// loading returns when the first of the prompts that wait for blocks of a tier has
// them; false: none waits.
func (e *Engine) loading(at time.Duration) (first time.Duration, _ bool) {
	for _, r := range e.ranks {
		for _, s := range r.prefilling {
			if s.loaded > at && (first == 0 || s.loaded < first) {
				first = s.loaded
			}
		}
	}
	return first, first > 0
}
