package agent

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll"
)

// drawSet generates trajectories with branches, joins, gaps in branch order and
// unknown durations.
func drawSet(t *rapid.T) []*plimsoll.Trajectory {
	var set []*plimsoll.Trajectory
	for id := range rapid.IntRange(1, 4).Draw(t, "trajectories") {
		tr := &plimsoll.Trajectory{ID: fmt.Sprintf("t%d", id)}
		for i := range rapid.IntRange(1, 12).Draw(t, "turns") {
			turn := plimsoll.Turn{
				Branch:       rapid.IntRange(0, 3).Draw(t, "branch"),
				Delay:        time.Duration(rapid.IntRange(0, 3000).Draw(t, "delay ms")) * time.Millisecond,
				OutputTokens: rapid.IntRange(0, 300).Draw(t, "output"),
			}
			if i > 0 {
				turn.WaitFor = rapid.SliceOfNDistinct(rapid.IntRange(0, i-1), 0, min(i, 3), rapid.ID[int]).Draw(t, "wait for")
			}
			if rapid.Bool().Draw(t, "timed") {
				turn.Started, turn.Ended = time.Second, time.Second+time.Duration(rapid.IntRange(1, 5000).Draw(t, "took ms"))*time.Millisecond
			}
			tr.Turns = append(tr.Turns, turn)
		}
		set = append(set, tr)
	}
	return set
}

func drawConfig(t *rapid.T) Config {
	return Config{
		Seed:      rapid.Uint64().Draw(t, "seed"),
		Start:     rapid.SampledFrom([]string{StartSpread, StartOffset, StartBegin}).Draw(t, "start"),
		ToolDelay: rapid.SampledFrom([]string{DelayRecorded, DelayAA}).Draw(t, "tool delay"),
	}
}

// asked is a Send that has not been answered.
type asked struct {
	Action
	ends plimsoll.Instant
}

// TestWalks drives a slot with random service times through three walks and checks
// what holds for every schedule.
func TestWalks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, config := drawSet(t), drawConfig(t)
		roster, err := NewRoster(set, config)
		if err != nil {
			t.Fatal(err)
		}
		slot := roster.NewSlot(0, rapid.IntRange(0, 50).Draw(t, "slot"))
		begun := plimsoll.Instant(rapid.IntRange(0, 1e9).Draw(t, "begun"))
		sent := map[[2]int]int{}              // by walk and turn
		ends := map[[2]int]plimsoll.Instant{} // by walk and turn
		var open []asked
		walks, skipped := 0, 0
		now := begun
		take := func(actions []Action) {
			for _, a := range actions {
				if a.Kind == Walked {
					n := len(set[a.Trajectory].Turns)
					done := 0
					for key, times := range sent {
						if key[0] == a.Walk {
							done += times
						}
					}
					if a.Walk == 0 {
						skipped = n - done
					} else if done != n {
						t.Fatalf("walk %d of %d turns sent %d", a.Walk, n, done)
					}
					walks++
					continue
				}
				for _, o := range open {
					if o.Branch == a.Branch {
						t.Fatalf("two under way on branch %d: turns %d and %d", a.Branch, o.Turn, a.Turn)
					}
				}
				if a.Due < now {
					t.Fatalf("turn %d due at %d, before what set it off at %d", a.Turn, a.Due, now)
				}
				checkDue(t, roster, set, a, ends)
				if !a.Primer {
					if sent[[2]int{a.Walk, a.Turn}]++; sent[[2]int{a.Walk, a.Turn}] > 1 {
						t.Fatalf("walk %d turn %d sent twice", a.Walk, a.Turn)
					}
				}
				service := plimsoll.Instant(rapid.IntRange(1, 4e9).Draw(t, "service"))
				open = append(open, asked{a, a.Due + service})
			}
		}
		take(slot.Step(nil, Event{Kind: Begun, At: begun}))
		for walks < 3 {
			if len(open) == 0 {
				t.Fatalf("nothing under way after %d walks", walks)
			}
			next := 0
			for i := range open {
				if open[i].ends < open[next].ends {
					next = i
				}
			}
			o := open[next]
			open = append(open[:next], open[next+1:]...)
			now = o.ends
			if !o.Primer {
				ends[[2]int{o.Walk, o.Turn}] = now
			}
			take(slot.Step(nil, Event{Kind: Ended, At: now, Turn: o.Turn, Primer: o.Primer}))
			if again := slot.Step(nil, Event{Kind: Ended, At: now, Turn: o.Turn, Primer: true}); o.Primer && len(again) > 0 {
				t.Fatalf("a primer's second end gave %v", again)
			}
		}
		if config.Start == StartBegin && skipped != 0 {
			t.Fatalf("start begin left out %d turns", skipped)
		}
		if config.Start == StartOffset && skipped > maxOffset {
			t.Fatalf("start offset left out %d turns", skipped)
		}
	})
}

// checkDue compares a due instant with the definition, where all that it depends on
// was seen.
func checkDue(t *rapid.T, r *Roster, set []*plimsoll.Trajectory, a Action, ends map[[2]int]plimsoll.Instant) {
	turn := &set[a.Trajectory].Turns[a.Turn]
	if a.Walk == 0 || len(turn.WaitFor) == 0 {
		return
	}
	want := plimsoll.Instant(0)
	for _, w := range turn.WaitFor {
		end, ok := ends[[2]int{a.Walk, w}]
		if !ok {
			t.Fatalf("walk %d turn %d sent before turn %d ended", a.Walk, a.Turn, w)
		}
		want = max(want, end.Add(r.delay(a.Trajectory, a.Turn, a.Walk)))
	}
	for i := a.Turn - 1; i >= 0; i-- {
		if set[a.Trajectory].Turns[i].Branch == turn.Branch {
			want = max(want, ends[[2]int{a.Walk, i}])
			break
		}
	}
	if a.Due != want {
		t.Fatalf("walk %d turn %d due at %d, want %d", a.Walk, a.Turn, a.Due, want)
	}
}

func TestSlotIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, config := drawSet(t), drawConfig(t)
		run := func() (all []Action) {
			roster, err := NewRoster(set, config)
			if err != nil {
				t.Fatal(err)
			}
			slot := roster.NewSlot(1, 7)
			queue := slot.Step(nil, Event{Kind: Begun})
			for i := 0; i < len(queue) && i < 60; i++ {
				all = append(all, queue[i])
				if queue[i].Kind == Send {
					queue = slot.Step(queue, Event{Kind: Ended, At: queue[i].Due + 5, Turn: queue[i].Turn, Primer: queue[i].Primer})
				}
			}
			return all
		}
		first, second := run(), run()
		if len(first) != len(second) {
			t.Fatalf("%d and %d actions", len(first), len(second))
		}
		for i := range first {
			if first[i] != second[i] {
				t.Fatalf("action %d: %+v and %+v", i, first[i], second[i])
			}
		}
	})
}

func TestStepDoesNotAllocate(t *testing.T) {
	chain := &plimsoll.Trajectory{ID: "chain", Turns: []plimsoll.Turn{{}, {WaitFor: []int{0}, Delay: time.Second}, {WaitFor: []int{1}}}}
	roster, err := NewRoster([]*plimsoll.Trajectory{chain}, Config{Start: StartBegin, ToolDelay: DelayAA})
	if err != nil {
		t.Fatal(err)
	}
	slot := roster.NewSlot(0, 0)
	actions := slot.Step(make([]Action, 0, 8), Event{Kind: Begun})
	allocs := testing.AllocsPerRun(100, func() {
		last := actions[len(actions)-1]
		actions = slot.Step(actions[:0], Event{Kind: Ended, At: last.Due + 1, Turn: last.Turn})
	})
	if allocs != 0 {
		t.Errorf("a step allocates %.1f times", allocs)
	}
}

func TestRosterRefuses(t *testing.T) {
	good := []*plimsoll.Trajectory{{ID: "a", Turns: []plimsoll.Turn{{}}}}
	for name, test := range map[string]struct {
		set    []*plimsoll.Trajectory
		config Config
		want   string
	}{
		"no set":         {nil, Config{Start: StartBegin, ToolDelay: DelayAA}, "no trajectories to walk: give a set that holds at least one"},
		"no turns":       {[]*plimsoll.Trajectory{{ID: "a"}}, Config{Start: StartBegin, ToolDelay: DelayAA}, "trajectory a has no turns"},
		"unknown start":  {good, Config{Start: "middle", ToolDelay: DelayAA}, `start "middle": want spread, offset or begin`},
		"unknown delay":  {good, Config{Start: StartBegin, ToolDelay: "none"}, `tool delay "none": want recorded or aa`},
		"waits forwards": {[]*plimsoll.Trajectory{{ID: "a", Turns: []plimsoll.Turn{{WaitFor: []int{0}}}}}, Config{Start: StartBegin, ToolDelay: DelayAA}, "trajectory a turn 0 waits for turn 0, which is not before it"},
	} {
		if _, err := NewRoster(test.set, test.config); err == nil || err.Error() != test.want {
			t.Errorf("%s: error %v, want %s", name, err, test.want)
		}
	}
}
