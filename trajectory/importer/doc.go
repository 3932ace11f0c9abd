// Package importer reads recordings of coding agents in the formats that people
// have and makes trajectories of them.
//
// Formats lists what can be read; Load, Import and Check tell formats apart by content,
// never by a file's name. An importer reads a file as a whole or not at all, gives
// every error its place, and marks in Trajectory.Fidelity what the recording could
// not tell it (tool schemas, system prompt, timings) instead of inventing it.
//
// Recordings repeat themselves: most formats hold the whole conversation in every
// request. Importers store each message once, so a file that is quadratic in the
// number of turns becomes a trajectory that is linear.
package importer
