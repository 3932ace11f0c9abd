package agent

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/measure"
)

// happening is one entry of the test's schedule.
type happening struct {
	at     plimsoll.Instant
	begin  bool
	send   bool
	token  bool // the first one
	slot   int
	action Action
	sent   plimsoll.Instant
	first  plimsoll.Instant
}

// outcome is what a driven level gave.
type outcome struct {
	observed plimsoll.Observed
	rows     []plimsoll.Row
	asked    []plimsoll.Instant
	busiest  int
}

// drive runs a level in virtual time. service gives the time to the first token and
// from there to the end.
func drive(t *rapid.T, stage plimsoll.Stage, roster *Roster, service func() (first, rest time.Duration), enough func(plimsoll.Instant) bool) outcome {
	level, err := NewLevel(stage)
	if err != nil {
		t.Fatal(err)
	}
	var out outcome
	var queue []happening
	slots := make([]*Slot, stage.Agents)
	for i := range slots {
		slots[i] = roster.NewSlot(stage.Replicate, i)
		queue = append(queue, happening{at: level.Begins(i), begin: true, slot: i})
	}
	flying := 0
	take := func(slot int, actions []Action) {
		for _, a := range actions {
			if a.Kind == Walked {
				level.Walked(slot, a.Due)
				continue
			}
			level.Waits(slot, a.Due)
			queue = append(queue, happening{at: a.Due, send: true, slot: slot, action: a})
		}
	}
	end := func(h happening, at plimsoll.Instant, class plimsoll.Class) {
		level.Ended(h.slot, h.action.Branch, h.sent, at)
		flying--
		if h.first > at {
			h.first = plimsoll.Never
		}
		out.rows = append(out.rows, plimsoll.Row{Slot: int32(h.slot), Primer: h.action.Primer, Sent: h.sent, FirstToken: h.first, End: at, Class: class})
	}
	now := plimsoll.Instant(0)
	for steps := 0; ; steps++ {
		if steps > 200_000 {
			t.Fatalf("the level does not end: %+v", level)
		}
		next := -1
		for i := range queue {
			if next < 0 || queue[i].at < queue[next].at {
				next = i
			}
		}
		if look := level.Next(now); next < 0 || look <= queue[next].at {
			steady := level.Steady()
			now = look
			todo := level.Look(now)
			if now < steady && (todo != Nothing || level.Phase(now) == "hold") {
				t.Fatalf("look at %d, said to be steady until %d: %v, %s", now, steady, todo, level.Phase(now))
			}
			if todo == AskEnough {
				out.asked = append(out.asked, level.AskedTick())
				level.Answered(enough(level.AskedTick()))
				continue
			}
			if todo == Cut {
				break
			}
			continue
		}
		h := queue[next]
		queue = append(queue[:next], queue[next+1:]...)
		now = h.at
		switch {
		case h.begin:
			take(h.slot, slots[h.slot].Step(nil, Event{Kind: Begun, At: now}))
		case h.send:
			level.Sent(h.slot, h.action.Branch, now, 100, h.action.Primer)
			flying++
			out.busiest = max(out.busiest, flying)
			first, rest := service()
			queue = append(queue, happening{at: now.Add(first), token: true, slot: h.slot, action: h.action},
				happening{at: now.Add(first + rest), slot: h.slot, action: h.action, sent: now, first: now.Add(first)})
		case h.token:
			level.FirstToken(h.slot, h.action.Branch, now)
		default:
			end(h, now, plimsoll.ClassOK)
			take(h.slot, slots[h.slot].Step(nil, Event{Kind: Ended, At: now, Turn: h.action.Turn, Primer: h.action.Primer}))
		}
	}
	for _, h := range queue {
		if !h.begin && !h.send && !h.token {
			end(h, now, level.CutClass(h.sent, h.action.Primer))
		}
	}
	out.observed = level.Observed(now)
	return out
}

// chains are trajectories with one branch, so that a slot has one turn at a time.
func chains(t *rapid.T) []*plimsoll.Trajectory {
	tr := &plimsoll.Trajectory{ID: "chain"}
	for i := range rapid.IntRange(1, 6).Draw(t, "turns") {
		turn := plimsoll.Turn{Delay: time.Duration(rapid.IntRange(0, 900).Draw(t, "delay ms")) * time.Millisecond, OutputTokens: 20}
		if i > 0 {
			turn.WaitFor = []int{i - 1}
		}
		tr.Turns = append(tr.Turns, turn)
	}
	return []*plimsoll.Trajectory{tr}
}

func drawStage(t *rapid.T) plimsoll.Stage {
	ms := func(low, high int, name string) time.Duration {
		return time.Duration(rapid.IntRange(low, high).Draw(t, name)) * time.Millisecond
	}
	s := plimsoll.Stage{Level: 1, Attempt: 1, Agents: rapid.IntRange(1, 12).Draw(t, "agents"), Fresh: true}
	s.Shape = plimsoll.Shape{
		Ramp: ms(0, 2000, "ramp"), Settle: ms(0, 1000, "settle"), Min: ms(1, 2000, "min"),
		Tick: ms(50, 700, "tick"), Request: time.Minute, Turns: rapid.IntRange(0, 40).Draw(t, "window turns"),
		Walks: rapid.IntRange(0, 3).Draw(t, "window walks"), WalksPerAgent: rapid.IntRange(0, 1).Draw(t, "walks per agent"),
	}
	if rapid.Bool().Draw(t, "until stationary") {
		s.Shape.SettleMax = s.Shape.Settle + ms(0, 6000, "longest settle")
	}
	if rapid.Bool().Draw(t, "has max") {
		s.Shape.Max = s.Shape.Min + ms(0, 3000, "max")
	}
	if rapid.Bool().Draw(t, "has limit") {
		s.Shape.Limit = ms(1, 12_000, "limit")
	}
	if rapid.Bool().Draw(t, "has tiers") {
		s.Tiers = []plimsoll.Tier{{SpeedTPS: 30, TTFT: ms(10, 3000, "ttft limit")}, {SpeedTPS: 300, TTFT: ms(10, 3000, "other limit")}}
	}
	return s
}

// TestLevel checks what holds for every level: it ends, the ledger adds up, the
// window keeps its shape, agents are delivered in full and the limit is kept.
func TestLevel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stage := drawStage(t)
		set := chains(t)
		if rapid.Bool().Draw(t, "branches") {
			set = drawSet(t)
		}
		roster, err := NewRoster(set, drawConfig(t))
		if err != nil {
			t.Fatal(err)
		}
		stopAt := plimsoll.Instant(rapid.IntRange(0, 20_000).Draw(t, "enough at ms")) * 1e6
		service := func() (time.Duration, time.Duration) {
			return time.Duration(rapid.IntRange(1, 3000).Draw(t, "ttft ms")) * time.Millisecond,
				time.Duration(rapid.IntRange(0, 2000).Draw(t, "stream ms")) * time.Millisecond
		}
		out := drive(t, stage, roster, service, func(at plimsoll.Instant) bool { return at >= stopAt })
		checkOutcome(t, stage, out)
	})
}

func checkOutcome(t *rapid.T, stage plimsoll.Stage, out outcome) {
	o, shape := out.observed, stage.Shape
	population, censored := 0, 0
	for _, row := range out.rows {
		in := !row.Primer && o.Window.Holds(row.Sent)
		if in {
			population++
		}
		if row.Class == plimsoll.ClassCensored {
			censored++
			if !in || o.Tick != plimsoll.Never {
				t.Fatalf("censored: %+v, window %+v, tick %d", row, o.Window, o.Tick)
			}
		}
		if in && row.Class == plimsoll.ClassCancelled && o.Tick == plimsoll.Never {
			t.Fatalf("a turn of the window is cancelled: %+v", row)
		}
	}
	if population != o.TurnsSent {
		t.Fatalf("%d rows in the window, %d counted as sent", population, o.TurnsSent)
	}
	checkOpening(t, stage, out)
	if shape.Limit > 0 && o.End > max(plimsoll.Instant(shape.Limit), 0) {
		t.Fatalf("ends at %d, past the limit %s", o.End, shape.Limit)
	}
	long := o.Window.End.Sub(o.Window.Start)
	switch o.Closed {
	case ClosedFull:
		if long < shape.Min || o.TurnsSent < shape.Turns || o.Walks < shape.Walks {
			t.Fatalf("closed full after %s: %+v, shape %+v", long, o, shape)
		}
	case ClosedMax:
		if long != shape.Max {
			t.Fatalf("closed at max after %s, want %s", long, shape.Max)
		}
	case ClosedLimit, ClosedEnough:
	default:
		t.Fatalf("closed %q", o.Closed)
	}
	if long > 0 && (o.Delivered < 1-1e-5 || o.Delivered > 1) {
		t.Fatalf("delivered %v of the agents", o.Delivered)
	}
	for _, at := range out.asked {
		if at%plimsoll.Instant(shape.Tick) != 0 || at <= o.Window.Start || at > o.Window.End {
			t.Fatalf("asked at %d with tick %s", at, shape.Tick)
		}
	}
	if (o.Tick != plimsoll.Never) != (len(out.asked) > 0 && out.asked[len(out.asked)-1] == o.Tick) {
		t.Fatalf("asked at %v, stopped at %d", out.asked, o.Tick)
	}
	if censored > 0 && o.Closed != ClosedLimit && shape.Limit == 0 && len(stage.Tiers) == 0 {
		t.Fatalf("%d turns censored without a limit or tiers", censored)
	}
}

// checkOpening holds when and why a window opened against the rows.
func checkOpening(t *rapid.T, stage plimsoll.Stage, out outcome) {
	o, shape := out.observed, stage.Shape
	start, first, last := o.Window.Start, shape.OpensFrom(stage.Agents), shape.OpensBy(stage.Agents)
	if start < first || start > last || (start != first && start != last && start%plimsoll.Instant(shape.Tick) != 0) {
		t.Fatalf("window opens at %d, want a tick of %s from %d to %d", start, shape.Tick, first, last)
	}
	settling := measure.Evidence(measure.Input{Stage: stage, Rows: out.rows, Observed: o, Now: plimsoll.Never, Head: -1}).Settling
	if settling.Least <= 1 {
		t.Fatalf("opens at %d, by the rows it was stationary before: %+v", start, settling)
	}
	switch {
	case o.Opened == "":
		if shape.UntilStationary() && o.Window.End > start {
			t.Fatalf("opens at %d without a reason, shape %+v", start, shape)
		}
	case o.Opened == OpenedStationary && !(settling.Drift <= 1), o.Opened == OpenedMax && (settling.Drift <= 1 || start != last):
		t.Fatalf("opens at %d of %d as %s: %+v", start, last, o.Opened, settling)
	}
}

func TestHoldRules(t *testing.T) {
	stage := plimsoll.Stage{Level: 1, Attempt: 1, Agents: 1,
		Shape: plimsoll.Shape{Min: time.Second, Max: time.Second, Tick: time.Hour, Request: time.Hour},
		Tiers: []plimsoll.Tier{{SpeedTPS: 10, TTFT: 2 * time.Second}, {SpeedTPS: 100, TTFT: 4 * time.Second}},
	}
	const s = plimsoll.Instant(time.Second)
	for name, test := range map[string]struct {
		sent, first plimsoll.Instant
		tokens      int
		over        plimsoll.Instant // first whole second at which the hold is over
	}{
		"not of the window":        {s, plimsoll.Never, 100, s},
		"no first token in 4 s":    {s / 2, plimsoll.Never, 100, 5 * s},
		"too slow for 10 tokens/s": {s / 2, s, 30, 5 * s},
	} {
		level, err := NewLevel(stage)
		if err != nil {
			t.Fatal(err)
		}
		if test.sent >= s {
			level.Look(s)
		}
		level.Sent(0, 0, test.sent, test.tokens, false)
		if test.first != plimsoll.Never {
			level.FirstToken(0, 0, test.first)
		}
		over := plimsoll.Never
		for at := s; at < 20*s && over == plimsoll.Never; at += s {
			if level.Look(at) == Cut {
				over = at
			}
		}
		if over != test.over {
			t.Errorf("%s: over at %.0f s, want %.0f", name, over.Seconds(), test.over.Seconds())
		}
	}
}

// TestToldInAnyOrder: up to Steady a level takes what slots do in any order.
func TestToldInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stage := drawStage(t)
		inTime, bySlot := make([]func(*Level), 0), make([]func(*Level), 0)
		var at []plimsoll.Instant
		level, err := NewLevel(stage)
		if err != nil {
			t.Fatal(err)
		}
		until := level.Steady()
		for slot := range stage.Agents {
			now := plimsoll.Instant(0)
			step := func() plimsoll.Instant {
				now = min(now+plimsoll.Instant(rapid.IntRange(0, int(until)/3+1).Draw(t, "wait")), until)
				return now
			}
			for range rapid.IntRange(0, 3).Draw(t, "turns") {
				sent, first, end := step(), step(), step()
				primer := rapid.Bool().Draw(t, "primer")
				for _, tell := range []struct {
					at   plimsoll.Instant
					note func(*Level)
				}{
					{sent, func(l *Level) { l.Sent(slot, 0, sent, 9, primer) }}, {first, func(l *Level) { l.FirstToken(slot, 0, first) }},
					{end, func(l *Level) { l.Ended(slot, 0, sent, end) }}, {end, func(l *Level) { l.Walked(slot, end) }},
				} {
					bySlot, at = append(bySlot, tell.note), append(at, tell.at)
				}
			}
		}
		order := make([]int, len(at))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
		for _, i := range order {
			inTime = append(inTime, bySlot[i])
		}
		told := func(notes []func(*Level)) (todo Todo, o plimsoll.Observed) {
			l, err := NewLevel(stage)
			if err != nil {
				t.Fatal(err)
			}
			for _, tell := range notes {
				tell(l)
			}
			todo = l.Look(until)
			l.Stop(ClosedInterrupted, until)
			return todo, l.Observed(until)
		}
		todo1, o1 := told(inTime)
		todo2, o2 := told(bySlot)
		if todo1 != todo2 || o1 != o2 {
			t.Fatalf("in order of time %v %+v, slot by slot %v %+v", todo1, o1, todo2, o2)
		}
	})
}

// TestDelivered counts what a late client leaves empty.
func TestDelivered(t *testing.T) {
	level, err := NewLevel(plimsoll.Stage{Level: 1, Attempt: 1, Agents: 2,
		Shape: plimsoll.Shape{Settle: time.Second, Min: 10 * time.Second, Max: 10 * time.Second, Tick: time.Hour, Request: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	const s = plimsoll.Instant(time.Second)
	level.Sent(0, 0, 0, 9, false) // slot 0: due at 3 s, sent at 4 s, due again at 9 s and not sent
	level.Ended(0, 0, 0, 2*s)
	level.Waits(0, 3*s)
	level.Sent(0, 0, 4*s, 9, false)
	level.Ended(0, 0, 4*s, 8*s)
	level.Waits(0, 9*s)
	level.Sent(1, 0, 0, 9, false) // slot 1: a second branch is late while the first is in flight
	level.Waits(1, 2*s)
	level.Sent(1, 1, 5*s, 9, false)
	level.Look(11 * s)
	if got, want := level.Observed(11*s).Delivered, 1-3.0/20; got != want {
		t.Errorf("delivered %v, want %v", got, want)
	}
}
