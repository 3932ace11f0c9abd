package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// pageColumns is the width of a page where it is no terminal, and at most where it is:
// longer lines are hard to follow.
const pageColumns = 100

// page is where tables and sentences are printed, so many columns wide.
type page struct {
	io.Writer
	width int
}

func (out *IO) page() page {
	if out.Columns > 0 {
		return page{out.Out, max(40, min(out.Columns, pageColumns))}
	}
	return page{out.Out, pageColumns}
}

// say prints a sentence after the indent, its further lines two columns deeper.
func (p page) say(indent, text string) { p.wrap(indent, indent+"  ", text) }

// wrap prints a sentence after what begins its first line, its further lines after the
// indent.
func (p page) wrap(line, indent, text string) {
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > p.width:
			fmt.Fprintln(p, strings.TrimRight(line, " "))
			line = indent + word
		default:
			line += " " + word
		}
	}
	fmt.Fprintln(p, strings.TrimRight(line, " "))
}

// figure is a cell of a column of numbers, which stand at its right edge.
var figure = regexp.MustCompile(`^((≥ |[≥~])?[-+]?[0-9][0-9.,]*(-[0-9][0-9.,]*)?( ?%)?|–|∞|)$`)

// table prints rows under a head. Text in the last column goes on under itself where
// there is room for some; what does not fit on the page stands under its row, with its
// column's name before it.
func (p page) table(head []string, rows ...[]string) {
	const indent, gap, room = 2, 2, 24
	widths, right := make([]int, len(head)), make([]bool, len(head))
	for i := range head {
		widths[i], right[i] = utf8.RuneCountInString(head[i]), len(rows) > 0
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
			right[i] = right[i] && figure.MatchString(row[i])
		}
	}
	fits, used := 0, indent
	for fits < len(head) && used+widths[fits] <= p.width {
		used += widths[fits] + gap
		fits++
	}
	last := len(head) - 1
	text := fits == last && p.width-used >= room && !right[last]
	line := func(cells []string) {
		var b strings.Builder
		b.WriteString(strings.Repeat(" ", indent))
		for i, cell := range cells[:fits] {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if right[i] {
				cell = space + cell
			} else {
				cell += space
			}
			b.WriteString(cell + strings.Repeat(" ", gap))
		}
		if text {
			p.wrap(b.String(), strings.Repeat(" ", used), cells[last])
			return
		}
		fmt.Fprintln(p, strings.TrimRight(b.String(), " "))
	}
	line(head)
	for _, row := range rows {
		line(row)
		var rest []string
		for i := fits; i < len(head) && !text; i++ {
			if row[i] != "" && row[i] != "–" {
				rest = append(rest, strings.TrimSpace(head[i]+" "+row[i]))
			}
		}
		if len(rest) > 0 {
			p.say("      ", strings.Join(rest, "; "))
		}
	}
}
