package report

import (
	"fmt"
	"sort"
	"strings"

	"plimsoll"
	"plimsoll/result"
)

// What follows turns figures into sentences, for terminal and pages alike.

// agents writes the capacity of a tier: a number, or why there is none.
func agents(t result.Tier) string {
	switch {
	case t.Capacity == nil:
		return "–"
	case t.Open:
		return "≥ " + whole(*t.Capacity)
	}
	return whole(*t.Capacity)
}

func perAccelerator(t result.Tier) string {
	if t.PerAcc == nil {
		return "–"
	}
	return figure(*t.PerAcc)
}

func perMegawatt(t result.Tier) string {
	if t.PerMW == nil {
		return "–"
	}
	return figure(t.PerMW.Value)
}

// powerLabel names a per-megawatt figure's boundary, basis and grade, without
// which it must not be read.
func powerLabel(p plimsoll.PerMegawatt) string {
	return fmt.Sprintf("%s, %s, %s", strings.ReplaceAll(string(p.Boundary), "_", " "), p.Basis, p.Grade)
}

// sameBoundary reports whether two such labels name one boundary and basis; grades
// may differ.
func sameBoundary(a, b string) bool {
	cut := func(s string) string { return s[:max(0, strings.LastIndex(s, ","))] }
	return cut(a) == cut(b)
}

// speedLimit and ttftLimit write a tier's targets.
func speedLimit(t result.Tier) string { return "P25 ≥ " + round(t.SpeedTPS) + " tok/s" }
func ttftLimit(t result.Tier) string  { return "P95 TTFT ≤ " + round(t.TTFTs) + " s" }

// verdictWord writes a tier's verdict as people read it: an answer of no agents is
// an answer, but no pass.
func verdictWord(t result.Tier) string {
	if t.Verdict == plimsoll.Pass && t.Capacity != nil && *t.Capacity == 0 {
		return "not met"
	}
	return string(t.Verdict)
}

// wordClass is how a page marks that word.
func wordClass(t result.Tier) string {
	switch word := verdictWord(t); word {
	case "pass", "undecided", "void":
		return word
	}
	return "fail"
}

// loadWords says how the load behind a tier's capacity is not the set's; "" it is.
func loadWords(t result.Tier) string {
	if len(t.NotRepresentative) == 0 {
		return ""
	}
	return sentence("Not representative: " + strings.Join(t.NotRepresentative, "; "))
}

// sentence ends text with a full stop.
func sentence(s string) string {
	if s = plain(s); s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// noPower says in words why a tier has no figure per megawatt.
func noPower(t result.Tier) string { return powerReasons(t.NoPerMW) }

// powerReasons writes the reason codes of power figures as words.
func powerReasons(codes string) string {
	return strings.NewReplacer(
		"window_invalid", "the window is empty",
		"window_too_short", "the measured window is under a minute",
		"window_not_bracketed", "the readings do not cover the whole window",
		"samples_missing", "a device gave too few readings",
		"sample_gap_exceeded", "the readings have a gap",
		"timestamp_invalid", "readings carry no usable time",
		"clock_offset_exceeded", "the meter's clock is off",
		"device_count_mismatch", "the meter saw another number of devices than serve",
		"device_identity_missing", "the devices cannot be told apart",
		"device_changed", "a device was replaced",
		"counter_reset", "an energy counter was reset",
		"value_frozen", "the meter said the same value all the time",
		"unit_unknown", "the unit of the readings is not known",
		"source_unreachable", "the meter never answered",
		"boundary_incomplete", "the meter does not see all of the boundary",
		"power figure is invalid: ", "",
	).Replace(codes)
}

// boundNames are the words for what bound a capacity.
var boundNames = map[string]string{"speed": "output speed", "ttft": "TTFT", "failures": "failures", "starvation": "starvation"}

func boundBy(codes string) string {
	if codes == "" {
		return "–"
	}
	var names []string
	for _, code := range strings.Split(codes, "+") {
		if name, ok := boundNames[code]; ok {
			code = name
		}
		names = append(names, code)
	}
	return list(names)
}

// engineLine says what was measured.
func engineLine(r result.Result) string {
	model := r.Engine.Model
	if model == "" {
		model = "an unnamed model"
	}
	s := model
	if r.Accelerators > 0 {
		s += " on " + count(r.Accelerators, "accelerator")
	}
	return s
}

// serverLine says what served it, "" unknown.
func serverLine(r result.Result) string {
	return strings.TrimSpace(r.Engine.Identity.Server + " " + r.Engine.Identity.Version)
}

// levelLine says how much was measured.
func levelLine(r result.Result) string {
	turns, failed, void := 0, 0, 0
	for _, l := range r.Levels {
		if l.Validity != "valid" {
			void++
			continue
		}
		turns, failed = turns+l.Turns, failed+l.Failed
	}
	s := count(len(r.Levels), "level")
	if void > 0 {
		s += fmt.Sprintf(" (%d void)", void)
	}
	s += ", " + count(turns, "turn") + ", "
	if failed == 0 {
		return s + "none failed"
	}
	return s + whole(failed) + " failed (" + failures(r.Failures) + ")"
}

// failures lists the classes of failed turns, most first.
func failures(classes map[plimsoll.Class]int) string {
	var parts []string
	for _, c := range failedClasses(classes) {
		parts = append(parts, fmt.Sprintf("%s %s", whole(classes[c]), c))
	}
	return list(parts)
}

func failedClasses(classes map[plimsoll.Class]int) []plimsoll.Class {
	var out []plimsoll.Class
	for c, n := range classes {
		if n > 0 && c.Failed() {
			out = append(out, c)
		}
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		return classes[a] > classes[b] || classes[a] == classes[b] && a < b
	})
	return out
}

// clientLine says whether the load generator was the limit.
func clientLine(r result.Result) string {
	void, virtual := 0, len(r.Levels) > 0
	for _, l := range r.Levels {
		if l.Validity != "valid" {
			void++
		}
		virtual = virtual && l.SimulatedLoad
	}
	if virtual {
		return "In virtual time there is no client that could be late"
	}
	figures := "lag p99 " + figure(float64(r.Client.LagP99ms)) + " ms"
	if r.Client.SentinelP99ms.Known() {
		figures += ", read delay p99 " + figure(float64(r.Client.SentinelP99ms)) + " ms"
	}
	if r.Client.CPUShare.Known() {
		figures += ", " + figure(100*float64(r.Client.CPUShare)) + " % of a core"
	}
	line := "The client kept up (" + figures + ")"
	switch {
	case void > 0 && void == len(r.Levels):
		line = "No level counted"
	case void > 0:
		line = count(void, "level") + " did not count; in the rest the client kept up (" + figures + ")"
	}
	return line + generatorWords(r.Generator)
}

// generatorWords says what the doctor found of the machine that made the load, and
// where a level asked more of it; "" where nothing is known of the machine.
func generatorWords(g *result.Generator) string {
	if g == nil {
		return ""
	}
	words := "; this machine was not calibrated (plimsoll doctor)"
	if c := g.Calibration; c != nil {
		words = fmt.Sprintf("; calibrated on %s for %s agents and %s events/s", c.At.Format("2 January 2006"), whole(c.Agents), figure(c.EventsPerS))
	}
	for _, w := range g.Warnings {
		words += ". " + w
	}
	return words
}
