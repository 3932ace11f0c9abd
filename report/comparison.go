package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"plimsoll/result"
)

// CompareTerminal shows a comparison: first what makes the results not comparable,
// then a table a tier.
func CompareTerminal(w io.Writer, c result.Comparison, t TerminalOptions) error {
	t = t.sized()
	var b bytes.Buffer
	b.WriteByte('\n')
	for _, d := range c.Differences {
		t.item(&b, t.paint(yellow, pad("Differs", 12, false)), plain(d))
	}
	if len(c.Differences) == 0 {
		t.item(&b, "Comparable", "nothing that is known sets these results apart")
	}
	for _, tier := range c.Tiers {
		fmt.Fprintf(&b, "\n  %s\n\n", t.paint(bold, tierTitle(tier)))
		if has := having(c, tier); len(has) == 1 {
			fmt.Fprintf(&b, "  only %s was measured at these limits\n", has[0])
			continue
		}
		t.columns(&b, comparisonRows(c, tier), 1)
	}
	b.WriteByte('\n')
	if said := ratiosAre(c); said != "" {
		t.item(&b, "Ratios", said)
	}
	for _, v := range c.Varied {
		t.item(&b, "Varied", plain(v.Name+": "+strings.Join(saidOr(v.Values, "–"), " | ")))
	}
	for _, e := range c.Entries {
		t.item(&b, "Source", plain(e.Name+": "+origin(e)))
	}
	return t.write(w, b)
}

// saidOr puts a word where a value is empty.
func saidOr(values []string, word string) []string {
	out := slices.Clone(values)
	for i, v := range out {
		if v == "" {
			out[i] = word
		}
	}
	return out
}

// having names the entries that say something of the tier.
func having(c result.Comparison, tier result.TierRatio) []string {
	var names []string
	for i, s := range tier.Sides {
		if s.Has {
			names = append(names, plain(c.Entries[i].Name))
		}
	}
	return names
}

func tierTitle(t result.TierRatio) string {
	return fmt.Sprintf("P25 ≥ %s tok/s, P95 TTFT ≤ %s s", round(t.SpeedTPS), round(t.TTFTs))
}

// origin says where an entry comes from and what it lacks.
func origin(e result.Entry) string {
	s := e.Source + ", " + e.Date
	if e.Kind != "run" {
		s = e.Kind + ": " + s
	}
	if e.Note != "" {
		s += "; " + e.Note
	}
	if len(e.Lacks) > 0 {
		s += "; lacks " + list(e.Lacks)
	}
	return s
}

// comparisonRows is one tier as a table, header first.
func comparisonRows(c result.Comparison, tier result.TierRatio) [][]string {
	rows := [][]string{{"System", "Agents", "bounds", "", "per accelerator", "", "per MW", "", ""}}
	for i, s := range tier.Sides {
		if !s.Has {
			continue
		}
		row := []string{plain(c.Entries[i].Name), "–", bracketOf(s.Tier), "", "–", "", "–", "", ""}
		if s.Tier.Capacity != nil {
			row[1] = least(s.Tier) + whole(*s.Tier.Capacity)
		}
		if s.Tier.PerAcc != nil {
			row[4] = least(s.Tier) + figure(*s.Tier.PerAcc)
		}
		if len(s.Tier.PerMW) > 0 {
			p := s.Tier.PerMW[max(0, s.PerMWIndex)]
			row[6], row[8] = least(s.Tier)+figure(p.Value), plain(powerLabel(p))
		}
		if i > 0 {
			row[3], row[5], row[7] = times(s.Agents), times(s.PerAcc), times(s.PerMW)
		}
		if i > 0 && s.PerMW.Reason != "" && row[6] != "–" {
			row[8] += "; " + plain(s.PerMW.Reason)
		}
		rows = append(rows, row)
	}
	return rows
}

// least marks figures of a capacity beyond which nothing was tested.
func least(t result.EntryTier) string {
	if t.Open {
		return "≥ "
	}
	return ""
}

// bracketOf writes what bounds a capacity: a 95 % interval, or the tested levels that
// passed and failed.
func bracketOf(t result.EntryTier) string {
	switch {
	case t.Span == "" || t.Capacity == nil:
		return ""
	case t.Estimate > 0:
		return fmt.Sprintf("est. %s (%s–%s)", figure(t.Estimate), figure(t.Low), figure(t.High))
	}
	return fmt.Sprintf("%s pass, %s fail", whole(int(t.Low)), whole(int(t.High)))
}

// ratiosAre says in a sentence what the bounds of a comparison's ratios are; "" where
// there are none.
func ratiosAre(c result.Comparison) string {
	intervals, brackets := 0, 0
	for _, tier := range c.Tiers {
		for _, s := range tier.Sides[1:] {
			switch {
			case s.Agents.Intervals:
				intervals++
			case s.Agents.Low.Known():
				brackets++
			}
		}
	}
	switch {
	case intervals+brackets == 0:
		return ""
	case brackets == 0:
		return "ratios of estimates, with 95 % intervals; * the interval excludes 1"
	case intervals == 0:
		return "ratios of tested capacities; the bounds are the worst and best case within the searches' brackets, no statistical statement; * they exclude 1"
	}
	return "bounds are 95 % intervals where both results have one, else the worst and best case within the searches' brackets; * they exclude 1"
}

// times writes a ratio with its bounds: 23.7x (20.1–27.4). A star marks one whose
// bounds exclude 1.
func times(r result.Ratio) string {
	if !r.Value.Known() {
		return ""
	}
	s := figure(float64(r.Value)) + "x"
	if r.Low.Known() && r.High.Known() {
		s += fmt.Sprintf(" (%s–%s)", figure(float64(r.Low)), figure(float64(r.High)))
	}
	if r.Differs {
		s += " *"
	}
	return s
}

// columns writes rows under their header; columns from the second on are aligned
// to the right, the last to the left. Empty columns are left out.
func (t TerminalOptions) columns(b *bytes.Buffer, rows [][]string, right int) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for n, row := range rows {
		b.WriteString("  ")
		for i, cell := range row {
			if widths[i] == 0 {
				continue
			}
			last := i == len(row)-1
			cell = Visible(cell)
			if !last {
				cell = pad(cell, widths[i], i >= right)
			}
			if n == 0 {
				cell = t.paint(dim, cell)
			}
			b.WriteString(cell)
			if !last {
				b.WriteString("  ")
			}
		}
		endLine(b)
	}
}

//go:embed compare.html
var compareTemplate string

// comparisonPage is what the comparison's template shows.
type comparisonPage struct {
	Shell shell
	C     result.Comparison
	Tiers []comparedTier
	Steps []Chart
	At    []readingView
}

type comparedTier struct {
	Title  string
	Only   string // the one system that was measured at these limits; "" several
	Rows   [][]string
	Charts []Chart
	// Hatched says that some figure per megawatt is at another boundary or basis.
	Hatched bool
}

// CompareHTML writes a comparison as one self-contained page.
func CompareHTML(w io.Writer, c result.Comparison) error {
	funcs := template.FuncMap{
		"origin": origin, "saidOr": saidOr, "add": func(a, b int) int { return a + b },
		"heading": func(title string) string { before, _, _ := strings.Cut(title, ","); return before },
		"between": func(column int) bool { return column > 0 && column < 8 }, "ratiosAre": ratiosAre,
	}
	p := comparisonPage{Shell: newShell(fmt.Sprintf("Plimsoll: comparison of %d results", len(c.Entries)), ""), C: c}
	for i, tier := range c.Tiers {
		one := comparedTier{Title: tierTitle(tier)}
		if has := having(c, tier); len(has) == 1 {
			one.Only = has[0]
		} else {
			one.Rows, one.Charts = comparisonRows(c, tier), comparisonCharts(c, tier, i+1)
			for n, side := range tier.Sides {
				one.Hatched = one.Hatched || odd(n, side)
			}
		}
		p.Tiers = append(p.Tiers, one)
	}
	for _, d := range []density{perAcceleratorDensity, perMegawattDensity} {
		if chart, ok := d.chart(c); ok {
			p.Steps = append(p.Steps, chart)
		}
	}
	p.At = readings(c)
	return render(w, compareTemplate, funcs, p)
}
