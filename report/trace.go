package report

import (
	"fmt"
	"math"
	"sort"

	"plimsoll/result"
)

// The frame of a small chart, px.
const (
	chartWidth  = 520.0
	chartHeight = 270.0
	leftEdge    = 52.0
	rightEdge   = chartWidth - 14
	topEdge     = 26.0
	bottomEdge  = chartHeight - 40
)

// tracePoint is one level as a tier's search saw it.
type tracePoint struct {
	level   result.Level
	verdict result.Verdict
	value   float64 // NaN unknown, +Inf beyond all bounds
}

// tracePoints pairs a tier's verdicts with their levels, by agents.
func tracePoints(r result.Result, t result.Tier, value func(result.Level) float64) []tracePoint {
	levels := map[string]result.Level{}
	for _, l := range r.Levels {
		levels[l.ID] = l
	}
	var points []tracePoint
	for _, v := range t.Verdicts {
		if l, ok := levels[v.Level]; ok && !l.Warmup {
			points = append(points, tracePoint{l, v, value(l)})
		}
	}
	sort.SliceStable(points, func(i, j int) bool { return points[i].level.Agents < points[j].level.Agents })
	return points
}

// traceAxis is what differs between the two charts of a tier.
type traceAxis struct {
	id, name, unit string
	limit          float64
	above          bool // the limit is a ceiling
	value          func(result.Level) float64
}

// traceCharts shows a tier's search: agents against P25 output speed and against
// P95 TTFT.
func traceCharts(r result.Result, t result.Tier, n int) []Chart {
	axes := []traceAxis{
		{"speed", "P25 output speed", "tok/s", t.SpeedTPS, false, func(l result.Level) float64 { return float64(l.SpeedTPS) }},
		{"ttft", "P95 time to first token", "s", t.TTFTs, true, func(l result.Level) float64 { return l.TTFT() }},
	}
	var charts []Chart
	for _, axis := range axes {
		charts = append(charts, traceChart(r, t, axis, fmt.Sprintf("tier%d-%s", n, axis.id)))
	}
	return charts
}

func traceChart(r result.Result, t result.Tier, axis traceAxis, id string) Chart {
	points := tracePoints(r, t, axis.value)
	chart := Chart{
		ID:    id,
		Title: fmt.Sprintf("%s against agents, tier %s", axis.name, t.Name),
		Desc:  traceDesc(t, axis, points),
		Table: traceTable(points, axis),
	}
	xs, ys := []float64{float64(t.LowestFail)}, []float64{axis.limit}
	for _, l := range r.Levels { // one x axis for all tiers
		xs = append(xs, float64(l.Agents))
	}
	for _, p := range points {
		ys = append(ys, p.value)
	}
	x := logScale(xs, leftEdge, rightEdge)
	y := logScale(ys, bottomEdge, topEdge)
	c := newCanvas(id, chart.Title, chart.Desc, chartWidth, chartHeight)
	beyond(c, axis, y)
	frame(c, x, y, "agents", axis.name+", "+axis.unit)
	limitY := y.at(axis.limit)
	c.line("slo", leftEdge, limitY, rightEdge, limitY)
	c.text("slo-label", "start", leftEdge+6, labelBeside(limitY, axis.above), sloText(axis))
	claim(c, t, x)
	drawPoints(c, points, axis, x, y)
	chart.SVG = c.done()
	return chart
}

// beyond shades the side of the limit on which a level fails.
func beyond(c *canvas, axis traceAxis, y scale) {
	at := y.at(axis.limit)
	if axis.above {
		c.rect("beyond", leftEdge, topEdge, rightEdge-leftEdge, at-topEdge, "")
		return
	}
	c.rect("beyond", leftEdge, at, rightEdge-leftEdge, bottomEdge-at, "")
}

// labelBeside puts a limit's label on its failing side, where there are fewer marks.
func labelBeside(y float64, above bool) float64 {
	if above && y-6 > topEdge+8 || y+15 > bottomEdge {
		return y - 6
	}
	return y + 15
}

func sloText(axis traceAxis) string {
	if axis.above {
		return "at most " + round(axis.limit) + " " + axis.unit
	}
	return "at least " + round(axis.limit) + " " + axis.unit
}

// claim marks the capacity, its interval and the certified bound.
func claim(c *canvas, t result.Tier, x scale) {
	if e := t.Estimate; e != nil && e.Low > 0 && e.High > e.Low {
		c.rect("interval", x.at(e.Low), topEdge, x.at(e.High)-x.at(e.Low), bottomEdge-topEdge,
			fmt.Sprintf("estimate %s, 95 %% interval %s to %s", figure(e.Value), figure(e.Low), figure(e.High)))
	}
	if t.Certified != nil && *t.Certified > 0 {
		at := x.at(float64(*t.Certified))
		c.line("certified", at, topEdge, at, bottomEdge)
	}
	if t.Capacity == nil || *t.Capacity == 0 {
		return
	}
	at := x.at(float64(*t.Capacity))
	c.line("capacity", at, topEdge-4, at, bottomEdge)
	anchor := "middle"
	switch {
	case at > rightEdge-50:
		anchor = "end"
	case at < leftEdge+50:
		anchor = "start"
	}
	c.text("capacity-label", anchor, at, topEdge-10, agents(t)+" agents")
}

// drawPoints draws the levels; what is unbounded stands at the edge with its sign.
func drawPoints(c *canvas, points []tracePoint, axis traceAxis, x, y scale) {
	var line [][2]float64
	for _, p := range points {
		if p.verdict.Verdict != "void" && !math.IsNaN(p.value) {
			line = append(line, [2]float64{x.at(float64(p.level.Agents)), y.at(p.value)})
		}
	}
	c.path("trace", line)
	for _, p := range points {
		if math.IsNaN(p.value) {
			continue
		}
		hover := fmt.Sprintf("level %s: %s agents, %s %s, %s", p.level.ID, whole(p.level.Agents), figure(p.value), axis.unit, p.verdict.Verdict)
		c.mark(string(p.verdict.Verdict), x.at(float64(p.level.Agents)), y.at(p.value), hover)
		if math.IsInf(p.value, 1) {
			c.text("tick", "middle", x.at(float64(p.level.Agents)), y.at(p.value)+18, "∞")
		}
	}
}

// frame draws axes, grid and labels.
func frame(c *canvas, x, y scale, xName, yName string) {
	c.grid(y, 6, x.to)
	for _, v := range x.ticks(10) {
		c.line("tickmark", x.at(v), bottomEdge, x.at(v), bottomEdge+4)
		c.text("tick", "middle", x.at(v), bottomEdge+17, round(v))
	}
	c.line("axis", leftEdge, bottomEdge, x.to, bottomEdge)
	c.text("axis-name", "end", x.to, bottomEdge+33, xName)
	c.text("axis-name", "start", 0, 12, yName)
}

// grid draws about n lines of a scale from the left edge to right, and what they stand for.
func (c *canvas) grid(y scale, n int, right float64) {
	for _, v := range y.ticks(n) {
		c.line("grid", leftEdge, y.at(v), right, y.at(v))
		c.text("tick", "end", leftEdge-8, y.at(v)+4, round(v))
	}
}

// times draws the marks of a time axis at bottom.
func (c *canvas) times(x scale, n int, bottom float64) {
	for _, v := range ticksBetween(x.low, x.high, n) {
		c.line("tickmark", x.at(v), bottom, x.at(v), bottom+4)
		c.text("tick", "middle", x.at(v), bottom+17, moment(v, x.high))
	}
}

func traceDesc(t result.Tier, axis traceAxis, points []tracePoint) string {
	s := fmt.Sprintf("%d level measurements; the limit is %s.", len(points), sloText(axis))
	if t.Capacity != nil {
		s += fmt.Sprintf(" Capacity %s agents.", agents(t))
	}
	if t.LowestFail > 0 {
		s += fmt.Sprintf(" The lowest failing level had %s agents.", whole(t.LowestFail))
	}
	return s
}

func traceTable(points []tracePoint, axis traceAxis) Table {
	table := Table{Head: []string{"Level", "Agents", axis.name + ", " + axis.unit, "Verdict"}}
	for _, p := range points {
		table.Rows = append(table.Rows, []string{p.level.ID, whole(p.level.Agents), figure(p.value), string(p.verdict.Verdict)})
	}
	return table
}
