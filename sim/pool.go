package sim

import (
	"slices"
	"time"
)

// Run is a stretch of full blocks of a prompt. Its ID stands for what they hold and
// for all that is before them, so that two prompts that give the same ID have the
// shorter one's blocks of it in common. A prompt may leave a run after part of it:
// what follows has another ID.
type Run struct {
	ID     uint64
	Blocks int // at least 1
}

// blocksOf returns the blocks of the runs together.
func blocksOf(prefix []Run) int {
	n := 0
	for _, r := range prefix {
		n += r.Blocks
	}
	return n
}

// pool accounts for the KV memory in blocks:
// total = free + private + pinned + evictable.
// The prefix cache is a tree of runs: of each, the leading blocks are resident.
type pool struct {
	total     int
	free      int
	private   int // partial prompt blocks, blocks under computation, output
	pinned    int // cached blocks in use
	evictable int // cached blocks that nobody uses
	runs      map[uint64]*cached
	lru       ring  // evictable spans
	below     *tier // where evicted blocks go; nil: they are gone
}

// cached is the resident part of a run. Whoever uses a block uses all before it.
type cached struct {
	id     uint64
	from   int           // first block; 0 in the pool
	blocks int           // resident: the leading ones, in a tier those from its first on
	pinned int           // of them in use: the leading ones
	users  []users       // by the number of leading blocks in use
	spans  []*span       // blocks not in use, from the shallow end: pinned..blocks
	loaded time.Duration // when the blocks read back from a tier are there
}

// users is how many sequences use so many leading blocks of a run.
type users struct{ blocks, count int }

// hold is a sequence's use of the leading blocks of a run.
type hold struct {
	run    *cached
	blocks int
}

func newPool(total int, tiers ...Tier) *pool {
	p := &pool{total: total, free: total, runs: make(map[uint64]*cached), below: newTiers(tiers)}
	p.lru.init()
	return p
}

// hits appends the resident leading blocks of a prompt, at most so many, to found. It
// counts them, and those of them that are evictable now.
func (p *pool) hits(found []hold, prefix []Run, most int) (_ []hold, blocks, evictable int) {
	for _, r := range prefix {
		c := p.runs[r.ID]
		if c == nil || blocks == most {
			break
		}
		n := min(r.Blocks, c.blocks, most-blocks)
		blocks += n
		evictable += max(0, n-c.pinned)
		found = append(found, hold{c, n})
		if n < r.Blocks {
			break
		}
	}
	return found, blocks, evictable
}

// pin takes what was found into use.
func (p *pool) pin(found []hold) {
	for _, h := range found {
		p.use(h.run, 0, h.blocks)
	}
}

// use changes how many leading blocks a sequence uses of a run, all resident.
func (p *pool) use(c *cached, from, to int) {
	c.move(from, to)
	top := 0
	for _, u := range c.users {
		top = max(top, u.blocks)
	}
	p.pinned += top - c.pinned
	p.evictable -= top - c.pinned
	if top < c.pinned {
		p.lru.push(c, c.pinned-top)
	}
	p.lru.shorten(c, top-c.pinned)
	c.pinned = top
}

// move counts a sequence that used from blocks among those that use to; 0 is none.
func (c *cached) move(from, to int) {
	if i := slices.IndexFunc(c.users, func(u users) bool { return u.blocks == from }); i >= 0 {
		if c.users[i].count--; c.users[i].count == 0 {
			c.users[i] = c.users[len(c.users)-1]
			c.users = c.users[:len(c.users)-1]
		}
	}
	if to == 0 {
		return
	}
	if i := slices.IndexFunc(c.users, func(u users) bool { return u.blocks == to }); i >= 0 {
		c.users[i].count++
		return
	}
	c.users = append(c.users, users{to, 1})
}

// take makes n blocks private, evicting where none are free. It reports false and
// changes nothing where free and evictable blocks together are too few.
func (p *pool) take(n int) bool {
	if n > p.free+p.evictable {
		return false
	}
	for p.free < n {
		p.evict(min(n-p.free, p.lru.oldest().blocks))
	}
	p.free -= n
	p.private += n
	return true
}

// evict moves blocks of the oldest span to the tier below.
func (p *pool) evict(n int) {
	c := p.lru.shed(n)
	p.evictable -= n
	p.free += n
	if c.blocks == 0 {
		delete(p.runs, c.id)
	}
	p.below.put(c.id, c.blocks, n)
}

// publish turns n private blocks of a sequence, which follow those that it holds,
// into cached ones in its use. Where another sequence has published the same block,
// that one is used and the sequence's own is freed.
func (p *pool) publish(held []hold, prefix []Run, n int) []hold {
	for n > 0 {
		last := len(held) - 1
		if last < 0 || held[last].blocks == prefix[last].Blocks {
			held = append(held, hold{run: p.run(prefix[last+1].ID)})
			continue
		}
		h := &held[last]
		to := min(prefix[last].Blocks, h.blocks+n)
		n -= to - h.blocks
		p.extend(h, to)
	}
	return held
}

func (p *pool) run(id uint64) *cached {
	c := p.runs[id]
	if c == nil {
		c = &cached{id: id}
		p.runs[id] = c
	}
	return c
}

// extend carries a hold to so many blocks, resident or private until now.
func (p *pool) extend(h *hold, to int) {
	c := h.run
	there := min(c.blocks, to)
	p.private -= to - h.blocks
	p.free += there - h.blocks
	p.use(c, h.blocks, there)
	if to > there { // it holds all that is resident
		c.move(there, to)
		p.pinned += to - there
		c.blocks, c.pinned = to, to
		p.below.drop(c.id, to)
	}
	h.blocks = to
}

// release gives back private blocks and drops the uses. The end of the chain becomes
// the oldest, so that it is evicted before what it rests on.
func (p *pool) release(held []hold, private int) {
	p.private -= private
	p.free += private
	for i := len(held) - 1; i >= 0; i-- {
		p.use(held[i].run, held[i].blocks, 0)
	}
}

// warm caches blocks as if a request had computed them and ended, as far as they fit.
func (p *pool) warm(prefix []Run) {
	held, there, _ := p.hits(nil, prefix, blocksOf(prefix))
	p.pin(held)
	n := min(blocksOf(prefix)-there, p.free+p.evictable)
	p.take(n)
	p.release(p.publish(held, prefix, n), 0)
}

// reset drops every block that is not in use.
func (p *pool) reset() {
	for p.evictable > 0 {
		p.evict(p.lru.oldest().blocks)
	}
	p.below.clear()
}
