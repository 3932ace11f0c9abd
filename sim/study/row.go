package study

import (
	"math"

	"plimsoll"
	"plimsoll/result"
	"plimsoll/sim/profile"
)

// Row is what a simulated system carries in one tier, beside what was published.
// A figure that does not exist is null.
type Row struct {
	Simulated  bool   `json:"simulated"` // always true
	System     string `json:"system"`
	Model      string `json:"model"`
	Layout     string `json:"layout"`
	Provenance string `json:"provenance"`
	Tier       string `json:"tier"`

	Verdict              plimsoll.Outcome  `json:"verdict"`
	Agents               *int              `json:"agents"`
	AtLeast              int               `json:"at_least"` // best lower statement whatever the verdict
	Open                 bool              `json:"open"`     // no higher level was allowed: agents are a least number
	Reason               string            `json:"reason"`   // how the search ended, one sentence
	Accelerators         int               `json:"accelerators"`
	AgentsPerAccelerator *float64          `json:"agents_per_accelerator"`
	AgentsPerMW          *float64          `json:"agents_per_mw"` // at Boundary
	Boundary             plimsoll.Boundary `json:"boundary"`
	Denominators         []Denominator     `json:"denominators"` // each megawatt that a figure stands on
	Published            *result.EntryTier `json:"published,omitempty"`
	PublishedPerAcc      *float64          `json:"published_agents_per_accelerator"`
	PublishedPerMW       *float64          `json:"published_agents_per_mw"`
	Ratio                *float64          `json:"ratio"` // ours over published, per MW where both exist
	Low                  *float64          `json:"low"`   // P10 of the ensemble, agents
	High                 *float64          `json:"high"`  // P90
	Members              int               `json:"ensemble"`
	Unfit                int               `json:"ensemble_without_room"` // members whose weights do not fit: 0 agents
	UncachedTokens       *float64          `json:"uncached_tokens_per_turn"`
	NotRepresentative    []string          `json:"not_representative,omitempty"` // of the load behind agents, sentences
	Limit                string            `json:"limit"`
	LimitWhy             string            `json:"limit_why"`
	Lift                 string            `json:"lift"`
}

// Denominator is agents per megawatt at one boundary.
type Denominator struct {
	AgentsPerMW float64           `json:"agents_per_mw"`
	Boundary    plimsoll.Boundary `json:"boundary"`
	MeanW       float64           `json:"mean_w"`
	Source      string            `json:"source"`
}

// Rows reads the rows of a search, one a tier.
func Rows(p *profile.Profile, r result.Result, uses Uses) ([]Row, error) {
	var rows []Row
	for _, t := range r.Tiers {
		limit, err := LimitOf(p, r, t, uses)
		if err != nil {
			return nil, err
		}
		row := Row{
			Simulated: true, System: p.Name, Model: p.ModelName, Layout: p.Words(), Provenance: p.Provenance(), Tier: t.Name,
			Verdict: t.Verdict, Agents: t.Capacity, AtLeast: t.AtLeast, Open: t.Open, Reason: t.Reason, Accelerators: r.Accelerators, AgentsPerAccelerator: t.PerAcc,
			Limit: limit.By, LimitWhy: limit.Why, Lift: limit.Lift, UncachedTokens: uncached(r, t), NotRepresentative: t.NotRepresentative,
		}
		for i, m := range t.PerMWs {
			if i == 0 {
				row.AgentsPerMW, row.Boundary = &t.PerMWs[0].Value, m.Boundary
			}
			row.Denominators = append(row.Denominators, Denominator{m.Value, m.Boundary, m.MeanW, m.Source})
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// uncached is the prompt tokens computed a turn at the highest level that passed.
func uncached(r result.Result, t result.Tier) *float64 {
	var found *float64
	best := -1
	for _, v := range t.Verdicts {
		for _, l := range r.Levels {
			if l.ID == v.Level && v.Verdict == plimsoll.Pass && v.Agents > best && l.MeanUncached.Known() {
				best, found = v.Agents, new(float64)
				*found = float64(l.MeanUncached)
			}
		}
	}
	return found
}

// Beside sets a published tier beside the row.
func (r *Row) Beside(published result.EntryTier) {
	r.Published, r.PublishedPerAcc = &published, published.PerAcc
	for _, m := range published.PerMW {
		if m.Boundary == r.Boundary || r.AgentsPerMW == nil {
			r.PublishedPerMW = &m.Value
			break
		}
	}
	switch {
	case r.AgentsPerMW != nil && r.PublishedPerMW != nil:
		r.Ratio = ratio(*r.AgentsPerMW, *r.PublishedPerMW)
	case r.AgentsPerAccelerator != nil && r.PublishedPerAcc != nil:
		r.Ratio = ratio(*r.AgentsPerAccelerator, *r.PublishedPerAcc)
	}
}

func ratio(a, b float64) *float64 {
	q := a / b
	if b == 0 || math.IsNaN(q) {
		return nil
	}
	return &q
}

// Spread notes the range of the ensemble's capacities.
func (r *Row) Spread(within Range, unfit int) {
	r.Low, r.High, r.Members, r.Unfit = &within.Low, &within.High, within.Members, unfit
}
