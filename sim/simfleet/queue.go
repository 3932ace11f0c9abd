package simfleet

import (
	"container/heap"

	"plimsoll"
	"plimsoll/agent"
)

// entry is something that an agent does at an instant: begin, send a turn, or learn
// that the engine refused one.
type entry struct {
	at      plimsoll.Instant
	order   uint64 // of adding: equal instants come in it
	slot    int
	begin   bool
	action  agent.Action
	refused *flight
}

// queue gives entries in order of time.
type queue struct {
	entries entries
	added   uint64
}

func (q *queue) add(e *entry) {
	q.added++
	e.order = q.added
	heap.Push(&q.entries, e)
}

// peek returns the earliest entry's instant.
func (q *queue) peek() (plimsoll.Instant, bool) {
	if len(q.entries) == 0 {
		return 0, false
	}
	return q.entries[0].at, true
}

func (q *queue) pop() *entry { return heap.Pop(&q.entries).(*entry) }

// entries is the heap's order.
type entries []*entry

func (e entries) Len() int { return len(e) }
func (e entries) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}
func (e entries) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *entries) Push(x any)   { *e = append(*e, x.(*entry)) }
func (e *entries) Pop() any {
	old := *e
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*e = old[:len(old)-1]
	return last
}
