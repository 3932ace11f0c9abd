package agent_test

import (
	"testing"

	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/agent"
)

// TestAssignedAgentWalksWhatItIsTold: the trajectories in their order and then again,
// from the offset, whatever the seed, the replicate and the start say.
func TestAssignedAgentWalksWhatItIsTold(t *testing.T) {
	set := []*plimsoll.Trajectory{chain("a", 3), chain("b", 5), chain("c", 2)}
	rapid.Check(t, func(t *rapid.T) {
		assigned := []plimsoll.Assigned{{Trajectories: []int{2, 0}, Offset: 1}, {Trajectories: []int{1}, Offset: 40}}
		r, err := agent.NewRoster(set, agent.Config{
			Seed: rapid.Uint64().Draw(t, "seed"), Start: rapid.SampledFrom([]string{agent.StartSpread, agent.StartOffset, agent.StartBegin}).Draw(t, "start"),
			ToolDelay: agent.DelayRecorded, Assigned: assigned,
		})
		if err != nil {
			t.Fatal(err)
		}
		for slot, want := range [][]int{{2, 0, 0, 0, 2, 2, 0}, {1, 1, 1, 1, 1, 1, 1}} {
			s := r.NewSlot(rapid.IntRange(0, 5).Draw(t, "replicate"), slot)
			actions := s.Step(nil, agent.Event{Kind: agent.Begun})
			first := max(0, min(assigned[slot].Offset, len(set[want[0]].Turns)-1))
			for i := range want {
				send := actions[len(actions)-1]
				if send.Kind != agent.Send || send.Primer || send.Trajectory != want[i] || (i == 0 && send.Turn != first) {
					t.Fatalf("slot %d: request %d is %+v, want trajectory %d from turn %d", slot, i, send, want[i], first)
				}
				actions = s.Step(nil, agent.Event{Kind: agent.Ended, At: send.Due, Turn: send.Turn})
			}
		}
	})
}

func TestRosterRefusesAnAssignmentBeyondItsSet(t *testing.T) {
	set := []*plimsoll.Trajectory{chain("a", 3)}
	for _, a := range []plimsoll.Assigned{{}, {Trajectories: []int{1}}, {Trajectories: []int{-1}}, {Trajectories: []int{0}, Offset: -1}} {
		if _, err := agent.NewRoster(set, agent.Config{Start: agent.StartBegin, ToolDelay: agent.DelayRecorded, Assigned: []plimsoll.Assigned{a}}); err == nil {
			t.Errorf("%+v: accepted", a)
		}
	}
}

// chain is a trajectory of so many turns, each after the one before.
func chain(id string, turns int) *plimsoll.Trajectory {
	t := &plimsoll.Trajectory{ID: id}
	for i := range turns {
		turn := plimsoll.Turn{OutputTokens: 20}
		if i > 0 {
			turn.WaitFor = []int{i - 1}
		}
		t.Turns = append(t.Turns, turn)
	}
	return t
}
