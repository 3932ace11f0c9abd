package sim

import "slices"

// heap keeps its least element first, by instant or step and then by order. The keys
// stand in it, so that putting it right touches no element.
type heap[T comparable] []keyed[T]

type keyed[T comparable] struct {
	at    int64
	order uint64
	of    T
}

func (k keyed[T]) before(other keyed[T]) bool {
	return k.at < other.at || k.at == other.at && k.order < other.order
}

func (h *heap[T]) push(at int64, order uint64, x T) {
	*h = append(*h, keyed[T]{at, order, x})
	h.up(len(*h) - 1)
}

// pop takes the least element out.
func (h *heap[T]) pop() T { return h.take(0) }

// remove takes an element out, wherever it is.
func (h *heap[T]) remove(x T) {
	if i := slices.IndexFunc(*h, func(k keyed[T]) bool { return k.of == x }); i >= 0 {
		h.take(i)
	}
}

func (h *heap[T]) take(i int) T {
	old := *h
	x, last := old[i].of, len(old)-1
	old[i] = old[last]
	old[last] = keyed[T]{}
	*h = old[:last]
	if i < last {
		h.down(i)
		h.up(i)
	}
	return x
}

func (h heap[T]) up(i int) {
	k := h[i]
	for ; i > 0 && k.before(h[(i-1)/2]); i = (i - 1) / 2 {
		h[i] = h[(i-1)/2]
	}
	h[i] = k
}

func (h heap[T]) down(i int) {
	k := h[i]
	for {
		child := 2*i + 1
		if child+1 < len(h) && h[child+1].before(h[child]) {
			child++
		}
		if child >= len(h) || !h[child].before(k) {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = k
}
