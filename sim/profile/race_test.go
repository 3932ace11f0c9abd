//go:build race

package profile

// raced tells tests of many simulated minutes that the race detector slows them
// ten times.
const raced = true
