package sim

import "slices"

// span is blocks of a run that came out of use, or down into a tier, together. In a
// run, deeper is older: a use of a block is a use of all before it.
type span struct {
	of         *cached
	blocks     int
	prev, next *span
}

// ring holds the spans of a pool or tier, oldest first.
type ring struct {
	end   span
	spare *span // spans to use again, chained by next
}

func (r *ring) init()         { r.end.prev, r.end.next = &r.end, &r.end }
func (r *ring) oldest() *span { return r.end.next }

// push adds blocks of a run before those that the ring has of it, as the newest span.
func (r *ring) push(c *cached, n int) {
	s := r.spare
	if s == nil {
		s = &span{}
	} else {
		r.spare = s.next
	}
	*s = span{of: c, blocks: n, prev: r.end.prev, next: &r.end}
	s.prev.next, s.next.prev = s, s
	c.spans = slices.Insert(c.spans, 0, s)
}

// add is push, into the newest span where that is the run's.
func (r *ring) add(c *cached, n int) {
	if newest := r.end.prev; newest.of == c {
		newest.blocks += n
		return
	}
	r.push(c, n)
}

// shed takes blocks off the deep end of the oldest span, which is its run's last, and
// returns the run.
func (r *ring) shed(n int) *cached {
	s := r.oldest()
	c := s.of
	c.blocks -= n
	if s.blocks -= n; s.blocks == 0 {
		r.drop(s)
		c.spans = c.spans[:len(c.spans)-1]
	}
	return c
}

// drop takes a span out.
func (r *ring) drop(s *span) {
	s.prev.next, s.next.prev = s.next, s.prev
	s.of, s.next, r.spare = nil, r.spare, s
}

// shorten takes blocks off the shallow end of a run's spans.
func (r *ring) shorten(c *cached, n int) {
	for n > 0 {
		s := c.spans[0]
		k := min(n, s.blocks)
		n -= k
		if s.blocks -= k; s.blocks == 0 {
			r.drop(s)
			c.spans = slices.Delete(c.spans, 0, 1)
		}
	}
}
