package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plimsoll/result"
	"plimsoll/sim/profile"
	"plimsoll/sim/study"
)

// showSystem prints one system: what was simulated, a line a tier, then each tier's
// limit in words.
func showSystem(to page, p *profile.Profile, r result.Result, rows []study.Row) {
	fmt.Fprintf(to, "%s  SIMULATED\n", p.Name)
	if p.About != "" && p.Published != (profile.Published{}) {
		to.say("  ", p.About)
	}
	fmt.Fprintf(to, "  %s, %s on %d accelerators; step times %s\n", p.ModelName, p.Words(), p.Accelerators(), p.Provenance())
	fmt.Fprintf(to, "  trajectories %s, preset %s, method %s, seed %d, %d levels\n\n", r.Trajectories.Name, r.Preset, r.Method, r.Seed, len(r.Levels))
	ranged := rows[0].Low != nil
	head := []string{"Tier", "Agents", "per accelerator", "per MW", "uncached/turn", "limit"}
	if ranged {
		head = slices.Insert(head, 2, "P10-P90")
	}
	var lines [][]string
	for _, row := range rows {
		cells := []string{row.Tier, agentsCell(row), figureCell(row.AgentsPerAccelerator, 2), figureCell(row.AgentsPerMW, 0), figureCell(row.UncachedTokens, 0), cmp.Or(row.Limit, "–")}
		if ranged {
			cells = slices.Insert(cells, 2, rangeCell(row))
		}
		lines = append(lines, cells)
	}
	to.table(head, lines...)
	fmt.Fprintln(to)
	showLimits(to, rows)
	showPower(to, p, rows)
}

// showLimits says how the search of each tier ended, what limits it and what would lift
// that, equal limits at once.
func showLimits(to page, rows []study.Row) {
	for i, row := range rows {
		to.say("  ", fmt.Sprintf("%s: %s.", row.Tier, row.Reason))
		if row.Limit != "" && (i+1 == len(rows) || rows[i+1].LimitWhy != row.LimitWhy) {
			to.say("      ", fmt.Sprintf("Limit %s: %s.", row.Limit, row.LimitWhy))
			if row.Lift != "" {
				to.say("      ", "To lift it: "+row.Lift+".")
			}
		}
		showLoad(to, row)
		if row.Unfit > 0 {
			fmt.Fprintf(to, "      In %d of %d draws the weights leave no room: 0 agents.\n", row.Unfit, row.Members)
		}
	}
}

// showLoad says where the load behind a row's agents is not the set's.
func showLoad(to page, row study.Row) {
	if len(row.NotRepresentative) > 0 {
		to.say("      ", "Not representative: "+strings.Join(row.NotRepresentative, "; ")+".")
	}
}

// showPower says what the megawatts of the first tier with agents are.
func showPower(to page, p *profile.Profile, rows []study.Row) {
	i := slices.IndexFunc(rows, func(r study.Row) bool { return r.Agents != nil && *r.Agents > 0 })
	if i < 0 {
		return
	}
	var parts []string
	for _, d := range rows[i].Denominators {
		parts = append(parts, fmt.Sprintf("%s at %s (%s W)", thousands(d.AgentsPerMW), d.Boundary, thousands(d.MeanW)))
	}
	power := p.TypicalPower()
	fmt.Fprintln(to)
	to.say("  ", fmt.Sprintf("Per MW, %s: %s. An accelerator's %g W are %s: %s (%g to %g W).",
		rows[i].Tier, strings.Join(parts, ", "), power.Value, power.Kind, power.Source, power.Low, power.High))
}

// worth is what one optimisation is worth in one tier.
type worth struct {
	Optimisation string   `json:"optimisation"`
	About        string   `json:"about"`
	Tier         string   `json:"tier"`
	With         *int     `json:"with"`    // agents
	Without      *int     `json:"without"` // agents; null where it cannot be built or has no answer
	Ratio        *float64 `json:"ratio"`   // with over without; null where one is missing, 0 or a least number
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
			} else if t := a.final.Tiers[i]; t.Capacity == nil || t.Open {
				w.Without, w.Note = t.Capacity, t.Reason
			} else {
				w.Without = t.Capacity
			}
			if w.With != nil && !row.Open && w.Without != nil && *w.Without > 0 && w.Note == "" {
				q := float64(*w.With) / float64(*w.Without)
				w.Ratio = &q
			}
			out = append(out, w)
		}
	}
	return out
}

// showWorth prints what each optimisation is worth.
func showWorth(to page, rows []study.Row, all []worth) {
	if len(all) == 0 {
		return
	}
	fmt.Fprint(to, "\nWhat each is worth: agents with and without it  SIMULATED\n")
	var lines [][]string
	for _, a := range all {
		lines = append(lines, []string{a.Optimisation, a.Tier, countCell(a.Without), countCell(a.With), ratioCell(a.Ratio), a.About})
	}
	to.table([]string{"without", "tier", "agents", "with", "ratio", "what is taken away"}, lines...)
	said := map[string]bool{}
	for _, a := range all {
		if line := a.Optimisation + ": " + a.Note + "."; a.Note != "" && !said[line] {
			to.say("  ", line)
			said[line] = true
		}
	}
}

// agentsCell writes the agents of a row; one that is only a least number says so.
func agentsCell(r study.Row) string {
	switch {
	case r.Agents == nil:
		return fmt.Sprintf("≥ %s (%s)", thousands(float64(r.AtLeast)), r.Verdict)
	case r.Open:
		return "≥ " + countCell(r.Agents)
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
