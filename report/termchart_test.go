package report

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/result"
)

// TestTerminalSearch draws searches of any size on terminals of any width: no line
// is too long, every outcome of a rung that is shown stands in its column, and what
// is left out is said.
func TestTerminalSearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := result.Result{Tiers: []result.Tier{{Name: "30tps/10s", SpeedTPS: 30, TTFTs: 10}}}
		agents := rapid.SliceOfNDistinct(rapid.IntRange(1, 50_000), 1, 120, rapid.ID).Draw(t, "agents")
		outcomes := map[plimsoll.Outcome]int{}
		for i, n := range agents {
			l := result.Level{ID: fmt.Sprintf("%04d.1", i+1), Agents: n, Validity: "valid", SpeedTPS: result.Number(rapid.Float64Range(0, 400).Draw(t, "speed")), TTFTs: result.Number(math.NaN())}
			o := rapid.SampledFrom([]plimsoll.Outcome{plimsoll.Pass, plimsoll.Fail, plimsoll.Undecided, plimsoll.Void}).Draw(t, "outcome")
			outcomes[o]++
			r.Levels = append(r.Levels, l)
			r.Tiers[0].Verdicts = append(r.Tiers[0].Verdicts, result.Verdict{Level: l.ID, Agents: n, Verdict: o})
		}
		r.Tiers[0].AtLeast = agents[0]
		width := rapid.IntRange(40, 130).Draw(t, "width")
		var b bytes.Buffer
		o := TerminalOptions{Width: width}
		o.bars(&b, r)
		o.search(&b, r)
		text := b.String()
		for _, line := range strings.Split(text, "\n") {
			if n := utf8.RuneCountInString(line); n > width {
				t.Fatalf("%d columns, want at most %d: %s", n, width, line)
			}
		}
		if len(agents) < 2 {
			return
		}
		_, table, _ := strings.Cut(text, "Agents")
		marks := 0
		for _, line := range strings.Split(table, "\n") {
			if row, ok := strings.CutPrefix(line, "  30tps/10s"); ok {
				marks = strings.Count(row, "●") + strings.Count(row, "×") + strings.Count(row, "◇") + strings.Count(row, "▫")
			}
		}
		said := strings.Contains(strings.Join(strings.Fields(text), " "), fmt.Sprintf("%d of %d numbers of agents shown", marks, len(agents)))
		if marks == 0 || marks < len(agents) != said {
			t.Fatalf("%d of %d rungs are marked; said: %t\n%s", marks, len(agents), said, text)
		}
	})
}

// TestSparkline holds the heights against the values.
func TestSparkline(t *testing.T) {
	rungs := []rung{{speed: 1}, {speed: 10}, {speed: 100}, {speed: math.NaN()}, {speed: 0}, {speed: math.Inf(1)}}
	cells, low, high := sparkline(rungs, 2, func(g rung) float64 { return g.speed })
	if want := " ▁ ▅ █   ▁ ↑"; cells != want || low != 1 || !math.IsInf(high, 1) {
		t.Errorf("%q from %g to %g, want %q from 1 to +Inf", cells, low, high, want)
	}
}

func TestLocale(t *testing.T) {
	for _, c := range []struct {
		all, ctype, lang string
		want             bool
	}{
		{"", "", "", true}, {"C", "", "en_US.UTF-8", false}, {"", "", "C", false}, {"", "", "POSIX", false}, {"", "", "de_DE.ISO-8859-1", false},
		{"", "", "C.UTF-8", true}, {"", "en_US.utf8", "C", true}, {"", "C", "en_US.UTF-8", false},
	} {
		env := map[string]string{"LC_ALL": c.all, "LC_CTYPE": c.ctype, "LANG": c.lang}
		if got := UTF8(func(name string) string { return env[name] }); got != c.want {
			t.Errorf("LC_ALL=%q LC_CTYPE=%q LANG=%q: %t", c.all, c.ctype, c.lang, got)
		}
	}
}
