package report

import (
	"fmt"
	"math"

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
			a.value, a.label = *s.Tier.PerAcc, least(s.Tier)+figure(*s.Tier.PerAcc)+ratioLabel(i, s.PerAcc)
			a.low, a.high = boundsOf(s.Tier, *s.Tier.PerAcc)
		}
		acc = append(acc, a)
		m := barRow{name: name, value: math.NaN(), label: "no figure"}
		if len(s.Tier.PerMW) > 0 {
			p := s.Tier.PerMW[max(0, s.PerMWIndex)]
			m.value, m.label = p.Value, least(s.Tier)+figure(p.Value)+ratioLabel(i, s.PerMW)+" · "+powerLabel(p)
			m.low, m.high = boundsOf(s.Tier, p.Value)
			m.odd = odd(i, s)
		}
		mw = append(mw, m)
	}
	return []Chart{
		barChart(fmt.Sprintf("bars%d-acc", n), "Agents per accelerator, "+tierTitle(tier), acc),
		barChart(fmt.Sprintf("bars%d-mw", n), "Agents per megawatt, "+tierTitle(tier), mw),
	}
}

// odd reports whether entry i's figure per megawatt must not be set against the
// first's.
func odd(i int, s result.Side) bool {
	return i > 0 && s.Has && s.PerMWIndex >= 0 && s.PerMW.Reason != ""
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
