package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// layout says how a table is shown: the rows of one key make one line, in the order of
// their columns; all rows of one line and column make one cell.
type layout struct {
	corner, note string
	key, column  func(row) string
	cell         func([]row) string
}

// known is over-claims, median of claim over truth, searches without a number, and
// engine minutes.
func known(rows []row) string {
	r := rows[0]
	return fmt.Sprintf("%d; %.3f; %d; %.0f", r.Over, r.P50, r.None, r.Minutes)
}

func engineOf(r row) string { return fmt.Sprintf("%.2f %s", r.RunSD, r.Engine) }

func layouts() map[string]layout {
	const what = "over-claims; median of claim/true; searches without a number; engine minutes"
	return map[string]layout{
		"accuracy": {"run sd, engine", what, engineOf, func(r row) string { return fmt.Sprintf("%s (%d searches)", r.Method, r.Searches) }, known},
		"others": {"engine", what, func(r row) string { return r.Engine },
			func(r row) string {
				return fmt.Sprintf("%d agents, sd %.2f (%d searches)", r.Truth, r.RunSD, r.Searches)
			}, known},
		"cost": {"run sd, engine", "engine minutes over those of aa; over-claims, searches without a number and median of claim/true of each tier", engineOf,
			func(r row) string { return fmt.Sprintf("%s (%d searches)", r.Method, r.Searches) }, costs},
		"simulated": {"engine, tier", "", func(r row) string { return r.Engine + ", " + r.Tier },
			func(r row) string {
				return fmt.Sprintf("true | searches | over-claims | without a number | claim/true p5, p50, p95 | levels | engine min of %s", r.Method)
			},
			func(rows []row) string {
				r := rows[0]
				return fmt.Sprintf("%d | %d | %d | %d | %.2f, %.3f, %.2f | %.0f | %.0f", r.Truth, r.Searches, r.Over, r.None, r.P5, r.P50, r.P95, r.Levels, r.Minutes)
			}},
	}
}

// costs is the cell of one search for several tiers.
func costs(rows []row) string {
	var over, none, middle []string
	for _, r := range rows {
		over, none, middle = append(over, fmt.Sprint(r.Over)), append(none, fmt.Sprint(r.None)), append(middle, fmt.Sprintf("%.3f", r.P50))
	}
	return fmt.Sprintf("%.2f; %s; %s; %s", rows[0].OfAA, strings.Join(over, ", "), strings.Join(none, ", "), strings.Join(middle, ", "))
}

// print writes the table as docs/method.md has it.
func (t table) print(out io.Writer) {
	l := layouts()[t.name]
	var keys, columns []string
	cells := map[[2]string][]row{}
	add := func(all []string, one string) []string {
		if slices.Contains(all, one) {
			return all
		}
		return append(all, one)
	}
	for _, r := range t.Rows {
		key, column := l.key(r), l.column(r)
		keys, columns = add(keys, key), add(columns, column)
		cells[[2]string{key, column}] = append(cells[[2]string{key, column}], r)
	}
	fmt.Fprintf(out, "\n%s", t.Title)
	if l.note != "" {
		fmt.Fprintf(out, ": %s", l.note)
	}
	head := fmt.Sprintf("| %s | %s |", l.corner, strings.Join(columns, " | "))
	fmt.Fprintf(out, "\n\n%s\n|%s\n", head, strings.Repeat(" --- |", strings.Count(head, "|")-1))
	for _, key := range keys {
		fmt.Fprintf(out, "| %s |", key)
		for _, column := range columns {
			cell := "-"
			if rows := cells[[2]string{key, column}]; len(rows) > 0 {
				cell = l.cell(rows)
			}
			fmt.Fprintf(out, " %s |", cell)
		}
		fmt.Fprintln(out)
	}
}
