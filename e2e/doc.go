// Package e2e holds the end-to-end tests: the static binary as a user runs it,
// against the simulated engine, a real llama.cpp server, and what goes wrong. They
// run alone (make e2e) since a busy machine voids a run.
package e2e
