package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"plimsoll/result"
)

// TerminalOptions say how a table is shown on a terminal.
type TerminalOptions struct {
	Width  int    // columns; below 40 counts as 80
	Colour bool   // with ANSI colours
	ASCII  bool   // without any other sign than those of ASCII
	Folder string // where the run folder is; "" not said
}

// Terminal shows the final table of a run: what was found, what it rests on, and
// where the rest is.
func Terminal(w io.Writer, r result.Result, t TerminalOptions) error {
	var b bytes.Buffer
	t = t.sized()
	t.head(&b, r)
	t.table(&b, r)
	t.bars(&b, r)
	t.reasons(&b, r)
	t.search(&b, r)
	t.foot(&b, r)
	return t.write(w, b)
}

// sized is t with a width that a table fits into.
func (t TerminalOptions) sized() TerminalOptions {
	if t.Width < 40 {
		t.Width = 80
	}
	return t
}

// write writes what was gathered, in signs that the terminal has.
func (t TerminalOptions) write(w io.Writer, b bytes.Buffer) error {
	if t.ASCII {
		w = ASCII(w)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (t TerminalOptions) head(b *bytes.Buffer, r result.Result) {
	mark := ""
	if r.Engine.Simulated {
		mark = "  " + t.paint(yellow, "SIMULATED")
	}
	fmt.Fprintf(b, "\n%s%s\n", t.paint(bold, plain(engineLine(r))), mark)
	if server := serverLine(r); server != "" {
		fmt.Fprintln(b, t.paint(dim, plain(server)))
	}
	b.WriteByte('\n')
}

// table writes the tiers. A column that would not fit is left out: it stands in
// the reasons below.
func (t TerminalOptions) table(b *bytes.Buffer, r result.Result) {
	rows := [][]string{{"Tier", "Agents", "per accelerator", "per MW", "Verdict", "Bound by"}}
	for _, tier := range r.Tiers {
		rows = append(rows, []string{plain(tier.Name), agents(tier), perAccelerator(tier), perMegawatt(tier), plain(verdictWord(tier)), plain(boundBy(tier.BoundBy))})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for total(widths) > t.Width && len(widths) > 2 {
		widths = widths[:len(widths)-1]
	}
	for n, row := range rows {
		b.WriteString(" ")
		for i, width := range widths {
			cell := pad(row[i], width, i >= 1 && i <= 3)
			switch {
			case n == 0:
				cell = t.paint(dim, cell)
			case i == 1:
				cell = t.paint(bold, cell)
			case i == 4:
				cell = t.paint(wordColour(verdictWord(r.Tiers[n-1])), cell)
			}
			b.WriteString(" " + cell + " ")
		}
		endLine(b)
	}
	b.WriteByte('\n')
}

// endLine ends a line without the blanks that fill its last column.
func endLine(b *bytes.Buffer) {
	b.Truncate(len(bytes.TrimRight(b.Bytes(), " ")))
	b.WriteByte('\n')
}

func total(widths []int) int {
	sum := 2
	for _, w := range widths {
		sum += w + 2
	}
	return sum
}

// reasons says of each tier what decided it and what its power figure is.
func (t TerminalOptions) reasons(b *bytes.Buffer, r result.Result) {
	shared := sharedPower(r.Tiers)
	for _, tier := range r.Tiers {
		text := sentence(tier.Reason)
		if e := tier.Estimate; e != nil && !strings.Contains(text, "estimate") {
			text += fmt.Sprintf(" Estimate %s (95 %%: %s to %s)", figure(e.Value), figure(e.Low), figure(e.High))
			if tier.Certified != nil {
				text += fmt.Sprintf(", certified %s", whole(*tier.Certified))
			}
			text += "."
		}
		if shared == "" {
			text += " " + powerSentence(tier)
		}
		t.item(b, plain(tier.Name), text)
		if load := loadWords(tier); load != "" {
			t.item(b, "", load)
		}
	}
	if shared != "" {
		t.item(b, "Power", shared)
	}
	b.WriteByte('\n')
}

// sharedPower returns the sentence that all tiers' power has in common, "" where
// they differ.
func sharedPower(tiers []result.Tier) string {
	if len(tiers) == 0 {
		return ""
	}
	first := powerSentence(tiers[0])
	for _, tier := range tiers {
		if powerSentence(tier) != first {
			return ""
		}
	}
	return first
}

func powerSentence(t result.Tier) string {
	if t.PerMW == nil {
		return "No figure per megawatt: " + plain(noPower(t)) + "."
	}
	return fmt.Sprintf("Per MW at %s W (%s; %s).", figure(t.PerMW.MeanW), plain(powerLabel(*t.PerMW)), plain(t.PerMW.Source))
}

func (t TerminalOptions) foot(b *bytes.Buffer, r result.Result) {
	if r.Partial {
		t.item(b, "Partial", plain(r.Ended))
	}
	t.item(b, "Measured", plain(levelLine(r))+fmt.Sprintf("; method %s, preset %s, seed %d", plain(r.Method), plain(r.Preset), r.Seed))
	t.item(b, "Client", clientLine(r))
	if odd := oddOutput(r); odd != "" {
		t.item(b, "Output", odd+" (a broken engine may be fast: look at what it says)")
	}
	if r.Comparable.Yes {
		t.item(b, "Compare", "may be set beside published results of "+plain(r.TierSet))
	} else {
		t.item(b, "Compare", "not with published results: "+plain(strings.Join(r.Comparable.Why, "; ")))
	}
	if t.Folder != "" {
		t.item(b, "Folder", plain(t.Folder))
	}
}

// item writes a label and its text, wrapped under itself. The text may come from
// outside; a label that does is the caller's to make plain.
func (t TerminalOptions) item(b *bytes.Buffer, label, text string) {
	const indent = 14
	room := max(t.Width-indent-2, 24)
	for i, line := range wrap(Visible(text), room) {
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(b, "  %s%s\n", t.paint(dim, pad(label, indent-2, false))+"  ", line)
	}
}

// wrap breaks text at spaces into lines of at most width runes; a longer word
// stands alone.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

func pad(s string, width int, right bool) string {
	space := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
	if right {
		return space + s
	}
	return s + space
}

// The ANSI colours in use.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (t TerminalOptions) paint(code, s string) string {
	if !t.Colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func wordColour(word string) string {
	switch word {
	case "pass":
		return green
	case "undecided":
		return yellow
	}
	return red
}
