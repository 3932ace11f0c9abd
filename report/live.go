package report

import (
	"fmt"
	"html/template"
	"math"
	"sort"
	"strings"
	"time"

	"plimsoll/result"
)

// Funcs returns how every page writes figures: figure (three digits), whole
// (thousands separated), limit (as it was chosen), clock (a length of time, s),
// day (an instant) and agents (a tier's capacity).
func Funcs() template.FuncMap {
	return template.FuncMap{
		"figure": func(v any) string { return figure(toFloat(v)) }, "whole": whole, "limit": round, "clock": clock, "agents": agents,
		"day": func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") }, "verdictWord": verdictWord, "verdictClass": wordClass,
		"sentence": sentence, "plain": plain,
	}
}

// SearchCharts shows the search of the tier with this index so far: agents against
// P25 output speed and against P95 TTFT. Only levels that the tier has a verdict
// of are drawn.
func SearchCharts(r result.Result, tier int) []Chart { return traceCharts(r, r.Tiers[tier], tier+1) }

// LevelChart shows a level in time, as far as it went; false where nothing is known
// of it.
func LevelChart(t result.Trace) (Chart, bool) { return levelTimeChart(t) }

// Gauge is a figure that moves, and the limits that it is held against.
type Gauge struct {
	ID, Name, Unit string
	Value          float64 // NaN while there is none, +Inf beyond all bounds
	Ceiling        bool    // the limits are upper ones
	Limits         []GaugeLimit
}

// GaugeLimit is a tier's limit.
type GaugeLimit struct {
	Tier string
	At   float64
}

// Says writes in words what the value means for the tiers.
func (g Gauge) Says() string {
	if len(g.Limits) == 0 {
		return ""
	}
	if math.IsNaN(g.Value) {
		return "no figure yet"
	}
	var holds, misses []string
	for _, l := range g.Limits {
		if g.Ceiling && g.Value <= l.At || !g.Ceiling && g.Value >= l.At {
			holds = append(holds, l.Tier)
		} else {
			misses = append(misses, l.Tier)
		}
	}
	switch {
	case len(misses) == 0:
		return "within " + list(holds)
	case len(holds) == 0:
		return "outside " + list(misses)
	}
	return "within " + list(holds) + "; outside " + list(misses)
}

// Chart draws the gauge: a rail by logarithm, a mark for every limit, and the
// value.
func (g Gauge) Chart() Chart {
	const height, rail = 84.0, 44.0
	limits := append([]GaugeLimit(nil), g.Limits...)
	sort.SliceStable(limits, func(i, j int) bool { return limits[i].At < limits[j].At })
	values := []float64{g.Value}
	chart := Chart{ID: g.ID, Title: g.Name, Desc: fmt.Sprintf("%s %s %s: %s.", g.Name, figure(g.Value), g.Unit, g.Says()), Table: Table{Head: []string{"Tier", "Limit, " + g.Unit}}}
	for _, l := range limits {
		values = append(values, l.At/2, l.At*2)
		chart.Table.Rows = append(chart.Table.Rows, []string{l.Tier, round(l.At)})
	}
	x := logScale(values, 8, chartWidth-8)
	c := newCanvas(g.ID, chart.Title, chart.Desc, chartWidth, height)
	c.rect("bar-rail", x.from, rail-4, x.to-x.from, 8, "")
	g.good(c, limits, x, rail)
	last := -100.0
	for _, l := range limits {
		at := x.at(l.At)
		c.line("slo", at, rail-11, at, rail+11)
		if at-last > 44 {
			c.text("slo-label", "middle", at, rail+26, sign(g.Ceiling)+" "+round(l.At))
			last = at
		}
	}
	if !math.IsNaN(g.Value) {
		at := x.at(g.Value)
		fmt.Fprintf(&c.b, "<circle class=\"decides\" cx=\"%s\" cy=\"%s\" r=\"7\">%s</circle>\n", px(at), px(rail), hoverTitle(figure(g.Value)+" "+g.Unit))
		anchor := "middle"
		if at < x.from+50 {
			anchor, at = "start", x.from
		} else if at > x.to-50 {
			anchor, at = "end", x.to
		}
		c.text("capacity-label", anchor, at, rail-18, strings.TrimSpace(figure(g.Value)+" "+g.Unit))
	}
	chart.SVG = c.done()
	return chart
}

// good fills the side of the rail on which at least the loosest tier holds.
func (g Gauge) good(c *canvas, limits []GaugeLimit, x scale, rail float64) {
	if len(limits) == 0 {
		return
	}
	from, to := x.at(limits[0].At), x.to
	if g.Ceiling {
		from, to = x.from, x.at(limits[len(limits)-1].At)
	}
	c.rect("hold", from, rail-4, to-from, 8, "")
}

func sign(ceiling bool) string {
	if ceiling {
		return "≤"
	}
	return "≥"
}
