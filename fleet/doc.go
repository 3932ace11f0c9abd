// Package fleet holds levels on a real engine: N agents of package agent, in real
// time, through the engine's client.
//
// # What it keeps true
//
// N. An agent is a slot that is always in a turn, in a tool delay, or waiting for
// another of its branches; a turn that failed does not stop it. Observed.Delivered
// says how true it was.
//
// Instants. All are ns since the level attempt's epoch on the monotonic clock. A turn
// is sent when it is due; its connection is looked at, and made anew if the engine
// closed it, shortly before. How late it was sent stands in the row.
//
// The ledger. Every turn that was sent gives one row, also one that was cut: at the
// level's end, on an interrupt, or when the engine went away.
//
// # Ends
//
// A level ends by the rules of agent.Level. It ends early with Closed "broken" when
// every agent in a row met a connection that was refused or cut and the engine does
// not say any more what it is, and with Closed "interrupted" when ctx is cancelled or
// the sink takes no more rows.
package fleet
