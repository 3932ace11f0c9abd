package main

import "io"

// IO is the process's outside as a command sees it, so that a test can stand in
// for it.
type IO struct {
	In  io.Reader
	Out io.Writer // results; nothing else when --json is given
	Err io.Writer // progress, warnings, errors
	Env func(string) string
	TTY bool // Err is a terminal
}
