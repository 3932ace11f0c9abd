package measure

import (
	"cmp"
	"math"
	"slices"

	"plimsoll"
)

// Input is what evidence is made from.
type Input struct {
	Stage plimsoll.Stage
	// Rows are the level's rows in any order, primers and turns of the ramp and
	// the hold included.
	Rows []plimsoll.Row
	// InFlight are the rows of turns that have not ended; one that stands in Rows too
	// counts once, by its row there.
	InFlight []plimsoll.Row
	Observed plimsoll.Observed // mid-level only Window.Start, and Window.End once it closed
	Set      plimsoll.SetFacts
	// Now is the tick at which a level under way is looked at; Never for a level
	// that is over. Rows that ended later count as under way, so that a stored
	// tick can be replayed from the level's final rows.
	Now plimsoll.Instant
	// Head is how many prompt tokens the chat template puts before the level salt:
	// more cached tokens than that on the level's first turn mean that the prefix
	// leaked. Negative: unknown, not checked.
	Head int
	// LocalExact says that local token counts use the engine's own tokenizer, so
	// that usage may be held against them to 5 %; else only to a factor of two.
	LocalExact bool
}

// Evidence gathers what the rows say. It reads Rows and keeps none of them.
func Evidence(in Input) plimsoll.Evidence {
	e := plimsoll.Evidence{
		Stage: in.Stage, Window: in.Observed.Window, At: in.Now, Observed: in.Observed,
		Classes: map[plimsoll.Class]int{}, Starved: map[string]int{},
		SetInput: in.Set.Input, SetUncached: in.Set.Uncached, SetOutput: in.Set.Output,
	}
	running := in.Now != plimsoll.Never
	if running && (e.Window.End == plimsoll.Never || e.Window.End > in.Now || e.Window.End <= e.Window.Start) {
		e.Window.End, e.WindowOpen = in.Now, true
	}
	if len(in.InFlight) > 0 {
		in.Rows = joined(in.Rows, in.InFlight)
	}
	rows := population(in.Rows, e.Window)
	g := gatherer{e: &e, in: &in}
	for _, r := range rows {
		g.add(r)
	}
	g.finish()
	e.LagP99ms = lagP99(rows)
	starved(&e, in.Rows)
	if !running {
		e.Steady = steady(rows, e.Window)
		firstTurn(&e, in.Rows, in.Head)
		e.Gates = gates(&e, rows, in.Rows)
	}
	return e
}

// population returns the rows that count, by slot and then in order of sending:
// turns, not primers, sent in the window.
func population(rows []plimsoll.Row, w plimsoll.Window) []*plimsoll.Row {
	var out []*plimsoll.Row
	for i := range rows {
		if r := &rows[i]; !r.Primer && w.Holds(sentOrDue(r)) {
			out = append(out, r)
		}
	}
	return sortBySlot(out)
}

// sortBySlot sorts by slot, then by sending. The keys that decide nearly always stand
// beside the pointers, so that sorting does not read the rows, which are large and far
// apart.
func sortBySlot(rows []*plimsoll.Row) []*plimsoll.Row {
	type placed struct {
		slot int32
		at   plimsoll.Instant
		row  *plimsoll.Row
	}
	keys := make([]placed, len(rows))
	for i, r := range rows {
		keys[i] = placed{r.Slot, sentOrDue(r), r}
	}
	slices.SortFunc(keys, func(a, b placed) int {
		if a.slot != b.slot {
			return cmp.Compare(a.slot, b.slot)
		}
		if a.at != b.at {
			return cmp.Compare(a.at, b.at)
		}
		return bySlot(a.row, b.row)
	})
	for i, k := range keys {
		rows[i] = k.row
	}
	return rows
}

// joined returns the rows with those of turns in flight that have none yet.
func joined(rows, inFlight []plimsoll.Row) []plimsoll.Row {
	type key struct{ slot, walk, branch, turn int32 }
	of := func(r *plimsoll.Row) key { return key{r.Slot, r.Walk, r.Branch, r.Turn} }
	ended := make(map[key]bool, len(inFlight))
	for i := range inFlight {
		ended[of(&inFlight[i])] = false
	}
	for i := range rows {
		if _, flies := ended[of(&rows[i])]; flies {
			ended[of(&rows[i])] = true
		}
	}
	out := slices.Clone(rows)
	for i := range inFlight {
		if !ended[of(&inFlight[i])] {
			out = append(out, inFlight[i])
		}
	}
	return out
}

// bySlot orders rows by slot and then by sending, ties by key.
func bySlot(a, b *plimsoll.Row) int {
	return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(sentOrDue(a), sentOrDue(b)),
		cmp.Compare(a.Walk, b.Walk), cmp.Compare(a.Branch, b.Branch), cmp.Compare(a.Turn, b.Turn))
}

// gatherer adds rows of the population to an Evidence.
type gatherer struct {
	e                        *plimsoll.Evidence
	in                       *Input
	input, uncached, outputs []float64
}

func (g *gatherer) add(r *plimsoll.Row) {
	e := g.e
	e.Turns++
	if g.in.Now != plimsoll.Never && (r.End == plimsoll.Never || r.End > g.in.Now) {
		e.Censored++
		e.Classes[plimsoll.ClassCensored]++
		e.Open = append(e.Open, openTurn(r, g.in.Now))
		return
	}
	e.Classes[r.Class]++
	g.tokens(r)
	switch {
	case r.Class.Cut():
		if r.Class == plimsoll.ClassCancelled {
			e.Cancelled++
		} else {
			e.Censored++
		}
		e.Open = append(e.Open, openTurn(r, r.End))
		return
	case r.Class.Failed():
		e.Failed++
	default:
		e.OK++
	}
	g.values(r)
}

// values adds an ended turn's TTFT and speeds.
func (g *gatherer) values(r *plimsoll.Row) {
	e, ttft, v := g.e, TTFT(r), SpeedOf(r)
	j := journey(e, r)
	if !math.IsNaN(ttft) {
		e.TTFT = append(e.TTFT, ttft)
		j.TTFT = append(j.TTFT, ttft)
	}
	if v.OneRead {
		e.OneRead++
	}
	if math.IsNaN(v.Main) {
		e.NoSpeed++
		return
	}
	e.Speed = append(e.Speed, v.Main)
	j.Speed = append(j.Speed, v.Main)
	e.SpeedEndToEnd = append(e.SpeedEndToEnd, v.EndToEnd)
	if !math.IsNaN(v.NMinus1) {
		e.SpeedAA = append(e.SpeedAA, v.NMinus1)
	}
	factor := 2.0
	if g.in.LocalExact {
		factor = 1.05
	}
	if r.LocalTokens >= 0 && float64(r.UsageCompletion) > factor*float64(r.LocalTokens) {
		e.UsageExceeds++
	}
}

// journey returns the journey that r continues; rows come sorted by slot.
func journey(e *plimsoll.Evidence, r *plimsoll.Row) *plimsoll.Journey {
	last := len(e.Journeys) - 1
	if last < 0 || e.Journeys[last].Slot != int(r.Slot) || e.Journeys[last].Walk != int(r.Walk) {
		e.Journeys = append(e.Journeys, plimsoll.Journey{Trajectory: r.Trajectory, Slot: int(r.Slot), Walk: int(r.Walk)})
		last++
	}
	return &e.Journeys[last]
}

// tokens adds what the turn carried. The local counts are preferred: they are in
// the basis of the set's own means.
func (g *gatherer) tokens(r *plimsoll.Row) {
	prompt := r.LocalPrompt
	if prompt < 0 {
		prompt = r.UsagePrompt
	}
	if prompt >= 0 {
		g.input = append(g.input, float64(prompt))
	}
	if r.UsagePrompt >= 0 && r.UsageCached >= 0 {
		g.uncached = append(g.uncached, float64(r.UsagePrompt-r.UsageCached))
	}
	if r.RecordedTokens >= 0 {
		g.outputs = append(g.outputs, float64(r.RecordedTokens))
	} else if n, basis := r.Tokens(); basis != "none" {
		g.outputs = append(g.outputs, float64(n))
	}
}

func (g *gatherer) finish() {
	e := g.e
	for _, values := range [][]float64{e.TTFT, e.Speed, e.SpeedAA, e.SpeedEndToEnd} {
		slices.Sort(values)
	}
	e.MeanInput, e.MeanUncached, e.MeanOutput = mean(g.input), mean(g.uncached), mean(g.outputs)
}

// lagP99 returns the 99th percentile of the client's lateness in ms.
func lagP99(rows []*plimsoll.Row) float64 {
	var lags []float64
	for _, r := range rows {
		if lag := LagMS(r); !math.IsNaN(lag) {
			lags = append(lags, lag)
		}
	}
	slices.Sort(lags)
	if len(lags) == 0 {
		return 0
	}
	return Percentile(lags, 0.99)
}
