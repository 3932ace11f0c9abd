// Package plimsoll holds the nouns and the contracts that every room of the
// program shares: what is replayed (Trajectory), what is asked for (Tier, Stage,
// Plan), what was seen (Row, Sample, Observed, Evidence) and what follows from it
// (Verdict, Answer).
//
// # What Plimsoll tells
//
// The capacity of an LLM inference engine for coding agents: the highest number
// of agents that it serves at once while the 25th percentile of output speed and
// the 95th percentile of time to first token stay within a service-level tier,
// per accelerator and per megawatt.
//
// # Time
//
// An Instant counts nanoseconds since the epoch of its level attempt on the
// monotonic clock of the process that recorded it. A duration is only ever taken
// between two instants of one recorder.
//
// # Flow
//
//	trajectory -> agent -> fleet -> client -> rows -> measure -> slo -> search -> (next stage)
//	rows + power -> result -> report
//
// This package imports the standard library only, and nothing imports upwards: a
// test in the module's root checks the arrows.
package plimsoll
