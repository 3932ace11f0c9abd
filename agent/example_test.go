package agent_test

import (
	"fmt"
	"time"

	"plimsoll"
	"plimsoll/agent"
)

// A slot walks a trajectory of two turns; the second is due one second after the
// first ended.
func Example() {
	task := &plimsoll.Trajectory{ID: "task", Turns: []plimsoll.Turn{{}, {WaitFor: []int{0}, Delay: time.Second}}}
	roster, err := agent.NewRoster([]*plimsoll.Trajectory{task}, agent.Config{Start: agent.StartBegin, ToolDelay: agent.DelayRecorded})
	if err != nil {
		fmt.Println(err)
		return
	}
	slot := roster.NewSlot(0, 0)
	actions := slot.Step(nil, agent.Event{Kind: agent.Begun})
	fmt.Printf("turn %d due at %.1f s\n", actions[0].Turn, actions[0].Due.Seconds())
	ended := plimsoll.Instant(400 * time.Millisecond)
	actions = slot.Step(actions[:0], agent.Event{Kind: agent.Ended, At: ended, Turn: 0})
	fmt.Printf("turn %d due at %.1f s\n", actions[0].Turn, actions[0].Due.Seconds())
	// Output:
	// turn 0 due at 0.0 s
	// turn 1 due at 1.4 s
}
