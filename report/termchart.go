package report

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"plimsoll"
	"plimsoll/result"
)

// What follows draws on a terminal: a bar a tier, and the search with a column for
// each number of agents that was tested.

// labelWidth is how wide the names of rows are, with the indent before and the
// space behind.
const labelWidth = 16

// sparks are the heights of a small curve, lowest first.
var sparks = []rune("▁▂▃▄▅▆▇█")

// bars shows the capacity of each tier as a bar on one scale, and how far the
// lowest level that did not pass is from it.
func (t TerminalOptions) bars(b *bytes.Buffer, r result.Result) {
	most, words := 0, []string{}
	for _, tier := range r.Tiers {
		most = max(most, held(tier), tier.LowestFail)
		words = append(words, barWords(tier))
	}
	room := t.Width - labelWidth - 2 - longest(words)
	if most == 0 || room < 8 {
		return
	}
	scale := func(agents int) int { return int(math.Round(float64(agents) / float64(most) * float64(room-1))) } // the last column is for a mark
	for i, tier := range r.Tiers {
		full := scale(held(tier))
		bar := t.paint(green, strings.Repeat("█", full))
		end := full
		if tier.LowestFail > 0 {
			at := max(full, scale(tier.LowestFail))
			bar += t.paint(dim, strings.Repeat("░", at-full)) + t.paint(red, "×")
			end = at + 1
		}
		fmt.Fprintf(b, "  %s  %s%s  %s\n", t.paint(dim, pad(clip(plain(tier.Name), labelWidth-4), labelWidth-4, false)), bar, strings.Repeat(" ", max(0, room-end)), words[i])
	}
	b.WriteByte('\n')
}

// held is the best lower statement of a tier.
func held(t result.Tier) int {
	if t.Capacity != nil {
		return *t.Capacity
	}
	return t.AtLeast
}

func barWords(t result.Tier) string {
	s := whole(held(t)) + " hold"
	if t.LowestFail > 0 {
		s += ", " + whole(t.LowestFail) + " do not"
	}
	return s
}

func longest(words []string) int {
	most := 0
	for _, w := range words {
		most = max(most, utf8.RuneCountInString(w))
	}
	return most
}

// rung is one number of agents that was tested.
type rung struct {
	agents      int
	speed, ttft float64            // median of its valid levels; NaN none
	outcomes    []plimsoll.Outcome // a tier each, the worst of its levels; "" not judged
}

// search shows what each tested number of agents gave: curves of speed and TTFT by
// logarithm, and a mark for each tier. Where not all fit, those next to the answers
// are kept, and it says so.
func (t TerminalOptions) search(b *bytes.Buffer, r result.Result) {
	all := rungsOf(r)
	if len(all) < 2 {
		return
	}
	const unitRoom = 24 // for the range of a curve, at its right
	room := t.Width - labelWidth - 2
	if room > 2*unitRoom {
		room -= unitRoom
	}
	rungs := nearest(all, r.Tiers, room)
	each := min(len(whole(rungs[len(rungs)-1].agents))+1, room/len(rungs))
	ranges := room < t.Width-labelWidth-2
	row := func(name, cells, unit string) {
		if ranges && unit != "" {
			cells += strings.Repeat(" ", max(0, each*len(rungs)-utf8.RuneCountInString(cells))) + "  " + unit
		}
		fmt.Fprintf(b, "  %s  %s\n", t.paint(dim, pad(clip(name, labelWidth-4), labelWidth-4, false)), strings.TrimRight(cells, " "))
	}
	row("Agents", rungLabels(rungs, each), "")
	curve := func(name, unit string, value func(rung) float64) {
		cells, low, high := sparkline(rungs, each, value)
		if low <= high {
			row(name, cells, figure(low)+" to "+figure(high)+" "+unit)
		}
	}
	curve("P25 speed", "tok/s", func(g rung) float64 { return g.speed })
	curve("P95 TTFT", "s", func(g rung) float64 { return g.ttft })
	for i, tier := range r.Tiers {
		var cells strings.Builder
		for _, g := range rungs {
			cells.WriteString(strings.Repeat(" ", each-1) + t.mark(g.outcomes[i]))
		}
		fmt.Fprintf(b, "  %s  %s\n", t.paint(dim, pad(clip(plain(tier.Name), labelWidth-4), labelWidth-4, false)), cells.String())
	}
	legend := "● pass, × fail, ◇ undecided, ▫ void"
	if slices.ContainsFunc(rungs, func(g rung) bool { return math.IsInf(g.ttft, 1) }) {
		legend += ", ↑ unbounded"
	}
	if len(rungs) < len(all) {
		legend += fmt.Sprintf("; %d of %d numbers of agents shown", len(rungs), len(all))
	}
	for i, line := range wrap(legend, t.Width-labelWidth-2) {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "%s%s\n", strings.Repeat(" ", labelWidth), t.paint(dim, line))
	}
	b.WriteByte('\n')
}

// mark is the sign of an outcome.
func (t TerminalOptions) mark(o plimsoll.Outcome) string {
	switch o {
	case plimsoll.Pass:
		return t.paint(green, "●")
	case plimsoll.Fail:
		return t.paint(red, "×")
	case plimsoll.Undecided:
		return t.paint(yellow, "◇")
	case plimsoll.Void:
		return t.paint(dim, "▫")
	}
	return " "
}

// rungsOf gathers the levels by agents, fewest first.
func rungsOf(r result.Result) []rung {
	levels := map[int][]result.Level{}
	at := map[string]int{}
	for _, l := range r.Levels {
		if !l.Warmup {
			levels[l.Agents] = append(levels[l.Agents], l)
			at[l.ID] = l.Agents
		}
	}
	var rungs []rung
	for agents, same := range levels {
		rungs = append(rungs, rung{agents, middle(same, func(l result.Level) float64 { return float64(l.SpeedTPS) }), middle(same, func(l result.Level) float64 { return l.TTFT() }), make([]plimsoll.Outcome, len(r.Tiers))})
	}
	slices.SortFunc(rungs, func(a, b rung) int { return cmp.Compare(a.agents, b.agents) })
	for i, tier := range r.Tiers {
		for _, v := range tier.Verdicts {
			agents, ok := at[v.Level]
			if !ok {
				continue
			}
			n, _ := slices.BinarySearchFunc(rungs, agents, func(g rung, agents int) int { return cmp.Compare(g.agents, agents) })
			if have := rungs[n].outcomes[i]; weight(v.Verdict) > weight(have) {
				rungs[n].outcomes[i] = v.Verdict
			}
		}
	}
	return rungs
}

// weight orders outcomes: of several levels at one number of agents the worst is
// shown, a void one only where there is no other.
func weight(o plimsoll.Outcome) int {
	return slices.Index([]plimsoll.Outcome{plimsoll.Void, plimsoll.Pass, plimsoll.Undecided, plimsoll.Fail}, o)
}

// middle is the median of the valid levels' known values, the lower one of two.
func middle(levels []result.Level, value func(result.Level) float64) float64 {
	var values []float64
	for _, l := range levels {
		if v := value(l); l.Validity == "valid" && !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}

// nearest keeps up to most rungs: the ends, and those next to the tiers' answers.
func nearest(all []rung, tiers []result.Tier, most int) []rung {
	if len(all) <= most {
		return all
	}
	distance := func(i int) int {
		if i == 0 || i == len(all)-1 {
			return -1
		}
		least := len(all)
		for _, t := range tiers {
			n, _ := slices.BinarySearchFunc(all, held(t), func(g rung, agents int) int { return cmp.Compare(g.agents, agents) })
			least = min(least, max(n-i, i-n))
		}
		return least
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(distance(a), distance(b)) })
	kept := order[:most]
	slices.Sort(kept)
	out := make([]rung, len(kept))
	for i, n := range kept {
		out[i] = all[n]
	}
	return out
}

// rungLabels writes the numbers of agents under which the columns stand, as many as
// have room; each ends at its column.
func rungLabels(rungs []rung, each int) string {
	line := []byte(strings.Repeat(" ", each*len(rungs)+labelWidth))
	free := 0
	for i, g := range rungs {
		name := whole(g.agents)
		end := max((i+1)*each, len(name))
		if start := end - len(name); i == 0 || start > free {
			copy(line[start:], name)
			free = end
		}
	}
	return strings.TrimRight(string(line), " ")
}

// sparkline draws one value of every rung by logarithm, and returns its range.
func sparkline(rungs []rung, each int, value func(rung) float64) (cells string, low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, g := range rungs {
		if v := value(g); v > 0 {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	finite := high
	if math.IsInf(high, 1) {
		finite = low
		for _, g := range rungs {
			if v := value(g); v > 0 && !math.IsInf(v, 1) {
				finite = math.Max(finite, v)
			}
		}
	}
	var b strings.Builder
	for _, g := range rungs {
		b.WriteString(strings.Repeat(" ", each-1))
		v := value(g)
		switch {
		case math.IsNaN(v):
			b.WriteByte(' ')
		case v <= 0:
			b.WriteRune(sparks[0])
		case math.IsInf(v, 1):
			b.WriteRune('↑')
		case low == finite:
			b.WriteRune(sparks[len(sparks)-1])
		default:
			share := (math.Log(v) - math.Log(low)) / (math.Log(finite) - math.Log(low))
			b.WriteRune(sparks[int(float64(len(sparks)-1)*share+0.5+1e-9)]) // a half rounds up whatever the processor's last bit
		}
	}
	return b.String(), low, high
}
