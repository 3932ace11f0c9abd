package result

import (
	"cmp"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"plimsoll"
	"plimsoll/bundle"
)

// Trace is one level in time, for looking at: no verdict rests on it.
type Trace struct {
	Level   string
	Agents  int
	WindowS [2]float64 // begin and end of the window, s since the level's begin
	LengthS float64
	Points  []TracePoint
	Lanes   []Lane // a sample of agents
}

// TracePoint is the mean over one step of time.
type TracePoint struct {
	AtS      float64 // middle of the step
	InFlight float64 // turns sent and not ended
	TokensPS float64 // output tokens; a turn's are spread evenly over its stream
	Watts    Number  // sum over devices of the first meter; unknown without readings
}

// Lane is what one agent did.
type Lane struct {
	Slot  int
	Spans []LaneSpan
}

// LaneSpan is a stretch of an agent's time.
type LaneSpan struct {
	Kind     string // prefill: sent to first token; decode: to the end; tool: before the turn was due; failed
	FromS    float64
	ToS      float64
	Turn     int
	Branch   int
	Tokens   int
	Failed   bool
	WhatWent string // class of a turn that was not ok
}

const (
	traceSteps = 240
	traceLanes = 16
)

// TraceOf returns the level in time, with up to 16 agents spread evenly over all.
func TraceOf(d *bundle.Dir, id string) (Trace, error) {
	levels, err := d.Levels()
	if err != nil {
		return Trace{}, err
	}
	for _, l := range levels {
		if l.ID == id {
			return traceOf(l)
		}
	}
	return Trace{}, fmt.Errorf("run folder %s: level %s: %w", d.Path(), id, fs.ErrNotExist)
}

// traceOf reads the level's rows once and keeps only those of the agents in lanes.
func traceOf(l bundle.Sealed) (Trace, error) {
	samples, err := samplesOf(l)
	if err != nil {
		return Trace{}, err
	}
	o := l.Observed
	t := Trace{Level: l.ID, Agents: l.Stage.Agents, WindowS: [2]float64{o.Window.Start.Seconds(), o.Window.End.Seconds()}, LengthS: o.End.Seconds()}
	if t.LengthS <= 0 {
		return t, nil
	}
	step := t.LengthS / traceSteps
	inFlight, tokens := make([]float64, traceSteps), make([]float64, traceSteps)
	every, bySlot := laneEvery(t.Agents), map[int32][]plimsoll.Row{}
	err = l.Rows(func(r *plimsoll.Row) error {
		if r.Sent == plimsoll.Never || r.End == plimsoll.Never {
			return nil
		}
		spread(inFlight, step, r.Sent.Seconds(), r.End.Seconds(), r.End.Sub(r.Sent).Seconds()/step)
		if n, _ := r.Tokens(); n > 0 && r.FirstToken != plimsoll.Never {
			spread(tokens, step, r.FirstToken.Seconds(), r.LastToken.Seconds(), float64(n)/step)
		}
		if int(r.Slot)%every == 0 {
			bySlot[r.Slot] = append(bySlot[r.Slot], *r)
		}
		return nil
	})
	if err != nil {
		return Trace{}, fmt.Errorf("level %s: %w", l.ID, err)
	}
	watts := wattsIn(samples, step)
	for i := range traceSteps {
		t.Points = append(t.Points, TracePoint{AtS: (float64(i) + 0.5) * step, InFlight: inFlight[i], TokensPS: tokens[i], Watts: watts[i]})
	}
	t.Lanes = lanesOf(bySlot, t.Agents)
	return t, nil
}

// spread adds amount to the steps between from and to, in proportion to how much
// of that span lies in each; a span without length goes to one step.
func spread(steps []float64, step, from, to, amount float64) {
	first, last := int(from/step), int(to/step)
	if first < 0 || first >= len(steps) {
		return
	}
	if to <= from || first == last {
		steps[first] += amount
		return
	}
	for i := first; i <= min(last, len(steps)-1); i++ {
		part := math.Min(to, float64(i+1)*step) - math.Max(from, float64(i)*step)
		steps[i] += amount * part / (to - from)
	}
}

// wattsIn returns the power of the first meter's devices in each step: each holds
// its latest reading.
func wattsIn(samples []plimsoll.Sample, step float64) []Number {
	out := make([]Number, traceSteps)
	for i := range out {
		out[i] = None()
	}
	if len(samples) == 0 {
		return out
	}
	samples = slices.Clone(samples)
	slices.SortStableFunc(samples, func(a, b plimsoll.Sample) int { return cmp.Compare(a.At, b.At) })
	latest, next := map[string]float64{}, 0
	for i := range out {
		for end := float64(i+1) * step; next < len(samples) && samples[next].At.Seconds() < end; next++ {
			if s := samples[next]; s.Meter == samples[0].Meter && !math.IsNaN(s.Watts) {
				latest[s.Device] = s.Watts
			}
		}
		if len(latest) == 0 {
			continue
		}
		sum := 0.0
		for _, device := range slices.Sorted(keys(latest)) { // one order, one sum
			sum += latest[device]
		}
		out[i] = Number(sum)
	}
	return out
}

func keys(m map[string]float64) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// laneEvery is how many agents apart the lanes are.
func laneEvery(agents int) int { return max(1, (agents+traceLanes-1)/traceLanes) }

// lanesOf returns what a sample of the agents did.
func lanesOf(bySlot map[int32][]plimsoll.Row, agents int) []Lane {
	var lanes []Lane
	for slot := 0; slot < agents; slot += laneEvery(agents) {
		turns := bySlot[int32(slot)]
		slices.SortFunc(turns, func(a, b plimsoll.Row) int {
			return cmp.Or(cmp.Compare(a.Sent, b.Sent), cmp.Compare(a.Branch, b.Branch))
		})
		lane := Lane{Slot: slot}
		end := plimsoll.Never
		for i := range turns {
			lane.Spans = append(lane.Spans, spansOf(&turns[i], end)...)
			end = max(end, turns[i].End)
		}
		lanes = append(lanes, lane)
	}
	return lanes
}

// spansOf splits a turn; end is when the slot's previous turn had ended.
func spansOf(r *plimsoll.Row, end plimsoll.Instant) []LaneSpan {
	n, _ := r.Tokens()
	base := LaneSpan{Turn: int(r.Turn), Branch: int(r.Branch), Tokens: n, Failed: r.Class.Failed()}
	if r.Class != plimsoll.ClassOK {
		base.WhatWent = string(r.Class)
	}
	span := func(kind string, from, to plimsoll.Instant) LaneSpan {
		s := base
		s.Kind, s.FromS, s.ToS = kind, from.Seconds(), to.Seconds()
		return s
	}
	var out []LaneSpan
	if end != plimsoll.Never && r.Due > end {
		out = append(out, span("tool", end, r.Due))
	}
	switch {
	case r.Class.Failed():
		out = append(out, span("failed", r.Sent, r.End))
	case r.FirstToken == plimsoll.Never:
		out = append(out, span("prefill", r.Sent, r.End))
	default:
		out = append(out, span("prefill", r.Sent, r.FirstToken), span("decode", r.FirstToken, r.End))
	}
	return out
}
