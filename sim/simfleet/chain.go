package simfleet

import (
	"plimsoll/agent"
	"plimsoll/sim"
)

// chain is a growing conversation in blocks of tokens, as runs. A run stands for all
// content up to its blocks, salts apart. Turns that only add to the conversation share
// a chain; a turn that leaves something out (a compaction, another branch) has one of
// its own, with the same runs as far as its content is the same.
type chain struct {
	items   []item
	parts   []part
	state   uint64 // hash of the items
	tokens  int    // of the items
	salted  bool   // the walk salt is behind
	library *library
}

// part is blocks of a chain that one run holds, from the run's first on.
type part struct {
	run  uint64
	end  int  // blocks of the chain up to its end
	walk bool // it belongs to the walk, before the walk salt to the level
}

// library knows the runs of all chains, so that equal content has equal runs.
type library struct {
	block   int            // tokens
	lengths []int          // of the runs, blocks
	after   map[uint64]end // where the blocks of known items end, by the chain's state
}

type end struct {
	run    uint64
	blocks int // of the run
}

// chainOf finds the chain whose start a prompt is, or which is the prompt's start and
// then grows; else it begins one.
func (l *library) chainOf(chains []*chain, items []item) (*chain, []*chain) {
	for _, c := range chains {
		n := 0
		for n < len(c.items) && n < len(items) && c.items[n] == items[n] {
			n++
		}
		if n == len(items) {
			return c, chains
		}
		if n == len(c.items) {
			c.grow(items[n:])
			return c, chains
		}
	}
	c := &chain{library: l}
	c.grow(items)
	return c, append(chains, c)
}

// grow appends items. A block belongs to the item that it ends in.
func (c *chain) grow(items []item) {
	for _, it := range items {
		c.tokens += it.full()
		c.state = agent.Draw(c.state, "item", it.hash, uint64(it.bytes), uint64(it.salts))
		c.salted = c.salted || it.walk
		if n := c.tokens/c.library.block - c.blocks(); n > 0 {
			c.add(n)
		}
		c.items = append(c.items, it)
	}
}

// add appends the n blocks that the last item ends: as a run has them already, or to
// the chain's last run where nothing follows that yet, or in a new run.
func (c *chain) add(n int) {
	l, last := c.library, len(c.parts)-1
	at := end{}
	if last >= 0 {
		at = end{c.parts[last].run, c.blocks() - c.before(last)}
	}
	next, known := l.after[c.state]
	switch {
	case known:
	case last >= 0 && l.lengths[at.run] == at.blocks && c.parts[last].walk == c.salted:
		next = end{at.run, at.blocks + n}
		l.lengths[at.run] += n
	default:
		next = end{uint64(len(l.lengths)), n}
		l.lengths = append(l.lengths, n)
	}
	l.after[c.state] = next
	if last >= 0 && next.run == at.run {
		c.parts[last].end += n
		return
	}
	c.parts = append(c.parts, part{next.run, c.blocks() + n, c.salted})
}

// blocks returns the full blocks of the chain.
func (c *chain) blocks() int { return c.before(len(c.parts)) }

// before returns the blocks in front of a part.
func (c *chain) before(i int) int {
	if i == 0 {
		return 0
	}
	return c.parts[i-1].end
}

// prefix appends the first n blocks of the chain as a walk sends them to dst: what is
// before the walk salt belongs to the level, the rest to the walk.
func (c *chain) prefix(dst []sim.Run, n int, level, walk uint64) []sim.Run {
	from := 0
	for _, p := range c.parts {
		if from >= n {
			break
		}
		key := level
		if p.walk {
			key = walk
		}
		dst = append(dst, sim.Run{ID: mix(p.run + key), Blocks: min(p.end, n) - from})
		from = p.end
	}
	return dst
}

// mix spreads an identity with its salt over 64 bits (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
