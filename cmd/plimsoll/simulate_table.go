package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"plimsoll/result"
	"plimsoll/sim/profile"
	"plimsoll/sim/study"
)

// table begins a table of left-aligned columns.
func table(to io.Writer, columns ...string) *tabwriter.Writer {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  "+strings.Join(columns, "\t"))
	return w
}

// showSystem prints one system: what was simulated, a line a tier, then each tier's
// limit in words.
func showSystem(to io.Writer, p *profile.Profile, r result.Result, rows []study.Row) {
	fmt.Fprintf(to, "%s  SIMULATED\n", p.Name)
	if p.About != "" && p.Published != (profile.Published{}) {
		fmt.Fprintln(to, wrapped(p.About, "  "))
	}
	fmt.Fprintf(to, "  %s, %s on %d accelerators; step times %s\n", p.ModelName, p.Words(), p.Accelerators(), p.Provenance())
	fmt.Fprintf(to, "  trajectories %s, preset %s, method %s, seed %d, %d levels\n\n", r.Trajectories.Name, r.Preset, r.Method, r.Seed, len(r.Levels))
	ranged := rows[0].Low != nil
	head := []string{"Tier", "Agents", "per accelerator", "per MW", "uncached/turn", "limit"}
	if ranged {
		head = append(head[:2], append([]string{"P10-P90"}, head[2:]...)...)
	}
	w := table(to, head...)
	for _, row := range rows {
		cells := []string{row.Tier, agentsCell(row), figureCell(row.AgentsPerAccelerator, 2), figureCell(row.AgentsPerMW, 0), figureCell(row.UncachedTokens, 0), cmp.Or(row.Limit, "–")}
		if ranged {
			cells = append(cells[:2], append([]string{rangeCell(row)}, cells[2:]...)...)
		}
		fmt.Fprintln(w, "  "+strings.Join(cells, "\t"))
	}
	w.Flush()
	fmt.Fprintln(to)
	showLimits(to, rows)
	showPower(to, p, rows)
}

// showLimits says what limits each tier and what would lift it, equal tiers at once.
func showLimits(to io.Writer, rows []study.Row) {
	for i := 0; i < len(rows); i++ {
		row, tiers := rows[i], rows[i].Tier
		for i+1 < len(rows) && row.Limit != "" && rows[i+1].LimitWhy == row.LimitWhy {
			i++
			tiers += ", " + rows[i].Tier
		}
		switch {
		case row.Agents == nil:
			fmt.Fprintln(to, wrapped(tiers+": "+row.Reason, "  "))
		case row.Limit == "":
			fmt.Fprintln(to, wrapped(tiers+": nothing failed up to the highest level allowed.", "  "))
		default:
			fmt.Fprintln(to, wrapped(fmt.Sprintf("%s: limit %s: %s.", tiers, row.Limit, row.LimitWhy), "  "))
			if row.Lift != "" {
				fmt.Fprintln(to, wrapped("To lift it: "+row.Lift+".", "      "))
			}
		}
		if row.Unfit > 0 {
			fmt.Fprintf(to, "      In %d of %d draws the weights leave no room: 0 agents.\n", row.Unfit, row.Members)
		}
	}
}

// showPower says what the megawatts of the first tier with agents are.
func showPower(to io.Writer, p *profile.Profile, rows []study.Row) {
	i := slices.IndexFunc(rows, func(r study.Row) bool { return r.Agents != nil && *r.Agents > 0 })
	if i < 0 {
		return
	}
	var parts []string
	for _, d := range rows[i].Denominators {
		parts = append(parts, fmt.Sprintf("%s at %s (%s W)", thousands(d.AgentsPerMW), d.Boundary, thousands(d.MeanW)))
	}
	power := p.TypicalPower()
	fmt.Fprintln(to, "\n"+wrapped(fmt.Sprintf("Per MW, %s: %s. An accelerator's %g W are %s: %s (%g to %g W).",
		rows[i].Tier, strings.Join(parts, ", "), power.Value, power.Kind, power.Source, power.Low, power.High), "  "))
}

// worth is what one optimisation is worth in one tier.
type worth struct {
	Optimisation string   `json:"optimisation"`
	About        string   `json:"about"`
	Tier         string   `json:"tier"`
	With         *int     `json:"with"`    // agents
	Without      *int     `json:"without"` // agents; null where it cannot be built or has no answer
	Ratio        *float64 `json:"ratio"`   // with over without; null where one is missing or 0
	Note         string   `json:"note,omitempty"`
}

func worthOf(rows []study.Row, answers []answer) []worth {
	out := []worth{}
	for _, a := range answers {
		for i, row := range rows {
			w := worth{Optimisation: a.ablates, Tier: row.Tier, With: row.Agents}
			for _, o := range study.Optimisations() {
				if o.Name == a.ablates {
					w.About = o.About
				}
			}
			if a.err != nil {
				zero := 0
				w.Without, w.Note = &zero, "it cannot be built: "+a.err.Error()
			} else if w.Without = a.final.Tiers[i].Capacity; w.Without == nil {
				w.Note = a.final.Tiers[i].Reason
			}
			if w.With != nil && w.Without != nil && *w.Without > 0 {
				q := float64(*w.With) / float64(*w.Without)
				w.Ratio = &q
			}
			out = append(out, w)
		}
	}
	return out
}

// showWorth prints what each optimisation is worth.
func showWorth(to io.Writer, rows []study.Row, all []worth) {
	if len(all) == 0 {
		return
	}
	fmt.Fprint(to, "\nWhat each is worth: agents with and without it  SIMULATED\n")
	w := table(to, "without", "tier", "agents", "with", "ratio", "what is taken away")
	for _, a := range all {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\n", a.Optimisation, a.Tier, countCell(a.Without), countCell(a.With), ratioCell(a.Ratio), a.About)
	}
	w.Flush()
	said := map[string]bool{}
	for _, a := range all {
		if line := a.Optimisation + ": " + a.Note + "."; a.Note != "" && !said[line] {
			fmt.Fprintln(to, wrapped(line, "  "))
			said[line] = true
		}
	}
}

func agentsCell(r study.Row) string {
	if r.Agents == nil {
		return fmt.Sprintf("≥ %s (%s)", thousands(float64(r.AtLeast)), r.Verdict)
	}
	return countCell(r.Agents)
}

func countCell(n *int) string {
	if n == nil {
		return "–"
	}
	return thousands(float64(*n))
}

func rangeCell(r study.Row) string {
	return thousands(*r.Low) + "-" + thousands(*r.High)
}

func ratioCell(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f", *v)
}

// figureCell writes a figure with so many decimals, thousands apart.
func figureCell(v *float64, decimals int) string {
	switch {
	case v == nil:
		return "–"
	case decimals == 0:
		return thousands(*v)
	}
	return fmt.Sprintf("%.*f", decimals, *v)
}

// thousands writes a whole number with commas between thousands.
func thousands(v float64) string {
	digits := fmt.Sprintf("%.0f", v)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// wrapped breaks a sentence at 96 columns, each line after the indent.
func wrapped(text, indent string) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
			b.WriteString(indent)
			column = len(indent)
		case column+1+len([]rune(word)) > 96:
			b.WriteString("\n" + indent + "  ")
			column = len(indent) + 2
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len([]rune(word))
	}
	return b.String()
}
