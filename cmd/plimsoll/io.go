package main

import (
	"io"

	"plimsoll/report"
)

// IO is the process's outside as a command sees it, so that a test can stand in
// for it.
type IO struct {
	In  io.Reader
	Out io.Writer // results; nothing else when --json is given
	Err io.Writer // progress, warnings, errors
	Env func(string) string
	TTY bool // Err is a terminal
	// ErrColumns is its width, 0 where it is not known.
	ErrColumns int
	// Columns is the width of the terminal that Out is, 0 where it is none.
	Columns int
}

// mostColumns bounds the width of a table: longer lines are hard to follow.
const mostColumns = 120

// terminal says how tables are shown on Out; usual is their width where Out is no
// terminal.
func (out *IO) terminal(usual int) report.TerminalOptions {
	t := report.TerminalOptions{Width: usual, Colour: out.Columns > 0 && out.colourful(), ASCII: !report.UTF8(out.Env)}
	if out.Columns > 0 {
		t.Width = min(out.Columns, mostColumns)
	}
	return t
}

// colourful reports whether a terminal may get colours.
func (out *IO) colourful() bool { return out.Env("NO_COLOR") == "" }

// progress is where progress is shown, in signs that the terminal has.
func (out *IO) progress() io.Writer {
	if report.UTF8(out.Env) {
		return out.Err
	}
	return report.ASCII(out.Err)
}
