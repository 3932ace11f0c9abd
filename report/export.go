package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"plimsoll/result"
)

// Markdown writes the headline table of a result, for a page or a pull request.
func Markdown(w io.Writer, r result.Result) error {
	var b strings.Builder
	mark := ""
	if r.Engine.Simulated {
		mark = " (simulated)"
	}
	fmt.Fprintf(&b, "### %s%s\n\n", markdownText(engineLine(r)), mark)
	b.WriteString("| Tier | Limits | Agents | per accelerator | per MW | boundary, basis, grade | Verdict | Bound by |\n")
	b.WriteString("| --- | --- | ---: | ---: | ---: | --- | --- | --- |\n")
	for _, t := range r.Tiers {
		power := noPower(t)
		if t.PerMW != nil {
			power = powerLabel(*t.PerMW)
		}
		cells := []string{t.Name, speedLimit(t) + ", " + ttftLimit(t), agents(t), perAccelerator(t), perMegawatt(t), power, verdictWord(t), boundBy(t.BoundBy)}
		for i := range cells {
			cells[i] = markdownText(cells[i])
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	fmt.Fprintf(&b, "\n%s; method %s, preset %s, seed %d. %s.\n", markdownText(levelLine(r)), markdownText(r.Method), markdownText(r.Preset), r.Seed, clientLine(r))
	for _, t := range r.Tiers {
		if load := loadWords(t); load != "" {
			fmt.Fprintf(&b, "%s. %s\n", markdownText(t.Name), markdownText(load))
		}
	}
	if !r.Comparable.Yes {
		fmt.Fprintf(&b, "Not comparable with published results: %s.\n", markdownText(strings.Join(r.Comparable.Why, "; ")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdownText makes outside text safe inside a Markdown table.
func markdownText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "!", `\!`).Replace(plain(s))
}

// CSV writes one line for each level and tier that it was judged for, in full
// precision; a figure that does not exist is empty, an unbounded one is inf.
func CSV(w io.Writer, r result.Result) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"level", "attempt", "agents", "fresh", "validity", "window_s", "turns", "ok", "failed", "cancelled", "censored",
		"p25_speed_tps", "p95_ttft_s", "lag_p99_ms", "output_tokens_per_s", "mean_w", "power_boundary", "tier", "tier_speed_tps", "tier_ttft_s", "verdict", "bound_by", "simulated"}}
	for _, l := range r.Levels {
		watts, boundary := "", ""
		for _, e := range l.Energy {
			if e.Valid {
				watts, boundary = exact(e.MeanWatts), cell(string(e.Boundary))
				break
			}
		}
		level := []string{cell(l.ID), strconv.Itoa(l.Attempt), strconv.Itoa(l.Agents), strconv.FormatBool(l.Fresh), cell(l.Validity), exact(l.WindowS),
			strconv.Itoa(l.Turns), strconv.Itoa(l.OK), strconv.Itoa(l.Failed), strconv.Itoa(l.Cancelled), strconv.Itoa(l.Censored),
			exact(float64(l.SpeedTPS)), exact(l.TTFT()), exact(float64(l.LagP99ms)), exact(float64(l.OutputTPS)), watts, boundary}
		for _, t := range r.Tiers {
			for _, v := range t.Verdicts {
				if v.Level == l.ID {
					rows = append(rows, append(level[:len(level):len(level)], cell(t.Name), exact(t.SpeedTPS), exact(t.TTFTs), cell(string(v.Verdict)), cell(v.BoundBy), strconv.FormatBool(r.Engine.Simulated)))
				}
			}
		}
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("report: write CSV: %w", err)
	}
	return nil
}

// cell keeps a spreadsheet from reading outside text as a formula.
func cell(s string) string {
	if s = plain(s); s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

func exact(v float64) string {
	switch {
	case math.IsNaN(v):
		return ""
	case math.IsInf(v, 1):
		return "inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// JSON writes a result or a comparison as result.json stands in a run folder.
func JSON(w io.Writer, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}
