// Package simfleet holds levels in virtual time: the agents and the level protocol
// of package agent on the simulated engine's core, without HTTP, processes or a
// clock. Ten minutes of a level take about a second, and the same configuration
// gives the same rows, byte for byte.
//
// Rows have the shape of live ones. The client is ideal: lag and connect are 0, a
// turn is sent when it is due, a token is read when it is emitted, one token a read.
// Prompt lengths, salts and block identities follow what the live engine makes of the
// same requests, so its token counts and cache hits agree.
//
// Not modelled: the idle time-out inside a stream, retries, and an engine that breaks.
//
// Everything that it observes is marked simulated.
package simfleet
