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

// oddReplies says how many replies of a level were empty or looping, and how long they
// were beside the recorded ones.
func oddReplies(l result.Level) string {
	s := l.Sanity
	if s == nil {
		return "–"
	}
	text := "none"
	if s.Empty+s.Looping > 0 {
		text = fmt.Sprintf("%d empty, %d looping of %d", s.Empty, s.Looping, s.Replies+s.WrongLength)
	}
	if s.OfRecorded.Known() {
		text += fmt.Sprintf(", %.2f of recorded", float64(s.OfRecorded))
	}
	return text
}

// oddOutput names the levels whose replies are not what they should be: over 1 % empty
// or looping, or under policy recorded over 5 % longer or shorter. "" where all are well.
func oddOutput(r result.Result) string {
	const odd, off = 0.01, 0.05
	text := ""
	for _, l := range r.Levels {
		s := l.Sanity
		if s == nil || l.Validity != "valid" {
			continue
		}
		of := float64(s.OfRecorded)
		wrong := r.Settings.OutputPolicy == "recorded" && s.OfRecorded.Known() && (of > 1+off || of < 1-off)
		if float64(s.Empty+s.Looping) > odd*float64(s.Replies+s.WrongLength) || wrong {
			if text != "" {
				text += "; "
			}
			text += "level " + l.ID + ": " + oddReplies(l)
		}
	}
	return text
}

// share writes a part of 1 as a whole percentage.
func share(n result.Number) string {
	if !n.Known() {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(n))
}

// steadiness says how settling ended and whether the window was stationary, at a level of
// 1 % for each trend: two tests a level, so that one level in fifty shows a trend by chance.
func steadiness(l result.Level) string {
	settled := ""
	if s := l.Settling; s != nil && s.Opened == "max" {
		settled = fmt.Sprintf("load still changing after %.0f s of settling; ", s.SettledS)
	} else if s != nil && s.Opened != "" {
		settled = fmt.Sprintf("settled %.0f s; ", s.SettledS)
	}
	return settled + windowTrend(l)
}

func windowTrend(l result.Level) string {
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
