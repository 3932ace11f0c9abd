package sim

import "slices"

// queue is first come, first served; the preempted go in front.
type queue struct {
	items []*sequence // from head on
	head  int
}

func (q *queue) len() int             { return len(q.items) - q.head }
func (q *queue) first() *sequence     { return q.items[q.head] }
func (q *queue) push(s *sequence)     { q.items = append(q.items, s) }
func (q *queue) waiting() []*sequence { return q.items[q.head:] }

func (q *queue) pushFront(s *sequence) {
	if q.head == 0 {
		q.items = slices.Insert(q.items, 0, s)
		return
	}
	q.head--
	q.items[q.head] = s
}

func (q *queue) pop() *sequence {
	s := q.items[q.head]
	q.items[q.head] = nil
	if q.head++; 2*q.head > len(q.items) {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	return s
}

func (q *queue) remove(s *sequence) {
	if i := slices.Index(q.items, s); i >= 0 {
		q.items = slices.Delete(q.items, i, i+1)
	}
}
