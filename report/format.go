package report

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// whole writes an integer with thousands separated: 61,354.
func whole(n int) string {
	s := strconv.Itoa(n)
	start := len(s) % 3
	if n < 0 {
		return "-" + whole(-n)
	}
	var b strings.Builder
	b.WriteString(s[:start])
	for i := start; i < len(s); i += 3 {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(s[i : i+3])
	}
	return b.String()
}

// figure writes a number as people read it: three significant digits, whole above
// a thousand. A number that does not exist is a dash, infinity its sign.
func figure(v float64) string {
	switch abs := math.Abs(v); {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "-∞"
	case abs >= 999.5 && abs < 1e15:
		return whole(int(math.Round(v)))
	case abs >= 99.95:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case abs >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case abs >= 0.9995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v == 0:
		return "0"
	case abs >= 0.0995:
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// round writes a number that somebody chose, a limit or a tick, as it was chosen:
// 30, 0.5, 5,000.
func round(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return whole(int(v))
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// mostText is how many runes of a text from outside are shown in one place.
const mostText = 300

// plain makes text safe for a terminal and one line, and cuts very long text.
func plain(s string) string {
	out := Visible(s)
	if runes := []rune(out); len(runes) > mostText {
		out = string(runes[:mostText]) + "…"
	}
	return out
}

// Visible makes text safe for a terminal and one line: control bytes, line ends and
// marks that change the writing direction become spaces.
func Visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
}

// clock writes a length of time: 42 s, 3 min 5 s, 2 h 7 min.
func clock(seconds float64) string {
	if math.IsNaN(seconds) || math.IsInf(seconds, 0) {
		return "–"
	}
	s := int(math.Round(seconds))
	switch {
	case seconds < 10:
		return figure(seconds) + " s"
	case s < 60:
		return strconv.Itoa(s) + " s"
	case s < 3600 && s%60 == 0:
		return strconv.Itoa(s/60) + " min"
	case s < 3600:
		return strconv.Itoa(s/60) + " min " + strconv.Itoa(s%60) + " s"
	}
	return strconv.Itoa(s/3600) + " h " + strconv.Itoa(s%3600/60) + " min"
}

// moment writes a tick of a time axis that ends at high: seconds, m:ss or h:mm.
func moment(v, high float64) string {
	s := int(math.Round(v))
	switch {
	case high < 120:
		return round(v) + " s"
	case high < 3600:
		return strconv.Itoa(s/60) + ":" + two(s%60)
	}
	return strconv.Itoa(s/3600) + ":" + two(s%3600/60)
}

// momentUnit names how moment writes the ticks of an axis that ends at high.
func momentUnit(high float64) string {
	switch {
	case high < 120:
		return ""
	case high < 3600:
		return " (m:ss)"
	}
	return " (h:mm)"
}

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// count writes "1 level", "2 levels".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return whole(n) + " " + noun + "s"
}

// list joins words as a sentence does.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
