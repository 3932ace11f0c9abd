package measure

import (
	"math"

	"plimsoll"
)

// Sanity is what a level's replies look like, apart from their timing: an engine that
// is broken may be fast.
type Sanity struct {
	Replies        int // ended well, with text that was looked at
	Empty, Looping int // of them: white space alone; an end that repeats one piece
	WrongLength    int // turns that did not obey output policy recorded
	// OfRecorded is the mean length of replies over that of the recorded ones, tokens;
	// NaN where either is unknown.
	OfRecorded float64
}

// SanityOf looks at the population's turns.
func SanityOf(population []*plimsoll.Row) Sanity {
	var out Sanity
	var got, recorded float64
	for _, r := range population {
		switch {
		case r.Class == plimsoll.ClassWrongLength:
			out.WrongLength++
		case r.Class != plimsoll.ClassOK:
			continue
		default:
			out.Replies++
		}
		switch r.Output {
		case "empty":
			out.Empty++
		case "looping":
			out.Looping++
		}
		if n, basis := r.Tokens(); basis != "none" && r.RecordedTokens > 0 {
			got += float64(n)
			recorded += float64(r.RecordedTokens)
		}
	}
	out.OfRecorded = math.NaN()
	if recorded > 0 {
		out.OfRecorded = got / recorded
	}
	return out
}
