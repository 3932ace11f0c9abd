package measure

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll"
)

const second = plimsoll.Instant(time.Second)

// turn is a plain good turn of a slot: sent, first token, end in s.
func turn(slot, n int, due, sent, first, end float64, tokens int) plimsoll.Row {
	at := func(s float64) plimsoll.Instant { return plimsoll.Instant(s * 1e9) }
	return plimsoll.Row{
		Slot: int32(slot), Turn: int32(n), Due: at(due), Sent: at(sent), FirstToken: at(first), FirstByte: at(first),
		LastToken: at(end), End: at(end), FirstChunkTokens: 1, UsageCompletion: int32(tokens), LocalTokens: int32(tokens),
		UsagePrompt: -1, UsageCached: -1, LocalPrompt: -1, RecordedTokens: -1, Class: plimsoll.ClassOK,
	}
}

func TestPercentile(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		values []float64
		q      float64
		want   float64
	}{
		{[]float64{1, 2, 3, 4, 5}, 0.25, 2},
		{[]float64{1, 2, 3, 4}, 0.5, 2.5},
		{[]float64{1, 2, 3, 4}, 1, 4},
		{[]float64{7}, 0.95, 7},
		{[]float64{1, inf}, 0, 1},
		{[]float64{1, inf}, 0.01, inf},
		{[]float64{1, 2, inf}, 0.5, 2},
		{[]float64{inf, inf}, 0.3, inf},
	} {
		if got := Percentile(c.values, c.q); got != c.want {
			t.Errorf("Percentile(%v, %g) = %g, want %g", c.values, c.q, got, c.want)
		}
	}
	if got := Percentile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("of nothing: %g, want NaN", got)
	}
}

func TestPercentileLiesBetweenItsNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 50).Draw(t, "values")
		slices.Sort(values)
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		higher := rapid.Float64Range(q, 1).Draw(t, "higher")
		got := Percentile(values, q)
		if got < values[0] || got > values[len(values)-1] {
			t.Fatalf("%g outside of %v", got, values)
		}
		if more := Percentile(values, higher); more < got {
			t.Fatalf("falls from %g at %g to %g at %g", got, q, more, higher)
		}
	})
}

func TestTTFT(t *testing.T) {
	r := turn(0, 0, 1, 1.5, 2, 4, 10)
	r.Connect = int64(300 * time.Millisecond)
	if got := TTFT(&r); math.Abs(got-0.8) > 1e-9 {
		t.Errorf("with a connect of 300 ms: %g, want 0.8", got)
	}
	if got := LagMS(&r); math.Abs(got-200) > 1e-6 {
		t.Errorf("lag %g ms, want 200: the connect is the engine's", got)
	}
	r.Class = plimsoll.ClassTimeout
	if got := TTFT(&r); !math.IsInf(got, 1) {
		t.Errorf("of a failed turn: %g, want +Inf", got)
	}
	r.Class, r.FirstToken = plimsoll.ClassCensored, plimsoll.Never
	if got := TTFT(&r); !math.IsNaN(got) {
		t.Errorf("of a cut turn: %g, want NaN", got)
	}
}

func TestSpeeds(t *testing.T) {
	r := turn(0, 0, 0, 0, 1, 3, 150)
	r.FirstChunkTokens = 20
	v := SpeedOf(&r)
	if v.Main != 65 || v.NMinus1 != 74.5 || v.EndToEnd != 50 || v.OneRead {
		t.Errorf("got %+v, want 65, 74.5, 50", v)
	}
	r.LastToken = r.FirstToken
	if v = SpeedOf(&r); !v.OneRead || v.Main != 50 || !math.IsNaN(v.NMinus1) {
		t.Errorf("in one read: %+v, want the lower bound 50 and no n_minus_1", v)
	}
	r.UsageCompletion = 1
	if v = SpeedOf(&r); !math.IsNaN(v.Main) || v.OneRead {
		t.Errorf("one token: %+v, want no speed", v)
	}
	r.Class = plimsoll.ClassCut
	if v = SpeedOf(&r); v.Main != 0 {
		t.Errorf("failed: %+v, want 0", v)
	}
}

func input(rows []plimsoll.Row, from, to plimsoll.Instant, agents int) Input {
	sent := 0
	w := plimsoll.Window{Start: from, End: to}
	for _, r := range rows {
		if !r.Primer && w.Holds(r.Sent) {
			sent++
		}
	}
	return Input{
		Stage: plimsoll.Stage{Agents: agents, Fresh: true, Tiers: []plimsoll.Tier{{Name: "a", SpeedTPS: 30, TTFT: 2 * time.Second}}},
		Rows:  rows, Now: plimsoll.Never, Head: -1,
		Observed: plimsoll.Observed{Window: w, TurnsSent: sent, Delivered: 1},
	}
}

// underWay is a row as it stood before its turn ended.
func underWay(r plimsoll.Row) plimsoll.Row {
	r.End, r.LastToken, r.Class = plimsoll.Never, plimsoll.Never, ""
	r.UsageCompletion, r.LocalTokens = -1, -1
	return r
}

func TestPopulation(t *testing.T) {
	primer := turn(0, 0, 2, 2, 3, 4, 50)
	primer.Primer = true
	cut := turn(2, 3, 7, 7, 8, 9, 20)
	cut.Class = plimsoll.ClassCensored
	refused := turn(3, 0, 6, 6, 6, 6, 0)
	refused.Class, refused.Sent, refused.FirstToken = plimsoll.ClassRefused, plimsoll.Never, plimsoll.Never
	rows := []plimsoll.Row{
		primer, cut, refused,
		turn(0, 1, 4.9, 4.9, 6, 8, 50), // before the window
		turn(1, 1, 5, 5, 6, 8, 50),     // at its start
		turn(1, 2, 9, 10, 11, 12, 50),  // at its end
		turn(1, 3, 9.5, 9.999, 11, 12, 50),
	}
	e := Evidence(input(rows, 5*second, 10*second, 4))
	if e.Turns != 4 || e.OK != 2 || e.Failed != 1 || e.Censored != 1 || e.Cancelled != 0 {
		t.Errorf("ledger %d = %d + %d + %d + %d, want 4 = 2 + 1 + 0 + 1", e.Turns, e.OK, e.Failed, e.Cancelled, e.Censored)
	}
	if len(e.TTFT) != 3 || !math.IsInf(e.TTFT[2], 1) || len(e.Speed) != 3 || e.Speed[0] != 0 {
		t.Errorf("TTFT %v, speed %v", e.TTFT, e.Speed)
	}
	if len(e.Open) != 1 || e.Open[0].TTFT != 1 || e.Open[0].Speed != 19 || e.Open[0].Waited != 2 {
		t.Errorf("open %+v, want TTFT 1, speed 19 so far, waited 2", e.Open)
	}
	for _, g := range e.Gates {
		if !g.OK && g.Name != "lag" {
			t.Errorf("gate %+v", g)
		}
	}
}

func TestLedgerAddsUpAndTickReplays(t *testing.T) {
	classes := []plimsoll.Class{plimsoll.ClassOK, plimsoll.ClassOK, plimsoll.ClassHTTP, plimsoll.ClassCancelled, plimsoll.ClassCensored, plimsoll.ClassWrongLength}
	rapid.Check(t, func(t *rapid.T) {
		var rows []plimsoll.Row
		for range rapid.IntRange(0, 40).Draw(t, "rows") {
			sent := rapid.Float64Range(0, 20).Draw(t, "sent")
			r := turn(rapid.IntRange(0, 3).Draw(t, "slot"), len(rows), sent, sent, sent+rapid.Float64Range(0, 3).Draw(t, "first"),
				sent+rapid.Float64Range(3, 9).Draw(t, "end"), rapid.IntRange(0, 300).Draw(t, "tokens"))
			r.Class = rapid.SampledFrom(classes).Draw(t, "class")
			rows = append(rows, r)
		}
		in := input(rows, 5*second, 15*second, 4)
		e := Evidence(in)
		if e.OK+e.Failed+e.Cancelled+e.Censored != e.Turns || e.Turns != in.Observed.TurnsSent {
			t.Fatalf("ledger does not add up: %+v", e)
		}
		if len(e.TTFT)+len(e.Open) != e.Turns {
			t.Fatalf("%d TTFT and %d open of %d turns", len(e.TTFT), len(e.Open), e.Turns)
		}
		in.Now = plimsoll.Instant(rapid.Float64Range(5, 30).Draw(t, "tick") * 1e9)
		mid := Evidence(in)
		in.Rows, in.InFlight = nil, nil
		for _, r := range rows {
			flies := r.End > in.Now
			if !flies || rapid.Bool().Draw(t, "ended since the tick") {
				in.Rows = append(in.Rows, r)
			}
			if flies {
				in.InFlight = append(in.InFlight, underWay(r))
			}
		}
		if late := (Input{Stage: in.Stage, Rows: rows, Now: 1e6 * second, Head: -1, Observed: in.Observed}); !sameValues(Evidence(late), e) {
			t.Fatalf("a tick after the end says other than the level:\n%+v\n%+v", Evidence(late), e)
		}
		live := Evidence(in)
		if !slices.Equal(mid.TTFT, live.TTFT) || !slices.Equal(mid.Speed, live.Speed) || mid.Turns != live.Turns || len(mid.Open) != len(live.Open) || !maps.Equal(mid.Starved, live.Starved) {
			t.Fatalf("a tick replayed from the final rows differs from the one seen live:\n%+v\n%+v", mid, live)
		}
	})
}

// sameValues reports whether a tick holds what the level that is over holds of what an
// early end asks for.
func sameValues(tick, over plimsoll.Evidence) bool {
	for _, pair := range [][2][]float64{{tick.TTFT, over.TTFT}, {tick.Speed, over.Speed}, {tick.SpeedAA, over.SpeedAA}} {
		slices.Sort(pair[0])
		if !slices.Equal(pair[0], pair[1]) {
			return false
		}
	}
	return tick.Turns == over.Turns && tick.Failed == over.Failed && tick.OneRead == over.OneRead && len(tick.Open) == len(over.Open) &&
		tick.UsageExceeds == over.UsageExceeds && maps.Equal(tick.Starved, over.Starved) && maps.Equal(tick.Classes, over.Classes)
}

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

func TestMSER5CutsATransient(t *testing.T) {
	var values []float64
	for i := range 400 {
		v := math.Sin(float64(i) * 1.7)
		if i < 60 {
			v += 20 * float64(60-i) / 60
		}
		values = append(values, v)
	}
	if cut, ok := MSER5(values); !ok || cut < 45 || cut > 90 {
		t.Errorf("cut %d, ok %v; want about 60", cut, ok)
	}
	for i := range values {
		values[i] = float64(i)
	}
	if cut, ok := MSER5(values); ok {
		t.Errorf("a ramp all through: cut %d, want no steady part", cut)
	}
}

func TestTrend(t *testing.T) {
	up := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	if tau, p := Trend(up); tau != 1 || p > 1e-3 {
		t.Errorf("rising: tau %g p %g", tau, p)
	}
	if _, p := Trend([]float64{3, 1, 4, 1, 5, 9, 2, 6, 5, 3}); p < 0.05 {
		t.Errorf("no trend: p %g", p)
	}
}

func TestViews(t *testing.T) {
	tier := plimsoll.Tier{Name: "a", SpeedTPS: 10, TTFT: 2 * time.Second}
	good, late, failed := turn(0, 0, 1, 1, 2, 4, 41), turn(0, 1, 5, 5, 8, 9, 41), turn(0, 2, 9, 9, 9.5, 9.8, 41)
	failed.Class = plimsoll.ClassHTTP
	rows := []plimsoll.Row{good, late, failed}
	w := plimsoll.Window{Start: 0, End: 10 * second}
	if got := Goodput(Population(rows, w), tier); math.Abs(got-1./3) > 1e-9 {
		t.Errorf("goodput %g, want 1/3", got)
	}
	if got := Attainment(Population(rows, w), tier); math.Abs(got-3/7.8) > 1e-9 {
		t.Errorf("attainment %g, want 3 of 7.8 s", got)
	}
	if got := Goodput(nil, tier); !math.IsNaN(got) {
		t.Errorf("of nothing %g", got)
	}
	if jobs := Jobs(rows); len(jobs) != 0 {
		t.Errorf("a walk that nothing follows counts as a job: %+v", jobs)
	}
	next := turn(0, 0, 9.9, 9.9, 9.95, 9.99, 41)
	next.Walk = 1
	jobs := Jobs(append(slices.Clone(rows), next))
	if len(jobs) != 1 || jobs[0].Turns != 3 || math.Abs(jobs[0].Seconds-8.8) > 1e-9 {
		t.Errorf("jobs %+v", jobs)
	}
	if jobs = Jobs(append(slices.Clone(rows[1:]), next)); len(jobs) != 0 {
		t.Errorf("a walk begun in the middle counts as a job: %+v", jobs)
	}
	if got := SharesOf(rows, w, 2); math.Abs(got.Prefill-4.5/20) > 1e-9 || math.Abs(got.Decode-3.3/20) > 1e-9 || math.Abs(got.Tool-12.2/20) > 1e-9 {
		t.Errorf("shares %+v of 2 agents x 10 s", got)
	}
	if got := SharesOf(rows, plimsoll.Window{Start: 3 * second, End: 6 * second}, 1); math.Abs(got.Prefill-1./3) > 1e-9 || math.Abs(got.Decode-1./3) > 1e-9 {
		t.Errorf("shares clipped to 3..6 s %+v, want 5..6 prefill, 3..4 decode", got)
	}
	if got := TurnsPerMinutePerAgent(Population(rows, w), w, 2); len(got) != 2 || got[0] != 0 || math.Abs(got[1]-18) > 1e-9 {
		t.Errorf("turns a minute %v, want 0 and 18", got)
	}
	if got := JobsPerHour(plimsoll.Observed{Window: w, Walks: 2}); got != 720 {
		t.Errorf("jobs an hour %g, want 720", got)
	}
}

func TestRepresentative(t *testing.T) {
	e := plimsoll.Evidence{MeanInput: 1040, SetInput: 1000, MeanOutput: 94, SetOutput: 100, MeanUncached: 500}
	if got := Representative(e); len(got) != 1 {
		t.Errorf("%q, want output alone", got)
	}
}
