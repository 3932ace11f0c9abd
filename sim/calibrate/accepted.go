package calibrate

import (
	"math"

	"plimsoll"
)

// Accepted is the tokens a decode step yields a sequence, from rows of replies that
// came in one event a step: tokens after the first chunk over events after the
// first. Its error bar is two standard errors over the replies. ok is false where
// events hold one token each, or several steps, so that they tell nothing.
func Accepted(rows []plimsoll.Row) (f Factor, ok bool) {
	n, sum, squares := 0.0, 0.0, 0.0
	for i := range rows {
		r := &rows[i]
		tokens, _ := r.Tokens()
		after := tokens - int(r.FirstChunkTokens)
		if r.Class != plimsoll.ClassOK || r.Primer || r.Events < 8 || r.FirstChunkTokens < 1 || after < 8 {
			continue
		}
		a := float64(after) / float64(r.Events-1)
		n, sum, squares = n+1, sum+a, squares+a*a
	}
	if n < 20 {
		return Factor{}, false
	}
	mean := sum / n
	if mean < 1.05 || mean > 8 { // one token an event, or events that join steps
		return Factor{}, false
	}
	e := 2 * math.Sqrt(max(0, squares/n-mean*mean)/n)
	return Factor{Name: "accepted", Value: mean, Low: mean - e, High: mean + e, Identified: true}, true
}
