package result

import (
	"testing"

	"plimsoll"
)

// TestIntensities: a level's energy for each unit of work, by hand.
func TestIntensities(t *testing.T) {
	l := Level{Agents: 10, OK: 50, WindowS: 100, OutputTPS: 20}
	l.Energy = []plimsoll.Energy{
		{Boundary: plimsoll.BoundaryAccelerator, Basis: plimsoll.Measured, Source: "meter", Grade: plimsoll.G1, WindowS: 100, Joules: 70000, MeanWatts: 700, Valid: true},
		{Boundary: plimsoll.BoundaryRack, Basis: plimsoll.Measured, Source: "meter", Grade: plimsoll.G2, Reasons: []string{"sample_gap_exceeded"}},
	}
	got := intensities(l)
	if len(got) != 1 {
		t.Fatalf("%d figures, want one: an invalid energy gives none", len(got))
	}
	if i := got[0]; i.WhPerAgentHour != 70 || i.JPerTurn != 1400 || i.JPerMTokens != 35e6 || i.Boundary != plimsoll.BoundaryAccelerator || i.Grade != plimsoll.G1 {
		t.Errorf("got %+v, want 70 Wh an agent-hour, 1,400 J a turn, 35 MJ a million tokens", i)
	}
}
