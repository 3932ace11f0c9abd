package measure

import (
	"fmt"
	"math"

	"plimsoll"
)

// unlike is the share by which a window's mean tokens a turn may differ from the
// set's.
const unlike = 0.05

// Representative says in sentences how the window's turns differ from the set's
// turn-weighted means by more than 5 %; none: the window is representative. Input
// and output tell which turns the window drew. Uncached tokens also tell what the
// engine evicted, so they are told apart in their own sentence.
func Representative(e plimsoll.Evidence) []string {
	var out []string
	for _, c := range []struct {
		name          string
		seen, ofSet   float64
		tooMuchReason string
	}{
		{"input", e.MeanInput, e.SetInput, ""},
		{"output", e.MeanOutput, e.SetOutput, ""},
		{"uncached input", e.MeanUncached, e.SetUncached, " (an engine that evicts its prefix cache shows here too)"},
	} {
		if c.ofSet <= 0 || c.seen <= 0 {
			continue
		}
		if off := c.seen/c.ofSet - 1; math.Abs(off) > unlike {
			out = append(out, fmt.Sprintf("mean %s tokens a turn %.0f, the set's %.0f: %+.0f %%%s", c.name, c.seen, c.ofSet, 100*off, c.tooMuchReason))
		}
	}
	return out
}
