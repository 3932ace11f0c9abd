// Package calibrate fits a profile to the levels of a run: the software factors phi
// of decoding and of prompts, and the KV pool. The same agents are held on the
// simulated engine in virtual time, level by level, and the factors are moved until
// speeds, TTFTs and uncached tokens are those that were seen.
//
// The fit is Levenberg-Marquardt on logarithms of factors and of ratios (Marquardt,
// SIAM J. Appl. Math. 11, 1963, p. 431), begun at the best point of a coarse grid, since
// the KV pool has a cliff. Error bars are two standard errors, of the linearised fit or of the
// jackknife over levels. Each fit that leaves a level out also predicts that level:
// this error is what the profile may be trusted to.
//
// Acceptance is no part of the fit: speed alone shows only acceptance over phi. It
// comes from the tokens an event (Accepted) where the engine sends an event a step.
package calibrate
