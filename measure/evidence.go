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
	// counts once, by its row there. Of a level that is over there are none.
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
	// LevelSalt says that prompts carry the level's salt alone, so that walks of one
	// trajectory share them.
	LevelSalt bool
}

// Evidence gathers what the rows say. It reads Rows and keeps none of them. Of a level
// under way it gathers what slo.Clear asks for and no more: values in no order, no
// journeys, means, lag, trends or gates.
func Evidence(in Input) plimsoll.Evidence {
	e := plimsoll.Evidence{
		Stage: in.Stage, Window: in.Observed.Window, At: in.Now, Observed: in.Observed,
		Classes: map[plimsoll.Class]int{}, Starved: map[string]int{},
		LevelSalt: in.LevelSalt, SetCount: in.Set.Count, SetInput: in.Set.Input, SetUncached: in.Set.Uncached, SetOutput: in.Set.Output,
	}
	running := in.Now != plimsoll.Never
	if running && (e.Window.End == plimsoll.Never || e.Window.End > in.Now || e.Window.End <= e.Window.Start) {
		e.Window.End, e.WindowOpen = in.Now, true
	}
	g := gatherer{e: &e, in: &in}
	if running {
		in.InFlight = unended(in.InFlight, in.Rows)
		g.tick(in.Rows)
		g.tick(in.InFlight)
		starved(&e, in.Rows, in.InFlight)
		e.Falling = falling(e.Window, in.Now, in.Rows, in.InFlight)
		return e
	}
	rows := Population(in.Rows, e.Window)
	for _, r := range rows {
		g.add(r)
	}
	g.finish()
	e.LagP99ms = lagP99(rows)
	starved(&e, in.Rows)
	e.Steady = steady(rows, e.Window)
	e.Settling = settling(in.Rows, in.Stage, in.Observed.Window.Start)
	firstTurn(&e, in.Rows, in.Head)
	e.Gates = gates(&e, rows, in.Rows)
	return e
}

// Population returns the rows that count, by slot and then in order of sending:
// turns, not primers, sent in the window.
func Population(rows []plimsoll.Row, w plimsoll.Window) []*plimsoll.Row {
	out := make([]*plimsoll.Row, 0, len(rows))
	for i := range rows {
		if r := &rows[i]; counts(r, w) {
			out = append(out, r)
		}
	}
	return sortBySlot(out)
}

func counts(r *plimsoll.Row, w plimsoll.Window) bool { return !r.Primer && w.Holds(sentOrDue(r)) }

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

// unended returns the turns in flight that have no row yet. Slots count from 0.
func unended(inFlight, rows []plimsoll.Row) []plimsoll.Row {
	slots := int32(0)
	for i := range inFlight {
		slots = max(slots, inFlight[i].Slot+1)
	}
	// A slot's turns in flight are a list: first[slot] and then next, as positions from 1.
	first, next := make([]int32, slots), make([]int32, len(inFlight)+1)
	for i := range inFlight {
		slot := inFlight[i].Slot
		next[i+1], first[slot] = first[slot], int32(i+1)
	}
	has := make([]bool, len(inFlight)+1)
	for i := range rows {
		if rows[i].Slot < 0 || rows[i].Slot >= slots {
			continue
		}
		for at := first[rows[i].Slot]; at != 0; at = next[at] {
			has[at] = has[at] || sameTurn(&rows[i], &inFlight[at-1])
		}
	}
	out := make([]plimsoll.Row, 0, len(inFlight))
	for i := range inFlight {
		if !has[i+1] {
			out = append(out, inFlight[i])
		}
	}
	return out
}

// sameTurn compares two rows of one slot.
func sameTurn(a, b *plimsoll.Row) bool {
	return a.Walk == b.Walk && a.Branch == b.Branch && a.Turn == b.Turn
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

// tick adds the rows that count of a level under way.
func (g *gatherer) tick(rows []plimsoll.Row) {
	for i := range rows {
		if counts(&rows[i], g.e.Window) {
			g.add(&rows[i])
		}
	}
}

func (g *gatherer) running() bool { return g.in.Now != plimsoll.Never }

func (g *gatherer) add(r *plimsoll.Row) {
	e := g.e
	e.Turns++
	if g.running() && (r.End == plimsoll.Never || r.End > g.in.Now) {
		e.Censored++
		e.Classes[plimsoll.ClassCensored]++
		e.Open = append(e.Open, openTurn(r, g.in.Now))
		return
	}
	e.Classes[r.Class]++
	if !g.running() {
		g.tokens(r)
	}
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
	e, ttft, v := g.e, ttftOf(r), speedsOf(r)
	if !math.IsNaN(ttft) {
		e.TTFT = append(e.TTFT, ttft)
	}
	if !g.running() {
		travelled(journey(e, r), ttft, v.Main)
	}
	if v.OneRead {
		e.OneRead++
	}
	if math.IsNaN(v.Main) {
		e.NoSpeed++
		return
	}
	e.Speed = append(e.Speed, v.Main)
	e.SpeedEndToEnd = append(e.SpeedEndToEnd, v.EndToEnd)
	if !math.IsNaN(v.NMinus1) {
		e.SpeedAA = append(e.SpeedAA, v.NMinus1)
	}
	if exceeds(r, g.in.LocalExact) {
		e.UsageExceeds++
	}
}

// exceeds reports whether the engine's usage claims more tokens than were streamed. The
// engine's own tokenizer allows it 5 %. Another one allows twice its count; where it counts
// fewer tokens than there were reads with text (a run of digits or of white space may be one
// token), the reads count: each brought a token at least.
func exceeds(r *plimsoll.Row, exact bool) bool {
	switch {
	case r.LocalTokens < 0:
		return false
	case exact:
		return float64(r.UsageCompletion) > 1.05*float64(r.LocalTokens)
	}
	return r.UsageCompletion > 2*max(r.LocalTokens, r.Reads)
}

// travelled adds an ended turn's values, as far as it has them, to its journey.
func travelled(j *plimsoll.Journey, ttft, speed float64) {
	if !math.IsNaN(ttft) {
		j.TTFT = append(j.TTFT, ttft)
	}
	if !math.IsNaN(speed) {
		j.Speed = append(j.Speed, speed)
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
