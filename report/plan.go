package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"plimsoll/plan"
)

// PlanTerminal shows a plan: the question, a table of the systems, and for each
// system what bounds it and what it rests on.
func PlanTerminal(w io.Writer, p plan.Plan, t TerminalOptions) error {
	t = t.sized()
	var b bytes.Buffer
	fmt.Fprintf(&b, "\n  %s\n  %s\n\n", t.paint(bold, plain(p.Question)), t.paint(dim, "at "+plain(strings.Join(p.Tiers, ", "))))
	t.columns(&b, planRows(p), 1)
	b.WriteByte('\n')
	for _, n := range p.Notes {
		t.item(&b, t.paint(yellow, pad("Note", 12, false)), plain(n))
	}
	for _, a := range p.Systems {
		t.planSystem(&b, a)
	}
	return t.write(w, b)
}

// planRows is the table of the systems, one a column.
func planRows(p plan.Plan) [][]string {
	rows := [][]string{{""}, {"Units"}, {"Accelerators"}, {"Racks"}, {"Agents on all units"}, {"Agents after redundancy"}, {"IT power provisioned, MW"}, {"MW left of the budget"}, {"Wh an agent-hour"}, {"Cost of an agent-hour"}, {"Limit"}, {""}}
	for _, a := range p.Systems {
		energy := "–"
		if a.Energy != nil {
			energy = figure(a.Energy.WhPerAgentHour)
		}
		for i, cell := range []string{plain(a.System) + evidenceMark(a), unitsOf(a), whole(a.Accelerators), intOr(a.Racks), whole(a.Agents), whole(a.AgentsAfterRedundancy),
			figureOr(a.ITMW), figureOr(a.StrandedMW), energy, figureOr(a.CostPerAgentHour), a.Limit, strings.TrimSpace(marks(a))} {
			rows[i] = append(rows[i], cell)
		}
	}
	if strings.Join(rows[len(rows)-1], "") == "" {
		rows = rows[:len(rows)-1] // nothing is marked
	}
	for i := range rows {
		rows[i] = append(rows[i], "") // the last column would stand to the left
	}
	return rows
}

func unitsOf(a plan.Answer) string {
	if a.Unit == "none" {
		return "–"
	}
	return count(a.Units, a.Unit)
}

// evidenceMark marks what is not measured.
func evidenceMark(a plan.Answer) string {
	switch a.Evidence {
	case plan.Simulated:
		return " [SIMULATED]"
	case plan.Published:
		return " [published]"
	}
	return ""
}

func marks(a plan.Answer) string {
	s := ""
	if a.Cheapest {
		s += " cheapest"
	}
	if a.Densest {
		s += " densest"
	}
	return s
}

func figureOr(v *float64) string {
	if v == nil {
		return "–"
	}
	return figure(*v)
}

func intOr(v *int) string {
	if v == nil {
		return "–"
	}
	return whole(*v)
}

func (t TerminalOptions) planSystem(b *bytes.Buffer, a plan.Answer) {
	fmt.Fprintf(b, "\n  %s%s\n", t.paint(bold, plain(a.System)), t.paint(yellow, evidenceMark(a)))
	t.item(b, "Limit", plain(a.Limit+": "+a.LimitWhy))
	if len(a.ByTier) > 1 {
		for _, tier := range a.ByTier {
			t.item(b, "Tier", fmt.Sprintf("%s: %s agents on %s units and %s spare", tier.Tier, whole(tier.Agents), whole(tier.Units), whole(tier.Spares)))
		}
	}
	if i := a.Interval; i != nil {
		t.item(b, "Interval", fmt.Sprintf("%s to %s agents after redundancy (%s)", whole(i.Low), whole(i.High), plain(i.Span)))
	}
	if a.AgentsPlanned != a.AgentsAfterRedundancy {
		t.item(b, "Headroom", whole(a.AgentsPlanned)+" agents are left to plan with")
	}
	if a.Demand != nil && a.Demand.Slots > 0 {
		t.item(b, "Demand", demandLine(*a.Demand))
	} else if a.Demand != nil {
		t.item(b, "Users", demandLine(*a.Demand))
	}
	if a.Energy != nil {
		t.item(b, "Energy", energyLine(*a.Energy))
	}
	if a.CostPerHour != nil {
		t.item(b, "Cost", fmt.Sprintf("%s an hour, %s a month, %s an agent-hour", figure(*a.CostPerHour), figure(*a.CostPerMonth), figureOr(a.CostPerAgentHour)))
	}
	if len(a.Densities) > 0 {
		b.WriteByte('\n')
		t.columns(b, densityRows(a), 1)
	}
	if len(a.Sensitivity) > 0 {
		b.WriteByte('\n')
		t.columns(b, sensitivityRows(a), 1)
		for _, s := range a.Sensitivity {
			if s.Note != "" {
				t.item(b, plain(s.Input), s.Note)
			}
		}
	}
	b.WriteByte('\n')
	for i, s := range a.Assumptions {
		label := ""
		if i == 0 {
			label = "Assumed"
		}
		t.item(b, label, "· "+plain(s))
	}
}

// demandLine says whether the demand fits, and what would.
func demandLine(d plan.Demand) string {
	var parts []string
	if d.Slots > 0 {
		word := "do not fit"
		if d.Met {
			word = "fit"
		}
		parts = append(parts, fmt.Sprintf("%s slots for %s agents on average %s", whole(d.Slots), figure(d.Mean), word))
	}
	if d.Supported > 0 || d.Slots == 0 {
		parts = append(parts, "at most "+count(d.Supported, "user")+" of this kind")
	}
	if d.Supply > 0 && d.Met && d.Slots > 0 {
		parts = append(parts, "the whole supply would carry "+count(d.Supply, "agent"))
	}
	return strings.Join(parts, "; ")
}

func energyLine(e plan.Energy) string {
	s := fmt.Sprintf("mean %s MW at the facility (%s, %s), %s MWh a day, %s Wh an agent-hour", figure(e.MeanMW), e.Basis, e.Grade, figure(e.MWhPerDay), figure(e.WhPerAgentHour))
	if e.Uncertainty > 0 {
		s += fmt.Sprintf(" ± %s %%", figure(100*e.Uncertainty))
	}
	return s
}

// densityRows is the same capacity over more and more of its power.
func densityRows(a plan.Answer) [][]string {
	rows := [][]string{{"Power boundary", "W/accelerator", "agents/MW", "agents at budget", ""}}
	for _, d := range a.Densities {
		rows = append(rows, []string{densityName(a, d), dash(d.WattsPer), figure(d.AgentsPerMW), budgetAgents(d), clip(plain(d.What), 40)})
	}
	return rows
}

// densityName names a rung: its boundary and basis, and its tier where there are
// several.
func densityName(a plan.Answer, d plan.Density) string {
	if len(a.ByTier) > 1 {
		return d.Tier + ", " + strings.ReplaceAll(string(d.Boundary), "_", " ") + ", " + string(d.Basis)
	}
	if d.Whole {
		return strings.ReplaceAll(string(d.Boundary), "_", " ") + ", in whole units"
	}
	return strings.ReplaceAll(string(d.Boundary), "_", " ") + ", " + string(d.Basis)
}

// clip cuts text to a number of runes.
func clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// budgetAgents refuses to multiply a figure at another boundary by the budget.
func budgetAgents(d plan.Density) string {
	if d.Budget == nil {
		return "other boundary"
	}
	return whole(int(*d.Budget))
}

func dash(v float64) string {
	if v == 0 {
		return "–"
	}
	return figure(v)
}

// sensitivityRows shows each input's two values and what they make of the answer.
func sensitivityRows(a plan.Answer) [][]string {
	rows := [][]string{{"Changing", "", "agents", "MW", "Wh/agent-hour", "per agent-hour"}}
	to := func(low, high string) string {
		if low == high {
			return low
		}
		return low + " → " + high
	}
	for _, s := range a.Sensitivity {
		if s.Note == "" {
			rows = append(rows, []string{s.Input, to(s.Low.Value, s.High.Value), to(whole(s.Low.Agents), whole(s.High.Agents)), to(figureOr(s.Low.PowerMW), figureOr(s.High.PowerMW)),
				to(figureOr(s.Low.WhPerAgentHour), figureOr(s.High.WhPerAgentHour)), to(figureOr(s.Low.CostPerAgentHour), figureOr(s.High.CostPerAgentHour))})
		}
	}
	return rows
}

// PlanCSV writes a line a system.
func PlanCSV(w io.Writer, p plan.Plan) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"system", "evidence", "units", "accelerators", "racks", "agents", "agents_after_redundancy", "agents_planned", "power_mw", "it_mw", "facility_mw", "stranded_mw",
		"mean_facility_mw", "wh_per_agent_hour", "cost_per_hour", "cost_per_month", "cost_per_agent_hour", "limit"}}
	raw := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'g', -1, 64)
	}
	for _, a := range p.Systems {
		racks := ""
		if a.Racks != nil {
			racks = strconv.Itoa(*a.Racks)
		}
		var mean, wh *float64
		if a.Energy != nil {
			mean, wh = &a.Energy.MeanMW, &a.Energy.WhPerAgentHour
		}
		rows = append(rows, []string{a.System, string(a.Evidence), strconv.Itoa(a.Units), strconv.Itoa(a.Accelerators), racks, strconv.Itoa(a.Agents), strconv.Itoa(a.AgentsAfterRedundancy), strconv.Itoa(a.AgentsPlanned),
			raw(a.PowerMW), raw(a.ITMW), raw(a.FacilityMW), raw(a.StrandedMW), raw(mean), raw(wh), raw(a.CostPerHour), raw(a.CostPerMonth), raw(a.CostPerAgentHour), a.Limit})
	}
	if err := c.WriteAll(rows); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return nil
}
