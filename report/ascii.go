package report

import (
	"io"
	"strings"
	"unicode/utf8"
)

// UTF8 reports whether a locale shows Unicode, from the environment: the first of
// LC_ALL, LC_CTYPE and LANG that is set decides, as POSIX has it. Where none is
// set, as in most containers, the terminal is taken to show it.
func UTF8(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := env(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}

// plainSigns are the signs that our own text holds, and what stands for them where
// there is only ASCII. Most take the same room.
var plainSigns = strings.NewReplacer("≥ ", ">=", "≤ ", "<=", "–", "-", "·", "-", "…", "~", "∞", "inf", "±", "+-", "→", ">", "↑", "^",
	"●", "o", "×", "x", "◇", "?", "▫", "-", "█", "#", "░", ".", "▁", ".", "▂", ":", "▃", "-", "▄", "=", "▅", "+", "▆", "*", "▇", "%")

// ASCII returns a writer that writes text to w with signs of ASCII alone; what has
// none becomes a question mark. Each write must hold whole characters.
func ASCII(w io.Writer) io.Writer { return asciiWriter{w} }

type asciiWriter struct{ w io.Writer }

func (a asciiWriter) Write(p []byte) (int, error) {
	text := strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return r
	}, plainSigns.Replace(string(p)))
	if _, err := io.WriteString(a.w, text); err != nil {
		return 0, err
	}
	return len(p), nil
}
