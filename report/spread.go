package report

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"plimsoll/result"
)

const (
	wideWidth = 1080.0
	wideRight = wideWidth - 96 // room for the limits' labels
)

// spreadCharts shows, level by level, how output speed and TTFT were distributed.
func spreadCharts(r result.Result) []Chart {
	var levels []result.Level
	for _, l := range r.Levels {
		if !l.Warmup && l.Validity == "valid" && len(l.Distribution.At) > 0 {
			levels = append(levels, l)
		}
	}
	sort.SliceStable(levels, func(i, j int) bool { return levels[i].Agents < levels[j].Agents })
	if len(levels) == 0 {
		return nil
	}
	speed := spread{id: "spread-speed", name: "Output speed of turns", unit: "tok/s", decides: 0.25,
		values: func(l result.Level) []result.Number { return l.Distribution.SpeedTPS }}
	ttft := spread{id: "spread-ttft", name: "Time to first token of turns", unit: "s", decides: 0.95,
		values: func(l result.Level) []result.Number { return l.Distribution.TTFTs }}
	for _, t := range r.Tiers {
		speed.limits = append(speed.limits, t.SpeedTPS)
		ttft.limits = append(ttft.limits, t.TTFTs)
	}
	return []Chart{speed.chart(levels), ttft.chart(levels)}
}

// spread is one distribution chart.
type spread struct {
	id, name, unit string
	decides        float64 // the quantile that a verdict rests on
	limits         []float64
	values         func(result.Level) []result.Number
}

func (s spread) chart(levels []result.Level) Chart {
	chart := Chart{ID: s.id, Title: s.name + " at each level", Table: s.table(levels),
		Desc: fmt.Sprintf("For each level, by agents: a line from P5 to P95, a bar from P25 to P75, a tick at the median and a dot at P%.0f, which decides. Dashed lines are the tiers' limits.", 100*s.decides)}
	all := append([]float64(nil), s.limits...)
	for _, l := range levels {
		for i, v := range s.values(l) {
			if q := l.Distribution.At[i]; q >= 0.05 && q <= 0.95 && v > 0 {
				all = append(all, float64(v))
			}
		}
	}
	y := logScale(all, bottomEdge, topEdge)
	c := newCanvas(s.id, chart.Title, chart.Desc, wideWidth, chartHeight)
	c.grid(y, 6, wideRight)
	lowest := math.Inf(1)
	for _, limit := range distinct(s.limits) { // from the smallest, at the bottom, upwards
		c.line("slo", leftEdge, y.at(limit), wideRight, y.at(limit))
		lowest = math.Min(y.at(limit)+4, lowest-13) // labels keep apart
		c.text("slo-label", "start", wideRight+6, lowest, round(limit)+" "+s.unit)
	}
	step := (wideRight - leftEdge) / float64(len(levels))
	every := int(math.Ceil(34 / step)) // labels that would touch are left out
	for i, l := range levels {
		x := leftEdge + (float64(i)+0.5)*step
		s.strip(c, l, x, math.Min(9, step/3), y)
		if i%every == 0 {
			c.text("tick", "middle", x, bottomEdge+17, whole(l.Agents))
		}
	}
	c.line("axis", leftEdge, bottomEdge, wideRight, bottomEdge)
	c.text("axis-name", "end", wideRight, bottomEdge+33, "agents")
	c.text("axis-name", "start", 0, 12, s.name+", "+s.unit)
	chart.SVG = c.done()
	return chart
}

// strip draws one level's distribution.
func (s spread) strip(c *canvas, l result.Level, x, half float64, y scale) {
	at := func(q float64) (float64, bool) {
		for i, have := range l.Distribution.At {
			if have == q {
				v := float64(s.values(l)[i])
				if math.IsNaN(v) { // null: unbounded, or no values at all
					v = math.Inf(1)
				}
				return y.at(v), true
			}
		}
		return 0, false
	}
	c.together(s.says(l), func() {
		c.rect("hit", x-1.3*half, topEdge, 2.6*half, bottomEdge-topEdge, "")
		p5, ok5 := at(0.05)
		p95, ok95 := at(0.95)
		if ok5 && ok95 {
			c.line("whisker", x, p5, x, p95)
		}
		p25, ok25 := at(0.25)
		p75, ok75 := at(0.75)
		if ok25 && ok75 {
			c.rect("box", x-half, math.Min(p25, p75), 2*half, math.Abs(p25-p75), "")
		}
		if p50, ok := at(0.5); ok {
			c.line("median", x-half, p50, x+half, p50)
		}
		if decides, ok := at(s.decides); ok {
			fmt.Fprintf(&c.b, "<circle class=\"decides\" cx=\"%s\" cy=\"%s\" r=\"4\"/>\n", px(x), px(decides))
		}
	})
}

// says writes the quantiles of a level in words.
func (s spread) says(l result.Level) string {
	words := fmt.Sprintf("level %s: %s agents", l.ID, whole(l.Agents))
	for i, v := range s.values(l) {
		if q := l.Distribution.At[i]; q == 0.05 || q == 0.25 || q == 0.5 || q == 0.75 || q == 0.95 {
			words += fmt.Sprintf(", P%g %s", 100*q, figure(float64(v)))
		}
	}
	return words + " " + s.unit
}

func (s spread) table(levels []result.Level) Table {
	table := Table{Head: []string{"Level", "Agents"}}
	for _, q := range levels[0].Distribution.At {
		table.Head = append(table.Head, fmt.Sprintf("P%g", 100*q))
	}
	for _, l := range levels {
		row := []string{l.ID, whole(l.Agents)}
		for _, v := range s.values(l) {
			row = append(row, figure(float64(v)))
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// distinct returns the values without repeats, ascending.
func distinct(values []float64) []float64 {
	return slices.Compact(slices.Sorted(slices.Values(values)))
}
