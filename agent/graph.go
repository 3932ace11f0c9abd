package agent

import (
	"fmt"
	"time"

	"plimsoll"
)

// edge leads from a turn to one that cannot start before it ended.
type edge struct {
	to   int32
	tool bool // the delay comes on top; false: only the branch's order
}

// graph is a trajectory as its slots walk it; read-only once built.
type graph struct {
	key     uint64 // hash of the trajectory's ID, for draws
	delays  []time.Duration
	roots   []bool  // waits for no turn
	pending []int32 // turns that must end first
	branch  []int32
	// prev is the turn before on the same branch, -1 for a branch's first.
	prev []int32
	// edges[first[t]:first[t+1]] leave turn t.
	edges []edge
	first []int32
	// start and end are when each turn ran in the recording, without idle time
	// other than tool delays; duration is the latest end.
	start, end []time.Duration
	duration   time.Duration
}

// speedGuess is the output speed by which a turn's unrecorded duration is estimated.
const speedGuess = 50 // tokens/s

func newGraph(t *plimsoll.Trajectory) (graph, error) {
	n := len(t.Turns)
	if n == 0 {
		return graph{}, fmt.Errorf("trajectory %s has no turns", t.ID)
	}
	g := graph{
		key: hashText(t.ID), delays: make([]time.Duration, n), roots: make([]bool, n),
		pending: make([]int32, n), branch: make([]int32, n), prev: make([]int32, n),
		start: make([]time.Duration, n), end: make([]time.Duration, n),
	}
	out := make([][]edge, n)
	last := map[int]int{} // by branch
	for i := range t.Turns {
		turn := &t.Turns[i]
		if turn.Delay < 0 {
			return graph{}, fmt.Errorf("trajectory %s turn %d: delay %s is negative", t.ID, i, turn.Delay)
		}
		g.delays[i], g.roots[i], g.branch[i], g.prev[i] = turn.Delay, len(turn.WaitFor) == 0, int32(turn.Branch), -1
		waits := map[int]bool{}
		for _, w := range turn.WaitFor {
			if w < 0 || w >= i {
				return graph{}, fmt.Errorf("trajectory %s turn %d waits for turn %d, which is not before it", t.ID, i, w)
			}
			if !waits[w] {
				waits[w] = true
				out[w] = append(out[w], edge{int32(i), true})
				g.pending[i]++
			}
		}
		if p, ok := last[turn.Branch]; ok {
			g.prev[i] = int32(p)
			if !waits[p] {
				out[p] = append(out[p], edge{int32(i), false})
				g.pending[i]++
			}
		}
		last[turn.Branch] = i
		g.schedule(t, i)
	}
	for _, edges := range out {
		g.first = append(g.first, int32(len(g.edges)))
		g.edges = append(g.edges, edges...)
	}
	g.first = append(g.first, int32(len(g.edges)))
	return g, nil
}

// schedule places turn i after what it waits for.
func (g *graph) schedule(t *plimsoll.Trajectory, i int) {
	var ready time.Duration
	for _, w := range t.Turns[i].WaitFor {
		ready = max(ready, g.end[w])
	}
	g.start[i] = ready + g.delays[i]
	if p := g.prev[i]; p >= 0 {
		g.start[i] = max(g.start[i], g.end[p])
	}
	g.end[i] = g.start[i] + turnDuration(t, i)
	g.duration = max(g.duration, g.end[i])
}

// turnDuration is the recorded time of a call, else its estimate.
func turnDuration(t *plimsoll.Trajectory, i int) time.Duration {
	turn := &t.Turns[i]
	if turn.Ended > turn.Started {
		return turn.Ended - turn.Started
	}
	tokens := turn.OutputTokens
	if tokens == 0 {
		for _, span := range turn.Output {
			for _, s := range t.Segments[span.From:span.To] {
				tokens += s.Tokens
			}
		}
	}
	return time.Duration(max(tokens, 1)) * time.Second / speedGuess
}
