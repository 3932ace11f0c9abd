package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"

	"plimsoll/result"
)

// density is what a step chart shows of a tier.
type density struct {
	id, name string
	value    func(result.EntryTier) (v float64, label string, known bool)
}

var perAcceleratorDensity = density{"steps", "Agents per accelerator", func(t result.EntryTier) (float64, string, bool) {
	if t.PerAcc == nil || *t.PerAcc <= 0 {
		return 0, "", false
	}
	return *t.PerAcc, "", true
}}

var perMegawattDensity = density{"steps-mw", "Agents per megawatt", func(t result.EntryTier) (float64, string, bool) {
	if len(t.PerMW) == 0 || t.PerMW[0].Value <= 0 {
		return 0, "", false
	}
	return t.PerMW[0].Value, powerLabel(t.PerMW[0]), true
}}

// step is one tier of a system in a step chart.
type step struct {
	speed, value float64
	label        string
	least        string // "≥ " of a capacity beyond which nothing was tested
}

// stepsOf returns a system's tiers that have the figure, slowest first.
func (d density) stepsOf(e result.Entry) []step {
	var out []step
	for _, t := range e.Tiers {
		if v, label, known := d.value(t); known {
			out = append(out, step{t.SpeedTPS, v, label, least(t)})
		}
	}
	slices.SortFunc(out, func(a, b step) int { return cmp.Compare(a.speed, b.speed) })
	return out
}

// chart shows what each system carries at the speeds of its tiers: a step function,
// since nothing was measured between them. A system holds a tier's figure for every
// slower speed, until a slower tier gives a higher one.
func (d density) chart(c result.Comparison) (Chart, bool) {
	chart := Chart{ID: d.id, Title: d.name + " against output speed", Table: Table{Head: []string{"System", "P25 speed at least, tok/s", d.name, "Boundary"}},
		Desc: "A step line a system: at a speed, the figure of the slowest tier that is at least that fast. Nothing is interpolated. Numbers name the systems; a thin grey line is at another boundary or basis than the first."}
	var speeds, figures []float64
	first := ""
	all := make([][]step, len(c.Entries))
	for i, e := range c.Entries {
		all[i] = d.stepsOf(e)
		for _, s := range all[i] {
			speeds, figures = append(speeds, s.speed), append(figures, s.value)
			chart.Table.Rows = append(chart.Table.Rows, []string{e.Name, round(s.speed), s.least + figure(s.value), s.label})
			if first == "" {
				first = s.label
			}
		}
	}
	if len(speeds) < 2 {
		return Chart{}, false
	}
	if first == "" {
		chart.Table = chart.Table.without(3)
	}
	x, y := logScale(speeds, leftEdge, wideRight), logScale(figures, bottomEdge, topEdge)
	cv := newCanvas(chart.ID, chart.Title, chart.Desc, wideWidth, chartHeight)
	frame(cv, x, y, "P25 output speed at least, tok/s", d.name)
	var names labels
	for i, e := range c.Entries {
		d.draw(cv, e, i, all[i], first, x, y, &names)
	}
	chart.SVG = cv.done()
	return chart, true
}

// draw draws one system's step line; dash and colour tell systems apart, and its
// number stands at its last step.
func (d density) draw(cv *canvas, e result.Entry, i int, steps []step, first string, x, y scale, names *labels) {
	if len(steps) == 0 {
		return
	}
	series := fmt.Sprintf("series s%d", i%5)
	if !sameBoundary(steps[0].label, first) {
		series = "series odd"
	}
	left := leftEdge
	var line [][2]float64
	for _, p := range steps {
		line = append(line, [2]float64{left, y.at(p.value)}, [2]float64{x.at(p.speed), y.at(p.value)})
		left = x.at(p.speed)
	}
	cv.path(series, line)
	for _, p := range steps {
		words := fmt.Sprintf("%s: %s %s at %s tok/s", e.Name, p.least+figure(p.value), d.what(), round(p.speed))
		if p.label != "" {
			words += " (" + p.label + ")"
		}
		fmt.Fprintf(&cv.b, "<circle class=\"%s\" cx=\"%s\" cy=\"%s\" r=\"4\">%s</circle>\n", series, px(x.at(p.speed)), px(y.at(p.value)), hoverTitle(words))
	}
	last := steps[len(steps)-1]
	at := names.place(x.at(last.speed)+9, y.at(last.value)+4)
	cv.text("bar-name", "start", at, y.at(last.value)+4, fmt.Sprint(i+1))
}

// labels keeps small labels apart: one that would cover another moves to the right.
type labels [][2]float64

func (l *labels) place(x, y float64) float64 {
	for _, other := range *l {
		if x < other[0]+14 && other[0] < x+14 && math.Abs(y-other[1]) < 11 {
			x = other[0] + 14
		}
	}
	*l = append(*l, [2]float64{x, y})
	return x
}

func (d density) what() string {
	if d.id == perMegawattDensity.id {
		return "agents per megawatt"
	}
	return "agents per accelerator"
}

// readingView is the entries read at one speed: a row an entry, its figures, and its
// ratio over each of the others.
type readingView struct {
	Speed string
	Parts []readingPart
	Mixed bool // some ratio compares unlike TTFT limits
}

type readingPart struct {
	Name string
	Rows []readingRow
}

type readingRow struct {
	Number       int
	System, Tier string
	Figure       string
	Over         []template.HTML
}

// readings reads the comparison at the speed of every tier.
func readings(c result.Comparison) []readingView {
	var speeds []float64
	for _, t := range c.Tiers {
		speeds = append(speeds, t.SpeedTPS)
	}
	var out []readingView
	for _, speed := range distinct(speeds) {
		r := result.At(c.Entries, speed)
		v := readingView{Speed: round(speed)}
		for _, d := range []density{perAcceleratorDensity, perMegawattDensity} {
			if part, ok := v.part(c, r, d); ok {
				v.Parts = append(v.Parts, part)
			}
		}
		if len(v.Parts) > 0 {
			out = append(out, v)
		}
	}
	return out
}

// part is the table of one density; false where fewer than two systems have it.
func (v *readingView) part(c result.Comparison, r result.Reading, d density) (readingPart, bool) {
	part := readingPart{Name: d.name}
	known := 0
	for i, e := range c.Entries {
		row := readingRow{Number: i + 1, System: e.Name, Tier: "none that fast", Figure: "–"}
		if t := r.Tiers[i]; t != nil {
			row.Tier = "≥ " + round(t.SpeedTPS) + " tok/s, ≤ " + round(t.TTFTs) + " s"
			if value, label, ok := d.value(*t); ok {
				known++
				if row.Figure = least(*t) + figure(value); label != "" {
					row.Figure += " (" + label + ")"
				}
			}
		}
		for j := range c.Entries {
			row.Over = append(row.Over, v.ratio(r, d, i, j))
		}
		part.Rows = append(part.Rows, row)
	}
	return part, known >= 2
}

// ratio writes entry i over entry j; † marks unlike TTFT limits.
func (v *readingView) ratio(r result.Reading, d density, i, j int) template.HTML {
	if i == j {
		return ""
	}
	s, same := r.Over(i, j)
	ratio := s.PerAcc
	if d.id == perMegawattDensity.id {
		ratio = s.PerMW
	}
	if !ratio.Value.Known() {
		return template.HTML(`<span class="none" title="` + template.HTMLEscapeString(ratio.Reason) + `">–</span>`)
	}
	text := figure(float64(ratio.Value)) + "x"
	if !same {
		v.Mixed = true
		text += " †"
	}
	return template.HTML(template.HTMLEscapeString(text))
}
