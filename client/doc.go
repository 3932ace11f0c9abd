// Package client is the engine's client: it sends a turn, reads the reply's stream
// and stamps it.
//
// # The clock
//
// A read's instant is taken right after the socket read returns, before anything
// is parsed. Sent is taken just before the first request byte is written. A
// connection is renewed while the agent waits for its tool; one that is made after
// the turn was due is recorded apart (Row.Connect) and belongs to TTFT, so that an
// engine cannot hide its queue in accept or TLS.
//
// # The path
//
// HTTP/1.1 over one connection for each slot and branch, plain or TLS. The request
// is written as slices with writev and has a Content-Length; the reply is read as
// it comes, chunked or not. There are no redirects, no retries, and no compressed
// replies: each would hide what the engine did.
//
// # What voids a level
//
// [Health] watches the process that makes the load: a loopback stream that is
// stamped when written and read like any reply, the kernel's run queue, CPU time
// and memory.
package client
