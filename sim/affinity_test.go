package sim

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestSessionsStayAndSpread: a session stays where it came, and a new one goes to an
// engine with the fewest live sessions and there to a rank with the fewest, however many
// there were before.
func TestSessionsStayAndSpread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newAffinity()
		var engines []*Engine
		for range rapid.IntRange(1, 5).Draw(t, "engines") {
			engines = append(engines, engineOf(Config{Ranks: rapid.IntRange(1, 3).Draw(t, "ranks"), Blocks: 1}))
		}
		at, open := map[uint64]*rank{}, map[uint64]int{}
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
			fewest, fewestOf := fewestLive(engines)
			_, kept := a.sessions[id]
			s := a.place(now, id, engines...)
			if kept && s.on != at[id] {
				t.Fatalf("session %d left its rank", id)
			}
			if before := s.on.engine.live - 1; !kept && (before > fewest || s.on.live-1 > fewestOf[s.on.engine]) {
				t.Fatalf("a new session went to an engine of %d live sessions where one has %d, or a rank of %d where one has %d", before, fewest, s.on.live-1, fewestOf[s.on.engine])
			}
			at[id] = s.on
			open[id]++
			live, onRanks := 0, 0
			for _, e := range engines {
				live += e.live
				for _, r := range e.ranks {
					onRanks += r.live
				}
			}
			if busy := busySessions(open); live < busy || live > len(a.sessions) || live != onRanks {
				t.Fatalf("%d live sessions (%d on ranks), %d of %d have a request under way", live, onRanks, busy, len(a.sessions))
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

// fewestLive returns the live sessions of the engine with the fewest, and for each those
// of its rank with the fewest.
func fewestLive(engines []*Engine) (fewest int, of map[*Engine]int) {
	of = make(map[*Engine]int)
	fewest = engines[0].live
	for _, e := range engines {
		fewest = min(fewest, e.live)
		of[e] = e.ranks[0].live
		for _, r := range e.ranks {
			of[e] = min(of[e], r.live)
		}
	}
	return fewest, of
}
