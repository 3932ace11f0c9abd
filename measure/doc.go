// Package measure turns the rows of a level into evidence: the values that a
// verdict rests on, the ledger that must add up, and the gates that tell whether
// the client was the limit. It is pure: the same rows give the same evidence.
//
// # Values of a turn
//
//	TTFT        first_token - sent + connect after due (s); +Inf for a failed turn
//	speed       (tokens - tokens of the first chunk) / (last_token - first_token)
//	n_minus_1   (tokens - 1) / (last_token - first_token)
//	end_to_end  tokens / (end - sent)
//
// A reply whose tokens all came in one read has no first-to-last span. With at
// least two tokens it counts with tokens/(end - sent), a lower bound, and
// n_minus_1 leaves it out; with fewer it has no speed.
//
// # Population
//
// All turns of all agents sent in the window, pooled; primers are in none. A
// failed turn is in it with TTFT +Inf and speed 0. A turn that we cut, or that is
// still under way at a tick, is listed in Evidence.Open, and the verdict asks what
// it could still become.
//
// # Percentiles
//
// Exact, by linear interpolation at rank (n-1)q over the raw values, see
// [Percentile].
package measure
