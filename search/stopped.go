package search

import "plimsoll"

// Stopped answers for a search that ended before it was done: the best lower
// statement of each tier, and why it ended. Nothing was wrong with its levels, so what
// they do not settle is undecided.
func (s *Search) Stopped(past []plimsoll.Past, why string) *plimsoll.Answer {
	l := read(&s.c, past)
	a := s.answer(&l, why, true)
	for i := range a.Tiers {
		if a.Tiers[i].Outcome == plimsoll.Void {
			a.Tiers[i].Outcome = plimsoll.Undecided
		}
	}
	return a
}
