package agent

import (
	"fmt"
	"math"
	"sort"
	"testing"
	"time"

	"plimsoll"
)

// TestDrawGolden pins the hash: a change would give every published run other
// trajectories.
func TestDrawGolden(t *testing.T) {
	for _, test := range []struct {
		got, want uint64
	}{
		{Draw(0, ""), 0xaebe53f85cdc3c4c},
		{Draw(42, "trajectory", 0, 1, 2), 0x31040c4da83a008f},
		{Draw(42, "trajectory", 0, 2, 1), 0xc93cd2ae59282b8f},
	} {
		if test.got != test.want {
			t.Errorf("draw %#x, want %#x", test.got, test.want)
		}
	}
}

func TestDrawIsUniform(t *testing.T) {
	const n, bins = 100_000, 50
	var counts [bins]float64
	for i := range uint64(n) {
		counts[int(uniform(Draw(7, "test", i>>8, i&255))*bins)]++
	}
	chi := 0.0
	for _, c := range counts {
		d := c - n/bins
		chi += d * d / (n / bins)
	}
	if chi > 100 { // 49 degrees of freedom: 85 at p = 0.001
		t.Errorf("chi square %.1f over %d bins", chi, bins)
	}
}

func TestSalts(t *testing.T) {
	seen := map[Salt]string{}
	note := func(s Salt, what string) {
		if other, ok := seen[s]; ok {
			t.Errorf("salt of %s is that of %s", what, other)
		}
		seen[s] = what
		for _, c := range s {
			if c < '0' || c > 'f' || c == '"' || c == '\\' {
				t.Errorf("salt of %s holds %q", what, c)
			}
		}
	}
	for n := 1; n <= 8; n++ {
		for replicate := range 3 {
			for attempt := 1; attempt <= 3; attempt++ {
				for _, warmup := range []bool{false, true} {
					level := LevelSalt(1, plimsoll.Stage{Agents: n, Replicate: replicate, Attempt: attempt, Warmup: warmup})
					note(level, fmt.Sprint(n, replicate, attempt, warmup))
					note(WalkSalt(level, 0, 1), fmt.Sprint("walk 0 1 of ", n, replicate, attempt, warmup))
					note(WalkSalt(level, 1, 0), fmt.Sprint("walk 1 0 of ", n, replicate, attempt, warmup))
				}
			}
		}
	}
}

// TestAADelay compares 20,000 draws with the clipped lognormal.
func TestAADelay(t *testing.T) {
	var seconds []float64
	for i := range uint64(20_000) {
		seconds = append(seconds, aaDelay(Draw(0, "tool delay", i)).Seconds())
	}
	sort.Float64s(seconds)
	for _, test := range []struct{ q, want float64 }{
		{0.005, 0.1},   // 1.07 % lie at the lower bound
		{0.25, 0.5094}, // exp(-0.67449)
		{0.5, 1},
		{0.75, 1.9630},
		{0.96, 5}, // 5.4 % lie at the upper bound
	} {
		if got := seconds[int(test.q*20_000)]; math.Abs(got/test.want-1) > 0.04 {
			t.Errorf("quantile %.3f is %.4f s, want %.4f", test.q, got, test.want)
		}
	}
}

// TestSpreadIsStationary compares the position that spread starts draw with the
// stationary law: a trajectory three times as long holds three times the agents, and
// the share of agents inside a part is the part's share of the time.
func TestSpreadIsStationary(t *testing.T) {
	timed := func(id string, took time.Duration) *plimsoll.Trajectory {
		return &plimsoll.Trajectory{ID: id, Turns: []plimsoll.Turn{
			{Ended: took},
			{WaitFor: []int{0}, Delay: took, Ended: took},
		}}
	}
	roster, err := NewRoster([]*plimsoll.Trajectory{timed("short", time.Second), timed("long", 3*time.Second)},
		Config{Seed: 3, Start: StartSpread, ToolDelay: DelayRecorded})
	if err != nil {
		t.Fatal(err)
	}
	const n = 20_000
	long, second, waiting := 0.0, 0.0, 0.0
	for i := range n {
		actions := roster.NewSlot(0, i).Step(nil, Event{Kind: Begun})
		if len(actions) != 1 {
			t.Fatalf("slot %d begins with %v", i, actions)
		}
		if actions[0].Trajectory == 1 {
			long++
		}
		if actions[0].Primer {
			second++ // the first turn has ended
			slot := roster.NewSlot(0, i)
			slot.Step(nil, Event{Kind: Begun})
			if next := slot.Step(nil, Event{Kind: Ended, Turn: 0, Primer: true, At: 10}); next[0].Due > 10 {
				waiting++
			}
		}
	}
	for name, test := range map[string]struct{ got, want float64 }{
		"in the long one":       {long / n, 0.75},
		"after its first turn":  {second / n, 2.0 / 3},
		"in the delay, of them": {waiting / second, 0.5},
	} {
		if math.Abs(test.got-test.want) > 0.015 {
			t.Errorf("share %s: %.3f, want %.3f", name, test.got, test.want)
		}
	}
}
