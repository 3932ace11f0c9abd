// Package slo judges a level against a service-level tier: evidence in, verdict
// out. It is pure.
//
// A level passes a tier when the 25th percentile of output speed is at least the
// tier's speed and the 95th percentile of TTFT at most its limit, and
//
//   - the failure rate is at most 1 %,
//   - at most 5 % of the agents starved: spent over half of the window waiting past
//     the TTFT limit (not in the rules of AA).
//
// It is undecided, never passed, with too few turns, when turns that we had to cut
// could still have changed the outcome and are more than 1 %, when more than 5 % of
// the replies came in one read (their speed is a lower bound), or when usage counts
// more tokens than were streamed. It is void when a gate of package measure says
// that the client was the limit or the engine was lost or changed.
//
// # Turns that we cut
//
// A turn without a first token for longer than the limit is a TTFT miss; one whose
// speed so far is below the tier's is a speed miss. What cannot be told is placed
// at its best and at its worst: the same outcome both ways is a verdict.
package slo
