package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A page's lines end at its edge, whatever stands in its tables, and nothing is lost.
func TestPageKeepsToItsWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z0-9,.–]{1,9}`)
		var out bytes.Buffer
		p := page{&out, rapid.IntRange(40, 120).Draw(t, "width")}
		n := rapid.IntRange(1, 12).Draw(t, "columns")
		head := rapid.SliceOfN(word, n, n).Draw(t, "head")
		rows := rapid.SliceOfN(rapid.SliceOfN(word, n, n), 1, 4).Draw(t, "rows")
		p.table(head, rows...)
		text := strings.Join(rapid.SliceOfN(word, 1, 40).Draw(t, "sentence"), " ")
		p.say("  ", text)
		for line := range strings.Lines(out.String()) {
			if columns := len([]rune(strings.TrimRight(line, "\n"))); columns > p.width {
				t.Fatalf("%d columns of %d: %q", columns, p.width, line)
			}
		}
		printed := strings.Join(strings.Fields(out.String()), " ")
		if !strings.HasSuffix(printed, text) {
			t.Fatalf("%q does not end with %q", printed, text)
		}
		for _, cell := range rows[len(rows)-1] {
			if cell != "–" && !strings.Contains(printed, cell) { // a dash may go without
				t.Fatalf("%q is lost of %q", cell, printed)
			}
		}
	})
}

// Numbers stand at the right edge of their column, words at the left.
func TestPageAlignsNumbers(t *testing.T) {
	var out bytes.Buffer
	page{&out, 80}.table([]string{"system", "agents", "range", "limit"}, []string{"a", "1,234", "9-1,300", "KV pool"}, []string{"bc", "≥ 7 (void)", "–", "slots"}, []string{"d", "5", "4-6", ""})
	want := `  system  agents        range  limit
  a       1,234       9-1,300  KV pool
  bc      ≥ 7 (void)        –  slots
  d       5               4-6
`
	if out.String() != want {
		t.Errorf("\n%s\nwant\n%s", out.String(), want)
	}
}

// Where lines stay, the board is silent for two seconds and then says how much of all
// jobs is done; what a job says is done does not shrink.
func TestBoardSaysHowFar(t *testing.T) {
	var out bytes.Buffer
	b := newBoard(&IO{Err: &out, Env: func(string) string { return "" }}, 4)
	b.say("one", 0.5, "level 3")
	if out.Len() > 0 {
		t.Errorf("at once: %q", out.String())
	}
	b.finished("zero")
	b.say("one", 0.3, "level 4")
	b.began = b.began.Add(-5 * time.Second)
	b.say("two", 0.1, "level 1")
	b.say("two", 0.2, "level 2")
	if got, want := out.String(), "1/4 40 %, 5s  two: level 1\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
