package result

import (
	"plimsoll"
	"plimsoll/measure"
)

// Sanity says what a level's replies look like, apart from their timing. The engine's
// acceptance length stands in its own metrics.
type Sanity struct {
	Replies     int `json:"replies"` // ended well
	Empty       int `json:"empty"`   // of them: white space alone
	Looping     int `json:"looping"` // of them: the end repeats one piece
	WrongLength int `json:"wrong_length"`
	// OfRecorded is the mean length over that of the recorded replies.
	OfRecorded Number `json:"length_of_recorded"`
}

// sanityOf is nil in virtual time, where replies have no text.
func sanityOf(o plimsoll.Observed, population []*plimsoll.Row) *Sanity {
	if o.Simulated {
		return nil
	}
	s := measure.SanityOf(population)
	return &Sanity{Replies: s.Replies, Empty: s.Empty, Looping: s.Looping, WrongLength: s.WrongLength, OfRecorded: known(s.OfRecorded)}
}
