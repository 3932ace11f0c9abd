package report

import (
	"strings"

	"plimsoll"
	"plimsoll/result"
)

// energyTable shows what each level drew at each boundary and what that is for an
// agent-hour, a turn and a million output tokens; nil where nothing was metered. A
// figure that is not valid says why instead.
func energyTable(r result.Result) *Table {
	t := Table{Head: []string{"Level", "Agents", "Mean, W", "An agent-hour, Wh", "A turn, J", "A million output tokens, kJ", "Boundary, basis, grade"}}
	for _, l := range r.Levels {
		if l.Warmup {
			continue
		}
		for _, e := range l.Energy {
			row := []string{l.ID, whole(l.Agents), "–", "–", "–", "–", powerLabel(plimsoll.PerMegawatt{Boundary: e.Boundary, Basis: e.Basis, Grade: e.Grade})}
			if !e.Valid {
				row[6] += ": " + powerReasons(strings.Join(e.Reasons, ", "))
				t.Rows = append(t.Rows, row)
				continue
			}
			row[2] = figure(e.MeanWatts)
			for _, i := range l.Intensity {
				if i.Boundary == e.Boundary && i.Basis == e.Basis && i.Source == e.Source {
					row[3], row[4], row[5] = figure(i.WhPerAgentHour), figure(i.JPerTurn), figure(i.JPerMTokens/1e3)
				}
			}
			t.Rows = append(t.Rows, row)
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return &t
}
