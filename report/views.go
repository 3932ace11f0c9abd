package report

import (
	"fmt"

	"plimsoll/result"
)

// viewsTable returns the levels that the table of views shows: valid ones that have any.
func viewsTable(r result.Result) []result.Level {
	var out []result.Level
	for _, l := range r.Levels {
		if l.Views != nil && l.Validity == "valid" && !l.Warmup {
			out = append(out, l)
		}
	}
	return out
}

// tierView writes goodput and attainment of one tier.
func tierView(l result.Level, tier string) string {
	for _, v := range l.Views.Tiers {
		if v.Tier == tier {
			return share(v.Goodput) + " / " + share(v.Attainment)
		}
	}
	return "–"
}

// share writes a part of 1 as a whole percentage.
func share(n result.Number) string {
	if !n.Known() {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(n))
}

// steadiness says whether a window was stationary, at a level of 1 % for each trend:
// two tests a level, so that one level in fifty shows a trend by chance.
func steadiness(l result.Level) string {
	const alpha = 0.01
	s := l.Steady
	switch {
	case s == nil || s.Slices < 8:
		return "too short to tell"
	case s.TTFTTrendP < alpha && s.TTFTTrend > 0:
		return "TTFT rising"
	case s.TTFTTrendP < alpha:
		return "TTFT falling"
	case s.SpeedTrendP < alpha && s.SpeedTrend > 0:
		return "speed rising"
	case s.SpeedTrendP < alpha:
		return "speed falling"
	}
	return "no trend"
}
