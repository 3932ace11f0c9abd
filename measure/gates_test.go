package measure

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"plimsoll"
)

func TestGates(t *testing.T) {
	gate := func(e plimsoll.Evidence, name string) plimsoll.Gate {
		i := slices.IndexFunc(e.Gates, func(g plimsoll.Gate) bool { return g.Name == name })
		if i < 0 {
			t.Fatalf("no gate %s in %+v", name, e.Gates)
		}
		return e.Gates[i]
	}
	rows := []plimsoll.Row{turn(0, 0, 1, 1, 2, 3, 50), turn(0, 1, 4, 4, 5, 6, 50)}
	for name, spoil := range map[string]func(*Input){
		"lag":         func(in *Input) { in.Rows[0].Sent += 40e6 },
		"sentinel":    func(in *Input) { in.Observed.Client.SentinelP99ms = 1.01 },
		"run_queue":   func(in *Input) { in.Observed.Client.RunQueueShare = 0.011 },
		"delivered":   func(in *Input) { in.Observed.Delivered = 0.98 },
		"ledger":      func(in *Input) { in.Observed.TurnsSent++ },
		"prefix_leak": func(in *Input) { in.Head = 16; in.Rows[0].UsageCached = 17 },
		"identity": func(in *Input) {
			in.Observed.Before, in.Observed.After = &plimsoll.Identity{Version: "1"}, &plimsoll.Identity{Version: "2"}
		},
	} {
		in := input(slices.Clone(rows), 0, 10*second, 1)
		if g := gate(Evidence(in), name); !g.OK {
			t.Errorf("%s fails unspoiled: %+v", name, g)
		}
		spoil(&in)
		if g := gate(Evidence(in), name); g.OK {
			t.Errorf("%s passes spoiled: %+v", name, g)
		}
	}
}

func TestVirtualLevelsPassWhatTheyCannotMeasure(t *testing.T) {
	in := input([]plimsoll.Row{turn(0, 0, 1, 1, 2, 3, 50)}, 0, 10*second, 1)
	in.Observed.Simulated, in.Observed.Delivered = true, 0
	in.Observed.Client = plimsoll.Client{SentinelP99ms: 99, RunQueueShare: 9}
	for _, g := range Evidence(in).Gates {
		if !g.OK {
			t.Errorf("%+v", g)
		}
	}
}

// TestLittleWithCutTurns: agents whose turns are mostly short and sometimes long, cut
// soon after the window. The cut is ours, so the law still holds; a slot that idled in
// the window is found all the same.
func TestLittleWithCutTurns(t *testing.T) {
	const agents, origin, end, cutAt = 400, 500, 300, 303
	for _, idle := range []bool{false, true} {
		random := rand.New(rand.NewPCG(7, 11))
		var rows []plimsoll.Row
		for slot := range agents {
			at := -random.Float64() * 400 // long before the window, so that it begins stationary
			for at < end {
				length := 1 + random.Float64()
				if random.Float64() < 0.04 {
					length = 60 + 60*random.Float64()
				}
				due := at
				if idle && slot%4 == 0 {
					at += length // nothing is sent, although it is due
				}
				r := turn(slot, len(rows), due+origin, at+origin, at+origin, min(at+length, cutAt)+origin, 20)
				if at+length > cutAt {
					r.Class = plimsoll.ClassCancelled
				}
				rows = append(rows, r)
				at += length
			}
		}
		e := plimsoll.Evidence{Window: plimsoll.Window{Start: origin * second, End: (origin + end) * second}, Stage: plimsoll.Stage{Agents: agents}}
		if g := little(&e, rows); g.OK == idle || g.Note != "" {
			t.Errorf("idle %t: %+v", idle, g)
		}
	}
}

// TestLittleWhereAnEngineSlowsDown: cycles of 1 s become cycles of a minute in the
// window's second half, and stay under way at its end. The load is whole; with a turn
// lost from every fourth slot, or counted twice, it is not.
func TestLittleWhereAnEngineSlowsDown(t *testing.T) {
	const agents = 40
	for _, fault := range []string{"", "lost", "twice"} {
		var rows []plimsoll.Row
		for slot := range agents {
			for at := float64(slot) / agents; at < 300; {
				length, n := 1.0, len(rows)
				if at > 150 {
					length = 50 + float64(slot)/2
				}
				r := turn(slot, n, at+0.2, at+0.2, at+0.5, at+length, 20)
				if slot%4 > 0 || length < 2 || fault != "lost" {
					rows = append(rows, r)
				}
				if slot%4 == 0 && length > 2 && fault == "twice" {
					r.Turn = int32(n + 1)
					rows = append(rows, r)
				}
				at += length
			}
		}
		e := plimsoll.Evidence{Window: plimsoll.Window{Start: 10 * second, End: 290 * second}, Stage: plimsoll.Stage{Agents: agents}}
		ordered, _ := bySlots(rows)
		if off := math.Abs(balance(ordered, e.Window, agents) - 1); (off <= littleShare) != (fault == "") {
			t.Errorf("%q: off by %g", fault, off)
		}
		if g := little(&e, rows); fault == "" && !g.OK || g.Note != "" {
			t.Errorf("%q: %+v", fault, g)
		}
	}
}

// TestLittleWhileABacklogDrains: the ramp left a backlog, and TTFT falls from a minute to
// nothing in the window. Such a level is no verdict's, though every agent is busy.
func TestLittleWhileABacklogDrains(t *testing.T) {
	const agents = 100
	var rows []plimsoll.Row
	for slot := range agents {
		for at := float64(slot) / agents; at < 320; {
			wait := math.Max(0.1, 30-at/4)
			rows = append(rows, turn(slot, len(rows), at, at, at+wait, at+wait+0.2, 20))
			at += wait + 0.2
		}
	}
	e := plimsoll.Evidence{Window: plimsoll.Window{Start: 20 * second, End: 300 * second}, Stage: plimsoll.Stage{Agents: agents}}
	if g := little(&e, rows); g.OK || g.Note != "" {
		t.Errorf("%+v", g)
	}
}

// TestLittleWhileACacheWarms: TTFT falls by a twentieth of a second in cycles of ten, and the
// level's end cuts turns of a minute, which leaves the mean cycle short. Nothing is missing.
func TestLittleWhileACacheWarms(t *testing.T) {
	const agents, end = 200, 320.0
	var rows []plimsoll.Row
	for slot := range agents {
		for at, n := float64(slot)/20, slot; at < end; n++ {
			wait, length := 0.2-at/6000, 5.0
			if n%12 == 0 {
				length = 60
			}
			r := turn(slot, n, at, at, at+wait, math.Min(at+length, end), 20)
			if at+length > end {
				r.Class = plimsoll.ClassCensored
			}
			rows = append(rows, r)
			at += length
		}
	}
	e := plimsoll.Evidence{Window: plimsoll.Window{Start: 20 * second, End: plimsoll.Instant(end * 1e9)}, Stage: plimsoll.Stage{Agents: agents}}
	if g := little(&e, rows); !g.OK || g.Note != "" || g.Value > 0.001 {
		t.Errorf("%+v", g)
	}
}

func TestLittle(t *testing.T) {
	var rows []plimsoll.Row
	for slot := range 3 {
		for n := range 400 {
			at := float64(slot)/3 + float64(n)*1
			rows = append(rows, turn(slot, n, at, at, at+0.2, at+0.6, 20))
		}
	}
	in := input(rows, 50*second, 350*second, 3)
	g := little(&plimsoll.Evidence{Window: in.Observed.Window, Stage: in.Stage}, rows)
	if !g.OK || g.Value < 0 {
		t.Errorf("a full house: %+v", g)
	}
	in.Stage.Agents = 4
	if g = little(&plimsoll.Evidence{Window: in.Observed.Window, Stage: in.Stage}, rows); g.OK {
		t.Errorf("an idle slot passes: %+v", g)
	}
}

func TestStarved(t *testing.T) {
	rows := []plimsoll.Row{
		turn(0, 0, 1, 1, 9.5, 10, 50), // waits 8.5 s, 6.5 of them past 2 s
		turn(1, 0, 1, 1, 7, 10, 50),   // 4 s past
		turn(2, 0, -9, -9, 5.5, 6, 50),
	}
	e := Evidence(input(rows, 0, 10*second, 3))
	if e.Starved["a"] != 2 {
		t.Errorf("starved %d, want slots 0 and 2", e.Starved["a"])
	}
}
