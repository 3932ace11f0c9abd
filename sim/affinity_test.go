package sim

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestSessionsStayAndSpread: a session stays where it came, and a new one goes to an
// engine with the fewest live sessions, however many there were before.
func TestSessionsStayAndSpread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		engines := rapid.IntRange(1, 5).Draw(t, "engines")
		a := newAffinity(engines)
		at, open := map[uint64]int{}, map[uint64]int{}
		var now time.Duration
		for range rapid.IntRange(1, 80).Draw(t, "requests") {
			now += time.Duration(rapid.IntRange(0, 40).Draw(t, "gap")) * time.Second
			id := rapid.Uint64Range(1, 12).Draw(t, "session")
			if open[id] > 0 && rapid.Bool().Draw(t, "ends") {
				open[id]--
				a.ended(now, id, a.sessions[id])
				continue
			}
			a.expire(now)
			before := append([]int(nil), a.live...)
			_, kept := a.sessions[id]
			s := a.place(now, id, func(int) int { return 0 })
			if kept && s.engine != at[id] {
				t.Fatalf("session %d went from engine %d to %d", id, at[id], s.engine)
			}
			for i, n := range before {
				if !kept && before[s.engine] > n {
					t.Fatalf("a new session went to engine %d of %v live sessions, not to %d", s.engine, before, i)
				}
			}
			at[id] = s.engine
			open[id]++
			live := 0
			for _, n := range a.live {
				live += n
			}
			if busy := busySessions(open); live < busy || live > len(a.sessions) {
				t.Fatalf("%d live sessions, %d of %d have a request under way", live, busy, len(a.sessions))
			}
		}
	})
}

func busySessions(open map[uint64]int) (n int) {
	for _, requests := range open {
		if requests > 0 {
			n++
		}
	}
	return n
}
