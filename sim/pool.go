package sim

// block is a resident block of the prefix cache.
type block struct {
	id         uint64
	refs       int    // sequences that use it; it is evictable at 0
	prev, next *block // neighbours among the evictable, oldest first
}

// pool accounts for the KV memory in blocks:
// total = free + private + pinned + evictable.
type pool struct {
	total     int
	free      int
	private   int // partial prompt blocks, blocks under computation, output
	pinned    int // cached blocks in use
	evictable int // cached blocks that nobody uses
	byID      map[uint64]*block
	lru       block // sentinel of the ring of evictable blocks
}

func newPool(total int) *pool {
	p := &pool{total: total, free: total, byID: make(map[uint64]*block)}
	p.lru.prev, p.lru.next = &p.lru, &p.lru
	return p
}

// hits appends the resident blocks of the leading identities to found, and counts
// those of them that are evictable now.
func (p *pool) hits(found []*block, ids []uint64) (_ []*block, evictable int) {
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

// pin takes blocks into use.
func (p *pool) pin(blocks []*block) {
	for _, b := range blocks {
		if b.refs == 0 {
			b.prev.next, b.next.prev = b.next, b.prev
			p.evictable--
			p.pinned++
		}
		b.refs++
	}
}

// take makes n blocks private, evicting where none are free. It reports false and
// changes nothing where free and evictable blocks together are too few.
func (p *pool) take(n int) bool {
	if n > p.free+p.evictable {
		return false
	}
	for p.free < n {
		oldest := p.lru.next
		p.lru.next, oldest.next.prev = oldest.next, &p.lru
		delete(p.byID, oldest.id)
		p.evictable--
		p.free++
	}
	p.free -= n
	p.private += n
	return true
}

// publish turns a private block into a cached one, in use by its owner. A block
// that another sequence published first stays private (nil).
func (p *pool) publish(id uint64) *block {
	if p.byID[id] != nil {
		return nil
	}
	b := &block{id: id, refs: 1}
	p.byID[id] = b
	p.private--
	p.pinned++
	return b
}

// release gives back private blocks and drops one use of the held ones. The end of
// the chain becomes the oldest, so that it is evicted before what it rests on.
func (p *pool) release(held []*block, private int) {
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

// warm caches blocks as if a request had computed them and ended, as far as they fit.
func (p *pool) warm(ids []uint64) {
	held := make([]*block, 0, len(ids))
	for _, id := range ids {
		b := p.byID[id]
		if b != nil {
			p.pin([]*block{b})
		} else if p.take(1) {
			b = p.publish(id)
		} else {
			break // the rest rests on what is not there
		}
		held = append(held, b)
	}
	p.release(held, 0)
}

// reset drops every evictable block.
func (p *pool) reset() {
	for b := p.lru.next; b != &p.lru; b = b.next {
		delete(p.byID, b.id)
	}
	p.free += p.evictable
	p.evictable = 0
	p.lru.prev, p.lru.next = &p.lru, &p.lru
}
