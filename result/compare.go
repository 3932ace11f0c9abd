package result

import (
	"fmt"
	"slices"
	"strings"

	"plimsoll"
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

// Ratio is a figure over the first entry's. Low and High are its worst and best
// cases, where both figures have bounds.
type Ratio struct {
	Value Number `json:"value"`
	Low   Number `json:"low"`
	High  Number `json:"high"`
	// Differs says that the bounds exclude 1; Intervals that they are 95 %
	// intervals on both sides, not brackets of a search.
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

// span is a value with its bounds; low 0: none.
type span struct {
	value, low, high float64
	interval         bool
}

// bounded gives a figure the relative bounds of its tier's capacity.
func bounded(value float64, t EntryTier) span {
	s := span{value: value}
	if t.Span != "" && t.Capacity != nil && *t.Capacity > 0 && t.Low > 0 {
		s.low, s.high = value*t.Low/float64(*t.Capacity), value*t.High/float64(*t.Capacity)
		s.interval = t.Span == "interval"
	}
	return s
}

// boundedMW adds the power's own uncertainty to them.
func boundedMW(p plimsoll.PerMegawatt, t EntryTier) span {
	s := bounded(p.Value, t)
	if s.low > 0 && p.Value > p.Uncertainty {
		s.low *= 1 - p.Uncertainty/p.Value
		s.high *= 1 + p.Uncertainty/p.Value
	}
	return s
}

func divide(a, b span) Ratio {
	if b.value == 0 {
		return none("the first result is 0")
	}
	r := Ratio{Value: Number(a.value / b.value), Low: None(), High: None()}
	if a.low > 0 && b.low > 0 {
		r.Low, r.High = Number(a.low/b.high), Number(a.high/b.low)
		r.Differs, r.Intervals = r.Low > 1 || r.High < 1, a.interval && b.interval
	}
	return r
}

func none(reason string) Ratio {
	return Ratio{Value: None(), Low: None(), High: None(), Reason: reason}
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
		{"tiers", tierNames},
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
	return append(out, simulations(entries)...)
}

// simulations says which entries are simulated when not all are.
func simulations(entries []Entry) []string {
	var names []string
	for _, e := range entries {
		if e.Simulated {
			names = append(names, e.Name)
		}
	}
	if len(names) == 0 || len(names) == len(entries) {
		return nil
	}
	return []string{"simulated, not measured: " + strings.Join(names, ", ")}
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
		case float64(*last.Capacity) < (1-allowed)*float64(*first.Capacity):
			out = append(out, fmt.Sprintf("%s: %d agents before, %d now", name, *first.Capacity, *last.Capacity))
		}
	}
	return out
}
