// Package run carries a plan out: it asks the search for the next stage, holds it
// on the load with the power meters beside it, seals its rows, and goes on until
// the search has an answer; then it computes the result from the folder.
//
// It decides nothing by itself and computes no number: stages come from a
// plimsoll.Method, evidence and verdicts are computed from the sealed rows by
// package result, the same code that makes result.json and that verifies it. It
// reads no clock for decisions either, so that a run in virtual time decides as a
// real one does.
//
// Whatever happens is appended to events.jsonl, which terminal and pages read.
package run
