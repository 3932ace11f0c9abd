package trajectory

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll"
)

func TestDropTurnsHandsWaitsOn(t *testing.T) {
	tr := &plimsoll.Trajectory{Turns: []plimsoll.Turn{{}, {WaitFor: []int{0}, Marker: "sidecar"}, {WaitFor: []int{1}}, {WaitFor: []int{0, 2}}}}
	dropTurns(tr, func(turn *plimsoll.Turn) bool { return turn.Marker == "sidecar" })
	var waits [][]int
	for _, turn := range tr.Turns {
		waits = append(waits, turn.WaitFor)
	}
	if diff := cmp.Diff([][]int{nil, {0}, {0, 1}}, waits); diff != "" {
		t.Error(diff)
	}
}
