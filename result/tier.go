package result

import (
	"fmt"
	"slices"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/measure"
)

// tierOf writes a tier's answer and its normalised figures.
func tierOf(a plimsoll.TierAnswer, past []plimsoll.Past, levels []Level, f plimsoll.Facts) Tier {
	t := Tier{
		Name: a.Tier.Name, SpeedTPS: a.Tier.SpeedTPS, TTFTs: a.Tier.TTFT.Seconds(), Verdict: a.Outcome,
		AtLeast: a.AtLeast, Open: a.Open, LowestFail: a.LowestFail, BoundBy: a.BoundBy, Reason: a.Reason,
		PerMWs: []plimsoll.PerMegawatt{}, Verdicts: verdictsOf(a.Tier.Name, past), NotRepresentative: loadOf(a, past),
	}
	if low, high := Number(a.Low), Number(a.High); Number(a.Estimate).Known() && low.Known() && high.Known() && a.Estimate > 0 {
		t.Estimate = &Estimate{Value: a.Estimate, Low: a.Low, High: a.High}
	}
	if a.Certified >= 0 {
		t.Certified = &a.Certified
	}
	if a.Outcome != plimsoll.Pass || a.Capacity < 0 {
		t.NoPerMW = "there is no capacity to divide"
		return t
	}
	t.Capacity = &a.Capacity
	if f.Accelerators > 0 {
		per := float64(a.Capacity) / float64(f.Accelerators)
		t.PerAcc = &per
	}
	t.perMegawatt(levels, f)
	return t
}

// loadOf says how the load of the level that the answer rests on differs from the set's:
// of the first that passed with so many agents.
func loadOf(a plimsoll.TierAnswer, past []plimsoll.Past) []string {
	for _, p := range past {
		for _, v := range p.Verdicts {
			if v.Tier == a.Tier.Name && v.Outcome == plimsoll.Pass && p.Stage.Agents == max(a.Capacity, a.AtLeast) {
				load, _ := measure.Representative(p.Evidence)
				return load
			}
		}
	}
	return nil
}

func verdictsOf(tier string, past []plimsoll.Past) []Verdict {
	out := []Verdict{}
	for _, p := range past {
		for _, v := range p.Verdicts {
			if v.Tier != tier {
				continue
			}
			out = append(out, Verdict{
				Level: bundle.ID(p.Stage.Level, p.Stage.Attempt), Agents: p.Stage.Agents, Verdict: v.Outcome,
				BoundBy: v.BoundBy, OnTurns: v.OnTurns, Reasons: append([]string{}, v.Reasons...), SpeedTPS: Number(v.SpeedTPS),
			})
		}
	}
	return out
}

// perMegawatt divides the capacity by the power of the level that stands for it,
// once for each boundary and source that was metered there.
func (t *Tier) perMegawatt(levels []Level, f plimsoll.Facts) {
	if len(f.Power) == 0 {
		t.NoPerMW = "no power was given: add --power, for example --power static:700W@accelerator"
		return
	}
	pool := t.powerLevels(levels)
	if len(pool) == 0 {
		t.NoPerMW = "no valid level stands for this capacity"
		return
	}
	var ids []string
	for _, l := range pool {
		ids = append(ids, l.ID)
	}
	for _, e := range pooled(pool) {
		per, err := plimsoll.NewPerMegawatt(*t.Capacity, e, ids)
		if err != nil {
			t.NoPerMW = err.Error()
			continue
		}
		t.PerMWs = append(t.PerMWs, per)
	}
	switch {
	case len(t.PerMWs) > 0:
		t.PerMW, t.NoPerMW = &t.PerMWs[0], ""
	case t.NoPerMW == "":
		t.NoPerMW = fmt.Sprintf("the meter gave no reading in level %s", ids[0])
	}
}

// powerLevels returns the levels whose windows give the power: of those that are
// valid, fresh and judged for this tier, the ones with the lowest number of agents
// that is at least the capacity, else with the highest that passed.
func (t *Tier) powerLevels(levels []Level) []Level {
	judged := map[string]plimsoll.Outcome{}
	for _, v := range t.Verdicts {
		judged[v.Level] = v.Verdict
	}
	byAgents := map[int][]Level{}
	above, below := 0, 0
	for _, l := range levels {
		outcome, ok := judged[l.ID]
		if !ok || l.Validity != "valid" || !l.Fresh || l.Warmup {
			continue
		}
		byAgents[l.Agents] = append(byAgents[l.Agents], l)
		switch {
		case l.Agents >= *t.Capacity && (above == 0 || l.Agents < above):
			above = l.Agents
		case outcome == plimsoll.Pass:
			below = max(below, l.Agents)
		}
	}
	if above > 0 {
		return byAgents[above]
	}
	return byAgents[below]
}

// pooled joins the energy of several windows, one figure a boundary and source:
// joules and seconds add up; the uncertainty of the mean does not shrink, since a
// meter's error is the same in all of them.
func pooled(levels []Level) []plimsoll.Energy {
	var out []plimsoll.Energy
	counts := map[int]int{}
	for _, l := range levels {
		for _, e := range l.Energy {
			i := slices.IndexFunc(out, func(o plimsoll.Energy) bool {
				return o.Boundary == e.Boundary && o.Source == e.Source && o.Basis == e.Basis
			})
			if i < 0 {
				out, i = append(out, e), len(out)
				out[i].Reasons = slices.Clone(e.Reasons)
				counts[i] = 1
				continue
			}
			add(&out[i], e)
			counts[i]++
		}
	}
	for i := range out {
		if counts[i] < len(levels) && out[i].Valid {
			out[i].Valid, out[i].Reasons = false, append(out[i].Reasons, "missing in some of the pooled levels")
		}
	}
	return out
}

func add(sum *plimsoll.Energy, e plimsoll.Energy) {
	joules, window := sum.Joules+e.Joules, sum.WindowS+e.WindowS
	if window > 0 {
		sum.UncertaintyW = (sum.UncertaintyW*sum.WindowS + e.UncertaintyW*e.WindowS) / window
		sum.MeanWatts = joules / window
	}
	sum.Joules, sum.WindowS = joules, window
	sum.Valid = sum.Valid && e.Valid
	sum.Grade = min(sum.Grade, e.Grade)
	for _, reason := range e.Reasons {
		if !slices.Contains(sum.Reasons, reason) {
			sum.Reasons = append(sum.Reasons, reason)
		}
	}
}
