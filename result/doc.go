// Package result makes the numbers of a run: Compute reads a run folder and is the
// only maker of result.json.
//
// The numbers follow from facts.json and the sealed levels alone: evidence from
// rows (package measure), verdicts from evidence (slo), the answer from verdicts
// (search), energy from meter readings (power). Computing them again from the same
// folder gives the same bytes, so anyone can check a result without the engine and
// without a network: see Verify.
//
// # Per accelerator and per megawatt
//
// per_accelerator is capacity over all accelerators that serve, idle ones too.
// per_megawatt is capacity over mean power at one named boundary, in the pooled
// windows (energy over time) of the lowest tested level with at least the claimed
// number of agents, else of the highest passing level. There is no such figure
// without boundary, basis, source and grade; where it cannot be made, the reason
// stands in its place. Figures at different boundaries stand side by side and are
// never mixed.
//
// # JSON
//
// Names carry units. A number that does not exist is null: a P95 TTFT in the tail
// of failed turns is null with p95_ttft_unbounded true.
package result
