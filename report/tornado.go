package report

import (
	"fmt"
	"math"
	"sort"

	"plimsoll"
	"plimsoll/plan"
)

// measure is one figure that a sensitivity changes.
type measure struct {
	name  string // "Agents after redundancy"
	base  float64
	value func(plan.Variant) (float64, bool)
}

// measures are the figures of a system that a tornado chart can show.
func measures(a plan.Answer) []measure {
	var out []measure
	if a.Limit != "demand" {
		out = append(out, measure{"Agents after redundancy", float64(a.AgentsAfterRedundancy), func(v plan.Variant) (float64, bool) { return float64(v.Agents), true }})
	} else if a.PowerMW != nil {
		out = append(out, measure{"MW that the demand needs", *a.PowerMW, func(v plan.Variant) (float64, bool) { return deref(v.PowerMW) }})
	}
	switch {
	case a.CostPerAgentHour != nil:
		out = append(out, measure{"Cost of an agent-hour", *a.CostPerAgentHour, func(v plan.Variant) (float64, bool) { return deref(v.CostPerAgentHour) }})
	case a.Energy != nil && a.Energy.WhPerAgentHour > 0:
		out = append(out, measure{"Wh an agent-hour", a.Energy.WhPerAgentHour, func(v plan.Variant) (float64, bool) { return deref(v.WhPerAgentHour) }})
	}
	return out
}

func deref(v *float64) (float64, bool) {
	if v == nil {
		return 0, false
	}
	return *v, true
}

// swing is one bar of a tornado chart.
type swing struct {
	input     string
	low, high plan.Variant
	from, to  float64
}

// swings are the inputs that move a figure by more than a thousandth, widest first.
func swings(a plan.Answer, m measure) []swing {
	var out []swing
	for _, s := range a.Sensitivity {
		if s.Note != "" {
			continue
		}
		from, ok1 := m.value(s.Low)
		to, ok2 := m.value(s.High)
		if ok1 && ok2 && math.Max(math.Abs(from-m.base), math.Abs(to-m.base)) > 0.001*m.base {
			out = append(out, swing{s.Input, s.Low, s.High, from, to})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return reach(out[i], m.base) > reach(out[j], m.base) })
	return out
}

func reach(s swing, base float64) float64 {
	return math.Max(math.Max(s.from, s.to), base) - math.Min(math.Min(s.from, s.to), base)
}

// tornado draws what each input does to a figure, one bar an input: from the answer
// outwards to the figure at its low and at its high value.
func tornado(a plan.Answer, m measure, id string) (Chart, bool) {
	bars := swings(a, m)
	if len(bars) == 0 {
		return Chart{}, false
	}
	const width, left, top, row = 540.0, 124.0, 44.0, 34.0
	low, high := m.base, m.base
	for _, s := range bars {
		low, high = math.Min(low, math.Min(s.from, s.to)), math.Max(high, math.Max(s.from, s.to))
	}
	const words = 124.0 // room for the words at the bars' ends
	x := scale{low: low, high: high, from: left + words, to: width - words}
	height := top + row*float64(len(bars)) + 8
	desc := fmt.Sprintf("What each input does to the figure of %s for %s.", figure(m.base), plain(a.System))
	c := newCanvas(id, m.name, desc, width, height)
	chart := Chart{ID: id, Title: m.name, Desc: desc, Table: Table{Head: []string{"Input", "from", "to", "figure from", "figure to"}}}
	c.text("axis-name", "start", 0, 12, m.name)
	c.text("capacity-label", "middle", x.at(m.base), 30, figure(m.base))
	for i, s := range bars {
		y := top + row*float64(i)
		c.text("input", "end", left-14, y+15, s.input)
		drawEnds(c, x, m, s, y)
		chart.Table.Rows = append(chart.Table.Rows, []string{s.input, s.low.Value, s.high.Value, figure(s.from), figure(s.to)})
	}
	c.line("capacity", x.at(m.base), top-8, x.at(m.base), height-8)
	chart.SVG = c.done()
	return chart, true
}

// drawEnds draws both halves of a bar with the input's value at each end. Where both
// values move the figure the same way, the shorter one lies inside the longer.
func drawEnds(c *canvas, x scale, m measure, s swing, y float64) {
	mid := x.at(m.base)
	type end struct {
		at    float64
		class string
		word  string
	}
	ends := []end{{x.at(s.from), "from", s.low.Value + ": " + figure(s.from)}, {x.at(s.to), "to", s.high.Value + ": " + figure(s.to)}}
	sort.SliceStable(ends, func(i, j int) bool { return math.Abs(ends[i].at-mid) > math.Abs(ends[j].at-mid) })
	sameSide := (ends[0].at-mid)*(ends[1].at-mid) > 0
	for i, e := range ends {
		c.rect("swing "+e.class, math.Min(mid, e.at), y, math.Abs(e.at-mid), 20, s.input+" "+e.word)
		anchor, shift := "start", 6.0
		if e.at < mid || e.at == mid && ends[0].at > mid && i == 1 {
			anchor, shift = "end", -6
		}
		if i == 1 && (sameSide || e.at == mid) {
			continue // its words would lie on the other bar; they stand in the table
		}
		c.text("end", anchor, e.at+shift, y+15, e.word)
	}
}

// ladder draws agents per megawatt at every boundary, narrowest first.
func ladder(a plan.Answer, id string) (Chart, bool) {
	if len(a.Densities) == 0 {
		return Chart{}, false
	}
	const width, left, right, top, row = 1080.0, 260.0, 300.0, 30.0, 30.0
	values := []float64{}
	for _, d := range a.Densities {
		values = append(values, d.AgentsPerMW)
	}
	x := linearScale(values, left, width-right)
	const title = "Agents per megawatt"
	desc := "The same capacity of " + plain(a.System) + " over the power at each boundary."
	c := newCanvas(id, title, desc, width, top+row*float64(len(values))+4)
	chart := Chart{ID: id, Title: title, Desc: desc, Table: Table{Head: []string{"Boundary", "W/accelerator", "agents/MW", "agents at budget", "what"}}}
	c.text("axis-name", "start", left, 14, "agents per MW")
	for i, d := range a.Densities {
		y := top + row*float64(i)
		class := "swing to"
		if d.Basis == plimsoll.Provisioned {
			class = "swing from"
		}
		c.text("input", "end", left-14, y+15, densityName(a, d))
		c.rect(class, left, y, x.at(d.AgentsPerMW)-left, 20, d.What)
		word := figure(d.AgentsPerMW)
		if d.WattsPer > 0 {
			word += " at " + figure(d.WattsPer) + " W an accelerator"
		}
		c.text("end", "start", x.at(d.AgentsPerMW)+8, y+15, word)
		chart.Table.Rows = append(chart.Table.Rows, []string{densityName(a, d), dash(d.WattsPer), figure(d.AgentsPerMW), budgetAgents(d), d.What})
	}
	chart.SVG = c.done()
	return chart, true
}
