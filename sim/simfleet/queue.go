package simfleet

import (
	"plimsoll"
	"plimsoll/agent"
)

// entry is something that an agent does at an instant: begin, send a turn, or learn
// that the engine refused one.
type entry struct {
	at      plimsoll.Instant
	slot    int
	begin   bool
	action  agent.Action
	refused *flight
}

// queue gives entries in order of time. Its heap is of moments, so that a rack's worth of
// it stays in a processor's cache.
type queue struct {
	heap    []moment // least first
	entries []entry
	spare   []int32 // places of entries to use again
	added   uint64
}

// moment orders entries: equal instants come in the order of adding.
type moment struct {
	at    plimsoll.Instant
	order uint64
	entry int32
}

func (m moment) before(other moment) bool {
	return m.at < other.at || m.at == other.at && m.order < other.order
}

func (q *queue) add(e entry) {
	q.added++
	m := moment{e.at, q.added, int32(len(q.entries))}
	if n := len(q.spare); n > 0 {
		m.entry, q.spare = q.spare[n-1], q.spare[:n-1]
		q.entries[m.entry] = e
	} else {
		q.entries = append(q.entries, e)
	}
	q.heap = append(q.heap, m)
	i := len(q.heap) - 1
	for ; i > 0 && m.before(q.heap[(i-1)/2]); i = (i - 1) / 2 {
		q.heap[i] = q.heap[(i-1)/2]
	}
	q.heap[i] = m
}

// peek returns the earliest entry's instant.
func (q *queue) peek() (plimsoll.Instant, bool) {
	if len(q.heap) == 0 {
		return 0, false
	}
	return q.heap[0].at, true
}

// pop takes the earliest entry out.
func (q *queue) pop() entry {
	first, last := q.heap[0], len(q.heap)-1
	m := q.heap[last]
	q.heap = q.heap[:last]
	i := 0
	for child := 1; child < last; child = 2*i + 1 {
		if child+1 < last && q.heap[child+1].before(q.heap[child]) {
			child++
		}
		if !q.heap[child].before(m) {
			break
		}
		q.heap[i] = q.heap[child]
		i = child
	}
	if last > 0 {
		q.heap[i] = m
	}
	e := q.entries[first.entry]
	q.entries[first.entry].refused = nil
	q.spare = append(q.spare, first.entry)
	return e
}
