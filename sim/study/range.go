package study

import (
	"errors"
	"slices"

	"plimsoll/measure"
)

// Range is where the answers of an ensemble lie: its 10th and 90th percentile with
// linear interpolation at rank (n-1)q, and the number of members.
type Range struct {
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Members int     `json:"members"`
}

// Of returns the range of the members' capacities. A member whose weights do not fit
// carries 0 agents and belongs to it.
func Of(capacities []float64) (Range, error) {
	if len(capacities) < 2 {
		return Range{}, errors.New("an ensemble needs at least two members that were answered")
	}
	sorted := slices.Clone(capacities)
	slices.Sort(sorted)
	return Range{Low: measure.Percentile(sorted, 0.1), High: measure.Percentile(sorted, 0.9), Members: len(sorted)}, nil
}
