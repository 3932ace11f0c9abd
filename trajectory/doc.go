// Package trajectory holds recorded coding tasks: the native format, its reader,
// writer and checks, and the set that a run replays.
//
// # Format
//
// plimsoll-trajectory/1 is JSONL, one trajectory a line, optionally compressed
// (.zst). It is linear in size: a turn carries the segments that appear with it
// first, says how many segments of its branch's last prompt it keeps, and lists
// what follows as ranges of segments. Full text and shape only (lengths and block
// identities) are the same format. docs/trajectories.md describes every member.
//
// # Sets
//
// NewSet makes a Set: checked as a whole, counted in one token basis,
// named by the SHA-256 of its canonical bytes. A Set is immutable; Cut and Recount
// make new ones.
//
// A Builder makes a linear trajectory from a recording that repeats its history in
// every request; package importer is built on it.
package trajectory
