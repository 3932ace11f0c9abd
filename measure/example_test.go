package measure_test

import (
	"fmt"
	"time"

	"plimsoll"
	"plimsoll/measure"
)

// A level of two turns in a window of ten seconds: the second one failed.
func Example() {
	s := plimsoll.Instant(time.Second)
	rows := []plimsoll.Row{
		{Slot: 0, Turn: 0, Due: 1 * s, Sent: 1 * s, FirstToken: 2 * s, LastToken: 4 * s, End: 4 * s, FirstChunkTokens: 1,
			UsageCompletion: 101, UsageCached: -1, LocalTokens: -1, Class: plimsoll.ClassOK},
		{Slot: 1, Turn: 0, Due: 3 * s, Sent: 3 * s, FirstToken: plimsoll.Never, LastToken: plimsoll.Never, End: 5 * s,
			UsageCompletion: -1, UsageCached: -1, LocalTokens: -1, Class: plimsoll.ClassHTTP},
	}
	e := measure.Evidence(measure.Input{
		Stage: plimsoll.Stage{Agents: 2}, Rows: rows, Now: plimsoll.Never, Head: -1,
		Observed: plimsoll.Observed{Window: plimsoll.Window{Start: 0, End: 10 * s}, TurnsSent: 2, Delivered: 1},
	})
	fmt.Printf("%d turns = %d ok + %d failed\n", e.Turns, e.OK, e.Failed)
	fmt.Printf("P25 speed %.1f tokens/s, P95 TTFT %.1f s\n", measure.Percentile(e.Speed, 0.25), measure.Percentile(e.TTFT, 0.95))
	// Output:
	// 2 turns = 1 ok + 1 failed
	// P25 speed 12.5 tokens/s, P95 TTFT +Inf s
}
