package result_test

import (
	"errors"
	"io/fs"
	"math"
	"testing"

	"plimsoll/result"
)

// Over the whole level a trace holds every second in flight and every token, and
// its lanes hold every turn of their agents, without gap inside a turn.
func TestTraceAddsUp(t *testing.T) {
	d := measured(t)
	levels, err := d.Levels()
	if err != nil {
		t.Fatal(err)
	}
	l := levels[1]
	trace, err := result.TraceOf(d, l.ID)
	if err != nil {
		t.Fatal(err)
	}
	var wantFlight, wantTokens float64
	for _, r := range fixtureRows(l.Stage) {
		wantFlight += r.End.Sub(r.Sent).Seconds()
		wantTokens += 100
	}
	var flight, tokens float64
	step := trace.LengthS / float64(len(trace.Points))
	for _, p := range trace.Points {
		flight += p.InFlight * step
		tokens += p.TokensPS * step
		if p.AtS < 119 && p.AtS > 1 && float64(p.Watts) != 2800 {
			t.Errorf("%v W at %g s, want 2800", p.Watts, p.AtS)
		}
	}
	if math.Abs(flight/wantFlight-1) > 1e-9 || math.Abs(tokens/wantTokens-1) > 1e-9 {
		t.Errorf("in flight %g s of %g, tokens %g of %g", flight, wantFlight, tokens, wantTokens)
	}
	if len(trace.Lanes) != 16 {
		t.Fatalf("%d lanes, want 16 of %d agents", len(trace.Lanes), trace.Agents)
	}
	for _, lane := range trace.Lanes {
		turns, last := 0, 0.0
		for _, s := range lane.Spans {
			if s.FromS < last-1e-3 || s.ToS < s.FromS {
				t.Fatalf("slot %d: %+v begins before %g", lane.Slot, s, last)
			}
			if last = s.ToS; s.Kind == "decode" {
				turns++
			}
		}
		if turns != 24 {
			t.Errorf("slot %d has %d turns, want 24", lane.Slot, turns)
		}
	}
	if _, err := result.TraceOf(d, "0099.1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a level that is not there: %v", err)
	}
}
