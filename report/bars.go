package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"plimsoll/result"
)

// barRow is one system's bar.
type barRow struct {
	name, label string
	value       float64 // NaN: no figure
	low, high   float64 // 0 none
	odd         bool    // not divided by the first: drawn hatched
}

// comparisonCharts shows one tier: agents per accelerator and per megawatt.
func comparisonCharts(c result.Comparison, tier result.TierRatio, n int) []Chart {
	var acc, mw []barRow
	for i, s := range tier.Sides {
		if !s.Has {
			continue
		}
		name := c.Entries[i].Name
		if c.Entries[i].Simulated {
			name += " (simulated)"
		}
		a := barRow{name: name, value: math.NaN(), label: "no figure"}
		if s.Tier.PerAcc != nil {
			a.value, a.label = *s.Tier.PerAcc, figure(*s.Tier.PerAcc)+ratioLabel(i, s.PerAcc)
			a.low, a.high = boundsOf(s.Tier, *s.Tier.PerAcc)
		}
		acc = append(acc, a)
		m := barRow{name: name, value: math.NaN(), label: "no figure"}
		if len(s.Tier.PerMW) > 0 {
			p := s.Tier.PerMW[max(0, s.PerMWIndex)]
			m.value, m.label = p.Value, figure(p.Value)+ratioLabel(i, s.PerMW)+" · "+powerLabel(p)
			m.low, m.high = boundsOf(s.Tier, p.Value)
			m.odd = i > 0 && s.PerMWIndex >= 0 && s.PerMW.Reason != ""
		}
		mw = append(mw, m)
	}
	return []Chart{
		barChart(fmt.Sprintf("bars%d-acc", n), "Agents per accelerator, "+tierTitle(tier), acc),
		barChart(fmt.Sprintf("bars%d-mw", n), "Agents per megawatt, "+tierTitle(tier), mw),
	}
}

func ratioLabel(i int, r result.Ratio) string {
	if i == 0 || !r.Value.Known() {
		return ""
	}
	return " · " + times(r)
}

// boundsOf gives a figure the relative bounds of its tier's capacity.
func boundsOf(t result.EntryTier, value float64) (low, high float64) {
	if t.Span == "" || t.Capacity == nil || *t.Capacity == 0 {
		return 0, 0
	}
	return value * t.Low / float64(*t.Capacity), value * t.High / float64(*t.Capacity)
}

// barChart draws horizontal bars from 0, names above them, figures behind.
func barChart(id, title string, rows []barRow) Chart {
	const each, width = 44.0, 520.0
	chart := Chart{ID: id, Title: title, Desc: "One bar a system, from 0; thin lines are bounds; a hatched bar is at another boundary or basis than the first and must not be set against it.",
		Table: Table{Head: []string{"System", "Figure", "Low", "High"}}}
	most := 0.0
	for _, r := range rows {
		if !math.IsNaN(r.value) {
			most = math.Max(most, math.Max(r.value, r.high))
		}
	}
	if most == 0 {
		most = 1
	}
	x := scale{low: 0, high: most, from: 0, to: width}
	c := newCanvas(id, title, chart.Desc, width, each*float64(len(rows))+8)
	fmt.Fprintf(&c.b, `<defs><pattern id="%s-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch" width="2.5" height="6"/></pattern></defs>`+"\n", id)
	for i, r := range rows {
		top := each * float64(i)
		c.text("bar-name", "start", 0, top+14, r.name)
		c.text("bar-label", "end", width, top+14, r.label)
		chart.Table.Rows = append(chart.Table.Rows, []string{r.name, r.label, known(r.low), known(r.high)})
		c.rect("bar-rail", 0, top+21, width, 10, "")
		if math.IsNaN(r.value) {
			continue
		}
		if r.odd {
			fmt.Fprintf(&c.b, `<rect fill="url(#%s-hatch)" class="bar-odd" x="0" y="%s" width="%s" height="10">%s</rect>`+"\n", id, px(top+21), px(x.at(r.value)), hoverTitle(r.name+": "+r.label))
		} else {
			c.rect("bar-held", 0, top+21, math.Max(1, x.at(r.value)), 10, r.name+": "+r.label)
		}
		if r.low > 0 && r.high > r.low {
			c.line("bar-bounds", x.at(r.low), top+26, x.at(r.high), top+26)
			c.line("bar-bounds", x.at(r.low), top+22, x.at(r.low), top+30)
			c.line("bar-bounds", x.at(r.high), top+22, x.at(r.high), top+30)
		}
	}
	chart.SVG = c.done()
	return chart
}

func known(v float64) string {
	if v == 0 {
		return "–"
	}
	return figure(v)
}

// stepChart shows what each system carries per accelerator at the speeds of its
// tiers: a step function, since nothing was measured between them. A system holds
// a tier's figure for every slower speed, until a slower tier gives a higher one.
func stepChart(c result.Comparison) (Chart, bool) {
	chart := Chart{ID: "steps", Title: "Agents per accelerator against output speed", Table: Table{Head: []string{"System", "P25 speed at least, tok/s", "Agents per accelerator"}},
		Desc: "A step line a system: at a speed, the agents per accelerator of the slowest tier that is at least that fast. Nothing is interpolated."}
	var speeds, figures []float64
	for _, e := range c.Entries {
		for _, t := range e.Tiers {
			if t.PerAcc != nil && *t.PerAcc > 0 {
				speeds, figures = append(speeds, t.SpeedTPS), append(figures, *t.PerAcc)
				chart.Table.Rows = append(chart.Table.Rows, []string{e.Name, round(t.SpeedTPS), figure(*t.PerAcc)})
			}
		}
	}
	if len(speeds) < 2 {
		return Chart{}, false
	}
	x, y := logScale(speeds, leftEdge, wideRight), logScale(figures, bottomEdge, topEdge)
	cv := newCanvas(chart.ID, chart.Title, chart.Desc, wideWidth, chartHeight)
	for _, v := range y.ticks(6) {
		cv.line("grid", leftEdge, y.at(v), wideRight, y.at(v))
		cv.text("tick", "end", leftEdge-8, y.at(v)+4, round(v))
	}
	for _, v := range x.ticks(10) {
		cv.line("tickmark", x.at(v), bottomEdge, x.at(v), bottomEdge+4)
		cv.text("tick", "middle", x.at(v), bottomEdge+17, round(v))
	}
	for i, e := range c.Entries {
		steps(cv, e, i, x, y)
	}
	cv.line("axis", leftEdge, bottomEdge, wideRight, bottomEdge)
	cv.text("axis-name", "end", wideRight, bottomEdge+33, "P25 output speed at least, tok/s")
	cv.text("axis-name", "start", 0, 12, "Agents per accelerator")
	chart.SVG = cv.done()
	return chart, true
}

// steps draws one system's step line; dash and colour tell systems apart, and its
// number stands at its last step.
func steps(cv *canvas, e result.Entry, i int, x, y scale) {
	var points [][2]float64
	for _, t := range e.Tiers {
		if t.PerAcc != nil && *t.PerAcc > 0 {
			points = append(points, [2]float64{t.SpeedTPS, *t.PerAcc})
		}
	}
	if len(points) == 0 {
		return
	}
	slices.SortFunc(points, func(a, b [2]float64) int { return cmp.Compare(a[0], b[0]) })
	series := fmt.Sprintf("series s%d", i%5)
	left := leftEdge
	var line [][2]float64
	for _, p := range points {
		line = append(line, [2]float64{left, y.at(p[1])}, [2]float64{x.at(p[0]), y.at(p[1])})
		left = x.at(p[0])
	}
	cv.path(series, line)
	for _, p := range points {
		fmt.Fprintf(&cv.b, "<circle class=\"%s\" cx=\"%s\" cy=\"%s\" r=\"4\">%s</circle>\n", series, px(x.at(p[0])), px(y.at(p[1])),
			hoverTitle(fmt.Sprintf("%s: %s agents per accelerator at %s tok/s", e.Name, figure(p[1]), round(p[0]))))
	}
	last := points[len(points)-1]
	cv.text("bar-name", "start", x.at(last[0])+9, y.at(last[1])+4, fmt.Sprint(i+1))
}
