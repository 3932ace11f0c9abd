package sim

import "slices"

// queue is first come, first served.
type queue[T comparable] struct {
	items []T // from head on
	head  int
}

func (q *queue[T]) len() int { return len(q.items) - q.head }
func (q *queue[T]) first() T { return q.items[q.head] }
func (q *queue[T]) push(x T) { q.items = append(q.items, x) }

func (q *queue[T]) pushFront(x T) {
	if q.head == 0 {
		q.items = slices.Insert(q.items, 0, x)
		return
	}
	q.head--
	q.items[q.head] = x
}

func (q *queue[T]) pop() T {
	var none T
	x := q.items[q.head]
	q.items[q.head] = none
	if q.head++; 2*q.head > len(q.items) {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	return x
}

func (q *queue[T]) remove(x T) {
	if i := slices.Index(q.items, x); i >= 0 {
		q.items = slices.Delete(q.items, i, i+1)
	}
}
