package result

import (
	"fmt"
	"slices"
	"strings"
)

// ComparisonSchema names the form of a comparison.
const ComparisonSchema = "plimsoll-comparison/1"

// Comparison sets entries side by side; the first is the one that the others are
// divided by.
type Comparison struct {
	Schema  string  `json:"schema"`
	Entries []Entry `json:"entries"`
	// Differences say what makes the entries not comparable, most telling first;
	// empty: nothing that is known.
	Differences []string    `json:"differences"`
	Tiers       []TierRatio `json:"tiers"`
	// Varied are the settings in which the runs differ: what a sweep swept.
	Varied []Variation `json:"varied,omitempty"`
}

// TierRatio compares one tier.
type TierRatio struct {
	SpeedTPS float64 `json:"speed_tps"`
	TTFTs    float64 `json:"ttft_s"`
	Sides    []Side  `json:"sides"` // one an entry, in order
}

// Side is one entry's part in a tier.
type Side struct {
	Has        bool      `json:"has"` // the entry says something of this tier
	Tier       EntryTier `json:"tier"`
	Agents     Ratio     `json:"agents"`
	PerAcc     Ratio     `json:"per_accelerator"`
	PerMW      Ratio     `json:"per_megawatt"`
	PerMWIndex int       `json:"per_megawatt_index"` // of Tier.PerMW, -1 none
}

// Ratio is a figure over the first entry's: of the estimates where both results have
// one, else of the tested capacities. Low and High bound it, where both figures have
// bounds.
type Ratio struct {
	Value Number `json:"value"`
	Low   Number `json:"low"`
	High  Number `json:"high"`
	// Differs says that the bounds exclude 1; Intervals that they are a 95 %
	// interval, else they are the worst and best case of a search's brackets.
	Differs   bool   `json:"differs"`
	Intervals bool   `json:"intervals"`
	Reason    string `json:"reason,omitempty"` // why there is no value
}

// Compare sets two or more entries side by side.
func Compare(entries []Entry) (Comparison, error) {
	if len(entries) < 2 {
		return Comparison{}, fmt.Errorf("compare: want at least two results, got %d", len(entries))
	}
	c := Comparison{Schema: ComparisonSchema, Entries: entries, Differences: differences(entries), Varied: vary(entries)}
	for _, e := range entries {
		for _, t := range e.Tiers {
			known := slices.ContainsFunc(c.Tiers, func(r TierRatio) bool { return r.SpeedTPS == t.SpeedTPS && r.TTFTs == t.TTFTs })
			if !known {
				c.Tiers = append(c.Tiers, compareTier(entries, t.SpeedTPS, t.TTFTs))
			}
		}
	}
	return c, nil
}

func compareTier(entries []Entry, speed, ttft float64) TierRatio {
	r := TierRatio{SpeedTPS: speed, TTFTs: ttft}
	for _, e := range entries {
		s := Side{PerMWIndex: -1}
		for _, t := range e.Tiers {
			if t.SpeedTPS == speed && t.TTFTs == ttft {
				s.Has, s.Tier = true, t
			}
		}
		r.Sides = append(r.Sides, s)
	}
	base := r.Sides[0]
	for i := range r.Sides {
		s := &r.Sides[i]
		s.Agents, s.PerAcc, s.PerMW = none("no figure"), none("no figure"), none("no figure")
		switch {
		case !base.Has:
			s.Agents = none("the first result has no tier of these limits")
		case !s.Has:
			s.Agents = none("no tier of these limits")
		default:
			s.ratios(base)
		}
		if !base.Has || !s.Has {
			s.PerAcc, s.PerMW = s.Agents, s.Agents
		}
	}
	return r
}

// ratios divides a side's figures by the base's.
func (s *Side) ratios(base Side) {
	a, b := s.Tier, base.Tier
	if a.Open || b.Open {
		s.Agents = none("only a least number of agents is known: allow more, --max-agents or --levels")
		s.PerAcc, s.PerMW = s.Agents, s.Agents
		return
	}
	if a.Capacity != nil && b.Capacity != nil {
		s.Agents = divide(bounded(float64(*a.Capacity), a), bounded(float64(*b.Capacity), b))
	}
	if a.PerAcc != nil && b.PerAcc != nil {
		s.PerAcc = divide(bounded(*a.PerAcc, a), bounded(*b.PerAcc, b))
	}
	s.perMegawatt(a, b)
}

// perMegawatt divides figures of one boundary and basis; others are never mixed.
func (s *Side) perMegawatt(a, b EntryTier) {
	if len(a.PerMW) == 0 || len(b.PerMW) == 0 {
		return
	}
	for i, x := range a.PerMW {
		for _, y := range b.PerMW {
			if x.Boundary == y.Boundary && x.Basis == y.Basis {
				s.PerMW, s.PerMWIndex = divide(boundedMW(x, a), boundedMW(y, b)), i
				return
			}
		}
	}
	s.PerMWIndex = 0
	s.PerMW = none(fmt.Sprintf("not divided by %s %s: another boundary or basis, convert one first", b.PerMW[0].Basis, b.PerMW[0].Boundary))
}

// differences lists what entries must agree in and do not.
func differences(entries []Entry) []string {
	out := []string{}
	for _, d := range []struct {
		what string
		of   func(Entry) string
	}{
		{"metric sets", func(e Entry) string { return e.MetricSet }},
		{"models", func(e Entry) string { return e.Model }},
		{"trajectories", func(e Entry) string { return e.Trajectories }},
		{"methods", func(e Entry) string { return e.Method }},
		{"presets", func(e Entry) string { return e.Preset }},
		{"output policies", func(e Entry) string { return e.OutputPolicy }},
		{"tool delays", func(e Entry) string { return e.ToolDelay }},
		{"salts", func(e Entry) string { return e.Salts }},
		{"tier sets", func(e Entry) string { return e.TierSet }},
		{"tiers", tierNames},
		{"power figures", powerNames},
	} {
		var values []string
		for _, e := range entries {
			v := d.of(e)
			if v == "" {
				v = "unknown"
			}
			if !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		if len(values) > 1 {
			out = append(out, fmt.Sprintf("%s differ: %s", d.what, strings.Join(values, " | ")))
		}
	}
	return append(append(out, unlike(entries)...), simulations(entries)...)
}

// unlike says which entries carry their agents under another load than their set's, once
// where tiers say the same.
func unlike(entries []Entry) (out []string) {
	for _, e := range entries {
		for _, t := range e.Tiers {
			for _, why := range t.NotRepresentative {
				if line := e.Name + " is not representative: " + why; !slices.Contains(out, line) {
					out = append(out, line)
				}
			}
		}
	}
	return out
}

// simulations says which entries were never measured, and which runs say of
// themselves that they must not stand beside published results.
func simulations(entries []Entry) []string {
	var simulated, out []string
	for _, e := range entries {
		if e.Simulated {
			simulated = append(simulated, e.Name)
		}
	}
	switch {
	case len(simulated) > 0 && len(simulated) == len(entries):
		out = append(out, "all of them are simulated: nothing here was measured")
	case len(simulated) > 0:
		out = append(out, "simulated, not measured: "+strings.Join(simulated, ", "))
	}
	for _, e := range entries {
		if len(e.NotComparable) > 0 && !e.Simulated {
			out = append(out, e.Name+" is not comparable by its own word: "+strings.Join(e.NotComparable, "; "))
		}
	}
	return out
}

// powerNames says at which boundaries and on which basis an entry's power is known.
func powerNames(e Entry) string {
	var names []string
	for _, t := range e.Tiers {
		for _, p := range t.PerMW {
			if name := fmt.Sprintf("%s, %s, %s", p.Boundary, p.Basis, p.Grade); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return "none"
	}
	slices.Sort(names)
	return strings.Join(names, "; ")
}

func tierNames(e Entry) string {
	var names []string
	for _, t := range e.Tiers {
		names = append(names, t.label())
	}
	slices.Sort(names)
	return strings.Join(names, "; ")
}

// Slower lists the tiers in which the last entry carries fewer agents than the
// first by more than the share that is allowed, or has no answer where it had one.
func (c Comparison) Slower(allowed float64) []string {
	var out []string
	for _, t := range c.Tiers {
		first, last := t.Sides[0].Tier, t.Sides[len(t.Sides)-1].Tier
		name := limitsName(t.SpeedTPS, t.TTFTs)
		switch {
		case first.Capacity == nil:
		case last.Capacity == nil:
			out = append(out, fmt.Sprintf("%s: %d agents before, no answer now", name, *first.Capacity))
		case last.Open && *last.Capacity < *first.Capacity:
			out = append(out, fmt.Sprintf("%s: %d agents before, at least %d now: no more were tested", name, *first.Capacity, *last.Capacity))
		case float64(*last.Capacity) < (1-allowed)*float64(*first.Capacity):
			out = append(out, fmt.Sprintf("%s: %d agents before, %d now%s", name, *first.Capacity, *last.Capacity, weight(t.Sides[len(t.Sides)-1].Agents)))
		}
	}
	return out
}

// weight says whether a ratio's bounds exclude 1.
func weight(r Ratio) string {
	switch {
	case !r.Low.Known():
		return ""
	case r.Differs:
		return fmt.Sprintf(" (%.2fx, bounds %.2f to %.2f exclude 1)", r.Value, r.Low, r.High)
	}
	return fmt.Sprintf(" (%.2fx, bounds %.2f to %.2f do not exclude 1)", r.Value, r.Low, r.High)
}
