// Package dialect holds the wire formats that inference engines speak: how a
// recorded trajectory becomes requests, and how a reply's stream is read.
//
// It is pure: it opens nothing, reads no clock and starts nothing.
//
// # Requests
//
// [Dialect.Encode] encodes each message of a trajectory once, into one arena that
// all agents share. A request for a turn is then a short list of slices of that
// arena with an exact length ([Encoded.Request]); nothing is encoded as JSON while
// a level runs, and an agent's memory does not grow with its context.
//
// Two salts keep an engine's prefix cache honest. The level salt stands at the
// start of the prompt's first text, the walk salt at the start of its first user
// text, right after the scaffold: the scaffold is shared inside a level, nothing
// else. Where the first text is the first user text, both stand there, level salt
// first.
//
// # Replies
//
// A [Scanner] is fed the bytes of each socket read with that read's instant. It
// finds server-sent events over any split, tells by a byte scan which of them
// carry tokens, and keeps instants, counts and the text. All events of one read
// share its instant, so the "first chunk" is everything that arrived in the read
// of the first token. Usage is kept as bytes and decoded when the reply is over.
package dialect
