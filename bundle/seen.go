package bundle

import "plimsoll"

// seen remembers which turns were stored, one bit each: a walk of 64 turns or
// fewer is one entry. It is not safe for concurrent use.
type seen map[seenKey]uint64

type seenKey struct {
	slot, walk, branch, block int32
	primer                    bool
}

// add reports whether the row's key is new, and remembers it.
func (s seen) add(r *plimsoll.Row) bool {
	key := seenKey{slot: r.Slot, walk: r.Walk, branch: r.Branch, block: r.Turn >> 6, primer: r.Primer}
	bit := uint64(1) << (uint(r.Turn) & 63)
	old := s[key]
	s[key] = old | bit
	return old&bit == 0
}
