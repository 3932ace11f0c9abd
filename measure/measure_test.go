package measure

import (
	"maps"
	"math"
	"slices"
	"strings"
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
	if got := ttftOf(&r); math.Abs(got-0.8) > 1e-9 {
		t.Errorf("with a connect of 300 ms: %g, want 0.8", got)
	}
	if got := LagMS(&r); math.Abs(got-200) > 1e-6 {
		t.Errorf("lag %g ms, want 200: the connect is the engine's", got)
	}
	r.Class = plimsoll.ClassTimeout
	if got := ttftOf(&r); !math.IsInf(got, 1) {
		t.Errorf("of a failed turn: %g, want +Inf", got)
	}
	r.Class, r.FirstToken = plimsoll.ClassCensored, plimsoll.Never
	if got := ttftOf(&r); !math.IsNaN(got) {
		t.Errorf("of a cut turn: %g, want NaN", got)
	}
}

func TestSpeeds(t *testing.T) {
	r := turn(0, 0, 0, 0, 1, 3, 150)
	r.FirstChunkTokens = 20
	v := speedsOf(&r)
	if v.Main != 65 || v.NMinus1 != 74.5 || v.EndToEnd != 50 || v.OneRead {
		t.Errorf("got %+v, want 65, 74.5, 50", v)
	}
	r.LastToken = r.FirstToken
	if v = speedsOf(&r); !v.OneRead || v.Main != 50 || !math.IsNaN(v.NMinus1) {
		t.Errorf("in one read: %+v, want the lower bound 50 and no n_minus_1", v)
	}
	r.UsageCompletion = 1
	if v = speedsOf(&r); !math.IsNaN(v.Main) || v.OneRead {
		t.Errorf("one token: %+v, want no speed", v)
	}
	r.Class = plimsoll.ClassCut
	if v = speedsOf(&r); v.Main != 0 {
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

func TestUsageThatExceedsTheStream(t *testing.T) {
	for _, c := range []struct {
		name                string
		usage, local, reads int32
		exact, other        bool
	}{
		{"as streamed", 100, 100, 100, false, false},
		{"no local count", 100, -1, 10, false, false},
		{"no usage", -1, 100, 100, false, false},
		{"five percent", 105, 100, 10, false, false},
		{"over five percent", 106, 100, 106, true, false},
		{"twice the count", 200, 100, 100, true, false},
		{"hidden tokens", 201, 100, 100, true, true},
		{"digits that the other tokenizer joins", 25, 8, 25, true, false},
		{"hidden tokens beside them", 51, 8, 25, true, true},
		{"one read", 25, 8, 1, true, true},
	} {
		r := plimsoll.Row{UsageCompletion: c.usage, LocalTokens: c.local, Reads: c.reads}
		if exact, other := exceeds(&r, true), exceeds(&r, false); exact != c.exact || other != c.other {
			t.Errorf("%s: %v with the engine's tokenizer, %v with another; want %v and %v", c.name, exact, other, c.exact, c.other)
		}
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
	if load, cache := Representative(e); len(load) != 1 || len(cache) != 0 {
		t.Errorf("%q, %q, want output alone", load, cache)
	}
	for _, c := range []struct {
		name            string
		uncached        float64
		levelSalt       bool
		agents          int
		inLoad, inCache string // "" nothing there
	}{
		{"walks apart", 768, false, 7616, "", ""},
		{"evicted", 1179, false, 7616, "", "uncached input tokens a turn 1179, the set's 768: +54 % (an engine that evicts"},
		{"short contexts", 600, false, 7616, "", "uncached input tokens a turn 600, the set's 768: -22 %"},
		{"shared", 32, true, 7616, "7616 agents share 500 trajectories under one salt: uncached input tokens a turn 32, the set's 768, so that at least 736 of 26500 input tokens a turn came from another walk's prompt", ""},
		{"few share", 700, true, 64, "64 agents share 500 trajectories", ""},
		{"few, nothing seen", 760, true, 64, "", ""},
		{"shared and evicted", 900, true, 501, "the set's 768, in spite of what came from other walks' prompts", ""},
		{"evicted, few share", 900, true, 500, "", "+17 %"},
		{"engine does not say", 0, true, 2000, "", ""},
	} {
		e := plimsoll.Evidence{MeanInput: 26500, SetInput: 26500, MeanOutput: 480, SetOutput: 480, MeanUncached: c.uncached, SetUncached: 768, SetCount: 500, LevelSalt: c.levelSalt}
		e.Stage.Agents = c.agents
		load, cache := Representative(e)
		for _, side := range []struct{ got, want string }{{strings.Join(load, "; "), c.inLoad}, {strings.Join(cache, "; "), c.inCache}} {
			if !strings.Contains(side.got, side.want) || side.want == "" && side.got != "" {
				t.Errorf("%s: %q, want %q", c.name, side.got, side.want)
			}
		}
	}
}
