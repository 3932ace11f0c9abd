package search

import "plimsoll"

// Stopped answers for a search that ended before it was done: the best lower
// statement of each tier, and why it ended.
func (s *Search) Stopped(past []plimsoll.Past, why string) *plimsoll.Answer {
	l := read(&s.c, past)
	return s.answer(&l, why, true)
}
