// Package detector tells tests whether the race detector, which slows them five to ten
// times, is at work.
//
// Skip is for a test without goroutines, whose time is arithmetic: the detector can
// find nothing there. `make fast` runs the packages whose tests import this one again,
// whole, without the detector.
package detector

import (
	"runtime/debug"
	"slices"
	"testing"
)

// On reports whether the race detector is built in.
func On() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// Skip leaves a test out under the detector; what says what takes its time.
func Skip(t testing.TB, what string) {
	t.Helper()
	if On() {
		t.Skipf("%s: not under the race detector; make fast runs it without", what)
	}
}
