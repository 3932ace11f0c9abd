package main

import (
	"cmp"
	"fmt"

	"plimsoll/sim/profile"
	"plimsoll/sim/study"
)

// instead is a published system without one input that was chosen after its result
// was known.
type instead struct {
	Choice  string `json:"choice"`
	Input   string `json:"input"`   // as it was chosen
	Instead string `json:"instead"` // as it is here
	study.Row

	shape *profile.Profile
	of    compared
}

// withoutChoices returns every system without each of its choices.
func withoutChoices(pairs []compared) ([]instead, error) {
	var out []instead
	for _, pair := range pairs {
		for _, c := range pair.shape.Chosen {
			shape, err := pair.shape.Instead(c)
			if err != nil {
				return nil, err
			}
			out = append(out, instead{Choice: c.Name, Input: c.Input, Instead: c.Instead, shape: shape, of: pair})
		}
	}
	return out, nil
}

// fill writes the answers' first tier into the rows. A system that cannot be built
// carries nothing, and says why.
func fill(rows []instead, answers []answer) error {
	for i := range rows {
		r := &rows[i]
		if err := answers[i].err; err != nil {
			r.Row = study.Row{Simulated: true, System: r.shape.Name, Model: r.shape.ModelName, Reason: "it cannot be built: " + err.Error()}
			continue
		}
		of, err := study.Rows(r.shape, answers[i].final, answers[i].uses)
		if err != nil {
			return err
		}
		r.Row = of[0]
		r.Beside(r.of.entry.Tiers[0])
	}
	return nil
}

// showOtherwise prints the rows without the choices.
func showOtherwise(to page, rows []instead) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprint(to, "\nThe same without each input that was chosen after the result was known  SIMULATED\n")
	var lines [][]string
	for _, r := range rows {
		lines = append(lines, []string{r.of.shape.Name, r.Choice, agentsCell(r.Row), figureCell(r.AgentsPerAccelerator, 1),
			figureCell(r.AgentsPerMW, 0), ratioCell(r.Ratio), cmp.Or(r.Limit, "–")})
	}
	to.table([]string{"system", "without", "agents", "per acc.", "per MW", "ratio", "limit"}, lines...)
	fmt.Fprintln(to)
	said := map[string]bool{}
	for _, r := range rows {
		if line := fmt.Sprintf("%s: %s; instead %s.", r.Choice, r.Input, r.Instead); !said[line] {
			said[line] = true
			to.say("  ", line)
		}
	}
}
