package sim

// ranked is what a heap keeps: pointers that know their order and their place.
type ranked[T any] interface {
	before(T) bool
	place(int) // where in the heap it stands now
}

// heap keeps its least element first; equal ones must not exist.
type heap[T ranked[T]] []T

func (h *heap[T]) push(x T) {
	*h = append(*h, x)
	h.up(len(*h) - 1)
}

// remove takes the element at a place out.
func (h *heap[T]) remove(i int) T {
	old := *h
	x, last := old[i], len(old)-1
	old[i] = old[last]
	var none T
	old[last] = none
	*h = old[:last]
	if i < last {
		h.down(i)
		h.up(i)
	}
	return x
}

func (h heap[T]) up(i int) {
	x := h[i]
	for i > 0 {
		parent := (i - 1) / 2
		if !x.before(h[parent]) {
			break
		}
		h[i] = h[parent]
		h[i].place(i)
		i = parent
	}
	h[i] = x
	x.place(i)
}

func (h heap[T]) down(i int) {
	x := h[i]
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if right := child + 1; right < len(h) && h[right].before(h[child]) {
			child = right
		}
		if !h[child].before(x) {
			break
		}
		h[i] = h[child]
		h[i].place(i)
		i = child
	}
	h[i] = x
	x.place(i)
}
