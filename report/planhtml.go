package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"plimsoll/plan"
)

//go:embed plan.html
var planTemplate string

//go:embed plan.css
var planStyle string

// planPage is what the template shows.
type planPage struct {
	Shell     shell
	P         plan.Plan
	Simulated bool
	Systems   []planSystem
}

// planSystem is one system with its charts.
type planSystem struct {
	A       plan.Answer
	Ladder  []Chart
	Tornado []Chart
	Unknown []string // inputs whose effect is not known
}

// PlanHTML writes a plan as one self-contained page.
func PlanHTML(w io.Writer, p plan.Plan) error {
	funcs := template.FuncMap{
		"figure": func(v any) string { return figure(toFloat(v)) }, "whole": whole, "figureOr": figureOr, "intOr": intOr, "percent": percent,
		"demand": demandLine, "energy": energyLine, "join": strings.Join, "count": count, "words": func(s any) string { return strings.ReplaceAll(fmt.Sprint(s), "_", " ") },
	}
	page := planPage{Shell: newShell("Plimsoll: "+p.Question, planStyle), P: p}
	for i, a := range p.Systems {
		page.Simulated = page.Simulated || a.Evidence == plan.Simulated
		s := planSystem{A: a}
		if c, ok := ladder(a, fmt.Sprintf("ladder%d", i+1)); ok {
			s.Ladder = append(s.Ladder, c)
		}
		for n, m := range measures(a) {
			if c, ok := tornado(a, m, fmt.Sprintf("tornado%d-%d", i+1, n+1)); ok {
				s.Tornado = append(s.Tornado, c)
			}
		}
		for _, v := range a.Sensitivity {
			if v.Note != "" {
				s.Unknown = append(s.Unknown, v.Input+": "+v.Note)
			}
		}
		page.Systems = append(page.Systems, s)
	}
	return render(w, planTemplate, funcs, page)
}
