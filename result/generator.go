package result

import (
	"plimsoll"
	"plimsoll/measure"
)

// Generator is the machine that made the load, and where the levels asked more of it
// than it is known to bear.
type Generator struct {
	plimsoll.Generator
	Warnings []string `json:"warnings"` // sentences; each limit once, with the first level beyond it
}

// generatorOf holds every level's own pace against the machine's limits; nil where the
// facts do not describe it.
func generatorOf(g *plimsoll.Generator, past []plimsoll.Past) *Generator {
	if g == nil {
		return nil
	}
	out := &Generator{Generator: *g, Warnings: []string{}}
	said := map[string]bool{}
	for _, p := range past {
		for _, s := range measure.StrainOf(*g, p.Stage.Agents, measure.PaceOf(p)) {
			if !said[s.Limit] {
				said[s.Limit] = true
				out.Warnings = append(out.Warnings, s.Text)
			}
		}
	}
	return out
}
