// Package study asks a simulated system what if: what each optimisation is worth
// (Without), what the uncertainty of its profile does to the answer (Of), and how
// the answer stands beside what was published (Row). It changes profiles and reads
// figures; the search itself is that of every run.
//
// All of it is simulated, and Row says so.
package study
