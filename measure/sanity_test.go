package measure

import (
	"math"
	"testing"

	"plimsoll"
)

func TestSanity(t *testing.T) {
	reply := func(output string, class plimsoll.Class, tokens, recorded int32) plimsoll.Row {
		r := turn(0, 0, 1, 1, 2, 3, int(tokens))
		r.Output, r.Class, r.RecordedTokens = output, class, recorded
		return r
	}
	late := reply("empty", plimsoll.ClassOK, 1, 1)
	late.Sent = 20 * second
	rows := []plimsoll.Row{
		reply("", plimsoll.ClassOK, 100, 100), reply("looping", plimsoll.ClassOK, 300, 100), reply("empty", plimsoll.ClassOK, 100, 100),
		reply("", plimsoll.ClassWrongLength, 10, 100), reply("", plimsoll.ClassCut, 50, 100), reply("", plimsoll.ClassOK, 50, -1), late,
	}
	got := SanityOf(Population(rows, plimsoll.Window{Start: 0, End: 10 * second}))
	if want := (Sanity{Replies: 4, Empty: 1, Looping: 1, WrongLength: 1, OfRecorded: 510. / 400}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := SanityOf(nil); got.Replies != 0 || !math.IsNaN(got.OfRecorded) {
		t.Errorf("no rows: %+v", got)
	}
}
