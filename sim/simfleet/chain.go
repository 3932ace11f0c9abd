package simfleet

import "plimsoll/agent"

// chain is a growing conversation in blocks of tokens. A block's identity stands for
// all content up to its end, salts apart. Turns that only add to the conversation
// share a chain; a turn that leaves something out (a compaction, another branch) has
// one of its own, with the same identities as far as its content is the same.
type chain struct {
	items  []item
	ids    []uint64
	state  uint64 // hash of the items
	tokens int    // of the items
	shared int    // leading blocks that end before the walk salt
	salted bool   // the walk salt is behind
}

// chainOf finds the chain whose start a prompt is, or which is the prompt's start and
// then grows; else it begins one.
func chainOf(chains []*chain, items []item, block int) (*chain, []*chain) {
	for _, c := range chains {
		n := 0
		for n < len(c.items) && n < len(items) && c.items[n] == items[n] {
			n++
		}
		if n == len(items) {
			return c, chains
		}
		if n == len(c.items) {
			c.grow(items[n:], block)
			return c, chains
		}
	}
	c := &chain{}
	c.grow(items, block)
	return c, append(chains, c)
}

// grow appends items. The identity of a block is a hash of all items before the one
// that it ends in, of that item, and of where in it the block ends.
func (c *chain) grow(items []item, block int) {
	for _, it := range items {
		start := c.tokens
		c.tokens += it.full()
		c.state = agent.Draw(c.state, "item", it.hash, uint64(it.bytes), uint64(it.salts))
		c.salted = c.salted || it.walk
		for end := (len(c.ids) + 1) * block; end <= c.tokens; end += block {
			c.ids = append(c.ids, agent.Draw(c.state, "block", uint64(end-start)))
			if !c.salted {
				c.shared++
			}
		}
		c.items = append(c.items, it)
	}
}

// identities appends the first n blocks of the chain as a walk sends them to dst:
// those before the walk salt belong to the level, the rest to the walk.
func (c *chain) identities(dst []uint64, n int, level, walk uint64) []uint64 {
	for i, id := range c.ids[:n] {
		key := walk
		if i < c.shared {
			key = level
		}
		dst = append(dst, mix(id^key))
	}
	return dst
}

// mix spreads an identity with its salt over 64 bits (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
