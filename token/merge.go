package token

import (
	"container/heap"
	"unicode/utf8"
)

// byteLevel writes bytes as the printable characters of GPT-2's table.
func byteLevel(p string) string {
	out := make([]rune, len(p))
	for i := range len(p) {
		out[i] = byteRune(p[i])
	}
	return string(out)
}

// byteRune maps a byte to its character: itself where it is printable in Latin-1,
// else 256 + its place among the others (Radford et al., GPT-2, 2019).
func byteRune(c byte) rune {
	switch {
	case c >= '!' && c <= '~', c >= 0xa1 && c <= 0xac, c >= 0xae:
		return rune(c)
	case c <= ' ':
		return 256 + rune(c)
	case c == 0xad:
		return 256 + 67
	}
	return 256 + 33 + rune(c-0x7f)
}

// merge joins a piece's characters by the merges, lowest rank first and, among
// equals, leftmost first, and returns the ids.
func (b *bpe) merge(piece string) []int {
	if b.ignore {
		if id, known := b.vocab[piece]; known {
			return []int{id}
		}
	}
	var nodes []mergeNode
	for i, r := range piece {
		n := len(nodes)
		nodes = append(nodes, mergeNode{from: i, text: piece[i : i+utf8.RuneLen(r)], prev: n - 1, next: n + 1})
	}
	nodes[len(nodes)-1].next = -1
	q := &mergeQueue{}
	push := func(at int) {
		if at < 0 || nodes[at].next < 0 {
			return
		}
		if rank, known := b.ranks[[2]string{nodes[at].text, nodes[nodes[at].next].text}]; known {
			heap.Push(q, mergeCandidate{rank, at, len(nodes[at].text) + len(nodes[nodes[at].next].text)})
		}
	}
	for i := range nodes {
		push(i)
	}
	for q.Len() > 0 {
		c := heap.Pop(q).(mergeCandidate)
		left := &nodes[c.at]
		// Stale when a neighbour was merged away since it was pushed.
		if left.text == "" || left.next < 0 || len(left.text)+len(nodes[left.next].text) != c.size {
			continue
		}
		if rank, known := b.ranks[[2]string{left.text, nodes[left.next].text}]; !known || rank != c.rank {
			continue
		}
		right := &nodes[left.next]
		left.text = piece[left.from : left.from+c.size] // neighbours lie side by side
		right.text = ""
		left.next = right.next
		if left.next >= 0 {
			nodes[left.next].prev = c.at
		}
		push(left.prev)
		push(c.at)
	}
	var out []int
	for at := 0; at >= 0; at = nodes[at].next {
		id, known := b.vocab[nodes[at].text]
		if !known {
			id = -1 // a vocabulary without this byte: still one token
		}
		out = append(out, id)
	}
	return out
}

type mergeNode struct {
	from       int // byte of the piece
	text       string
	prev, next int
}

type mergeCandidate struct{ rank, at, size int }

type mergeQueue []mergeCandidate

func (q mergeQueue) Len() int { return len(q) }
func (q mergeQueue) Less(i, j int) bool {
	if q[i].rank != q[j].rank {
		return q[i].rank < q[j].rank
	}
	return q[i].at < q[j].at
}
func (q mergeQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *mergeQueue) Push(x any)   { *q = append(*q, x.(mergeCandidate)) }
func (q *mergeQueue) Pop() any {
	last := len(*q) - 1
	c := (*q)[last]
	*q = (*q)[:last]
	return c
}
