package report

import (
	"fmt"
	"math"

	"plimsoll/result"
)

// levelTimeChart shows one level in time: turns in flight, output tokens and, where
// it was metered, power, each on its own scale, with the window shaded.
func levelTimeChart(t result.Trace) (Chart, bool) {
	if t.LengthS <= 0 || len(t.Points) == 0 {
		return Chart{}, false
	}
	panels := []panel{
		{"Turns in flight", " in flight", func(p result.TracePoint) float64 { return p.InFlight }},
		{"Output, tok/s", " tok/s", func(p result.TracePoint) float64 { return p.TokensPS }},
	}
	for _, p := range t.Points {
		if p.Watts.Known() {
			panels = append(panels, panel{"Power, W", " W", func(p result.TracePoint) float64 { return float64(p.Watts) }})
			break
		}
	}
	chart := Chart{ID: "level-time", Title: fmt.Sprintf("Level %s, %s, in time", t.Level, count(t.Agents, "agent")),
		Desc:  fmt.Sprintf("%d curves over the %s of the level; the window from %s to %s is shaded.", len(panels), clock(t.LengthS), clock(t.WindowS[0]), clock(t.WindowS[1])),
		Table: timeTable(t, panels)}
	const each, gap = 92.0, 38.0
	height := float64(len(panels))*(each+gap) + 26 // the last gap holds the time axis
	x := scale{low: 0, high: t.LengthS, from: leftEdge, to: wideWidth - 14}
	c := newCanvas(chart.ID, chart.Title, chart.Desc, wideWidth, height)
	for i, p := range panels {
		top := float64(i)*(each+gap) + 20
		p.draw(c, t, x, top, top+each)
	}
	bottom := height - gap - 6
	hits(c, t, panels, x, bottom)
	c.times(x, 12, bottom)
	c.text("axis-name", "end", wideWidth-14, bottom+33, "time since the level began"+momentUnit(t.LengthS))
	chart.SVG = c.done()
	return chart, true
}

// panel is one curve over the time of a level.
type panel struct {
	name  string
	unit  string // behind a value in a sentence
	value func(result.TracePoint) float64
}

func (p panel) says(at result.TracePoint) string { return figure(p.value(at)) + p.unit }

func (p panel) draw(c *canvas, t result.Trace, x scale, top, bottom float64) {
	var values []float64
	for _, point := range t.Points {
		values = append(values, p.value(point))
	}
	y := linearScale(values, bottom, top)
	c.rect("shade", x.at(t.WindowS[0]), top, x.at(t.WindowS[1])-x.at(t.WindowS[0]), bottom-top, "")
	c.grid(y, 3, x.to)
	var line [][2]float64
	for i, point := range t.Points {
		if v := values[i]; !math.IsNaN(v) {
			line = append(line, [2]float64{x.at(point.AtS), y.at(v)})
		}
	}
	c.path("curve", line)
	c.line("axis", leftEdge, bottom, wideWidth-14, bottom)
	c.text("axis-name", "start", 0, top-8, p.name)
}

// mostHits bounds how many moments of a level have their values under the pointer,
// and mostMoments how many stand in the table.
const (
	mostHits    = 120
	mostMoments = 30
)

// hits lays strips over the curves; each says the values at its middle point.
func hits(c *canvas, t result.Trace, panels []panel, x scale, bottom float64) {
	for i := every(len(t.Points), mostHits) / 2; i < len(t.Points); i += every(len(t.Points), mostHits) {
		half := float64(every(len(t.Points), mostHits)) * t.LengthS / float64(len(t.Points)) / 2
		words := clock(t.Points[i].AtS)
		for _, p := range panels {
			words += ", " + p.says(t.Points[i])
		}
		from, to := x.at(t.Points[i].AtS-half), x.at(t.Points[i].AtS+half)
		c.rect("hit", from, topEdge-6, to-from, bottom-topEdge+6, words)
	}
}

// every returns how many points apart to look so that at most most are seen.
func every(points, most int) int { return max(1, (points+most-1)/most) }

// timeTable gives the means of some moments, evenly spread, and says how many there
// are.
func timeTable(t result.Trace, panels []panel) Table {
	table := Table{Head: []string{"Time"}}
	for _, p := range panels {
		table.Head = append(table.Head, p.name)
	}
	step := every(len(t.Points), mostMoments)
	for i := step / 2; i < len(t.Points); i += step {
		row := []string{clock(t.Points[i].AtS)}
		for _, p := range panels {
			row = append(row, figure(p.value(t.Points[i])))
		}
		table.Rows = append(table.Rows, row)
	}
	if step > 1 {
		table.Note = fmt.Sprintf("%d of %d steps shown; each is the mean of %s.", len(table.Rows), len(t.Points), clock(t.LengthS/float64(len(t.Points))))
	}
	return table
}

// mostSpans bounds the size of the swim lanes: the chart ends where they are used
// up, and says so.
const mostSpans = 2400

// lanesChart shows what a sample of the agents did.
func lanesChart(t result.Trace) (Chart, bool) {
	from, until := lanesSpan(t)
	if until <= from {
		return Chart{}, false
	}
	chart := Chart{ID: "lanes", Title: fmt.Sprintf("What %d of %s did in level %s", len(t.Lanes), count(t.Agents, "agent"), t.Level),
		Desc:  "A lane an agent: waiting for the first token, streaming, and the tool time between turns. Empty: not started, or waiting to join a branch. The table counts the whole level.",
		Table: Table{Head: []string{"Agent", "Turns", "Prefill", "Decode", "Tool", "Failed"}}}
	const lane = 15.0
	top := 24.0
	bottom := top + lane*float64(len(t.Lanes))
	x := scale{low: from, high: until, from: leftEdge, to: wideWidth - 14}
	c := newCanvas(chart.ID, chart.Title, chart.Desc, wideWidth, bottom+42)
	c.rect("shade", x.at(t.WindowS[0]), top, x.at(t.WindowS[1])-x.at(t.WindowS[0]), bottom-top, "")
	for i, l := range t.Lanes {
		y := top + lane*float64(i)
		c.text("tick", "end", leftEdge-8, y+lane/2+4, whole(l.Slot))
		totals := map[string]float64{}
		turns := 0
		for _, s := range l.Spans {
			totals[s.Kind] += s.ToS - s.FromS
			if s.Kind == "prefill" || s.Kind == "failed" {
				turns++
			}
			if s.ToS > from && s.FromS < until {
				c.span(l.Slot, s, x, y+2, lane-4)
			}
		}
		chart.Table.Rows = append(chart.Table.Rows, []string{whole(l.Slot), whole(turns), clock(totals["prefill"]), clock(totals["decode"]), clock(totals["tool"]), clock(totals["failed"])})
	}
	c.times(x, 12, bottom)
	c.line("axis", leftEdge, bottom, wideWidth-14, bottom)
	c.text("axis-name", "start", 0, 12, "Agent")
	when := "time since the level began" + momentUnit(until)
	if until-from < t.LengthS {
		when += fmt.Sprintf("; %s of %s shown", clock(until-from), clock(t.LengthS))
	}
	c.text("axis-name", "end", wideWidth-14, bottom+34, when)
	chart.SVG = c.done()
	return chart, true
}

// span draws a stretch of a lane; kinds that are not known are not drawn.
func (c *canvas) span(slot int, s result.LaneSpan, x scale, y, height float64) {
	switch s.Kind {
	case "tool", "prefill", "decode", "failed":
	default:
		return
	}
	hover := fmt.Sprintf("agent %d, turn %d at %s: %s %s", slot, s.Turn, clock(s.FromS), s.Kind, clock(s.ToS-s.FromS))
	if s.WhatWent != "" {
		hover += ", " + s.WhatWent
	}
	from, to := x.at(s.FromS), x.at(s.ToS)
	if s.Kind == "tool" {
		c.rect("lane-tool", from, y+height/2-1, to-from, 2, hover)
		return
	}
	c.rect("lane-"+s.Kind, from, y, math.Max(0.6, to-from), height, hover)
}

// lanesSpan returns from when to when the lanes are drawn: the whole level, or a part
// of it that holds about mostSpans stretches and begins shortly before the window.
func lanesSpan(t result.Trace) (from, until float64) {
	total := 0
	for _, l := range t.Lanes {
		total += len(l.Spans)
	}
	if total == 0 {
		return 0, 0
	}
	if total <= mostSpans {
		return 0, t.LengthS
	}
	length := t.LengthS * mostSpans / float64(total)
	from = math.Max(0, math.Min(t.WindowS[0]-length/10, t.LengthS-length))
	return from, from + length
}
