package result

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"plimsoll"
)

// Entry is one side of a comparison: a run of ours, or a result that somebody
// published.
type Entry struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`             // run, published, typed
	Source string `json:"source,omitempty"` // folder, or where it was published
	Date   string `json:"date"`             // 2006-01-02
	Note   string `json:"note,omitempty"`   // stack and topology, as published
	// What must agree for figures to be set side by side; "" unknown.
	Model        string `json:"model"`
	Method       string `json:"method"`
	Preset       string `json:"preset"`
	MetricSet    string `json:"metric_set"`
	TierSet      string `json:"tier_set,omitempty"`
	Trajectories string `json:"trajectories"` // name, or start of the SHA-256
	OutputPolicy string `json:"output_policy"`
	ToolDelay    string `json:"tool_delay"`
	Salts        string `json:"salts"` // walk, level
	Simulated    bool   `json:"simulated"`
	Accelerators int    `json:"accelerators"` // 0 unknown

	Tiers []EntryTier `json:"tiers"`
	// Settings are what a run was told, of its run and its system, by name.
	Settings map[string]string `json:"settings,omitempty"`
	// NotComparable are a run's own reasons why it must not stand beside published results.
	NotComparable []string `json:"not_comparable,omitempty"`
	// Lacks lists what the entry does not say, in words.
	Lacks []string `json:"lacks,omitempty"`
}

// EntryTier is what an entry says of one tier. Tiers are matched by their limits.
type EntryTier struct {
	SpeedTPS float64 `json:"speed_tps"`
	TTFTs    float64 `json:"ttft_s"`
	Capacity *int    `json:"capacity"` // null not published, or no answer
	// Open says that no more agents were tested, so that this is a least number: it has
	// no ratio to another.
	Open bool `json:"open,omitempty"`
	// Low and High bound the capacity: a 95 % interval, or only the bracket of the
	// search between the last pass and the first fail. Span says which; "" none.
	Low  float64 `json:"low,omitempty"`
	High float64 `json:"high,omitempty"`
	Span string  `json:"span,omitempty"` // interval, bracket
	// Estimate is where the limit is crossed, agents, of which an interval is; 0 none.
	Estimate float64                `json:"estimate,omitempty"`
	PerAcc   *float64               `json:"per_accelerator"`
	PerMW    []plimsoll.PerMegawatt `json:"per_megawatt"` // one a boundary and basis
	Reason   string                 `json:"reason,omitempty"`
	// NotRepresentative are a run's own sentences on the load behind the capacity.
	NotRepresentative []string `json:"not_representative,omitempty"`
}

// What bounds a capacity.
const (
	spanInterval = "interval"
	spanBracket  = "bracket"
)

// label names a tier by its limits.
func (t EntryTier) label() string { return limitsName(t.SpeedTPS, t.TTFTs) }

func limitsName(speed, ttft float64) string {
	return fmt.Sprintf("%g tok/s, %g s", speed, ttft)
}

// EntryOf makes a side of a comparison from a result.
func EntryOf(name, source string, r Result) Entry {
	e := Entry{
		Name: name, Kind: "run", Source: source, Date: r.Started.UTC().Format("2006-01-02"), Model: r.Engine.Model,
		Method: r.Method, Preset: r.Preset, MetricSet: r.MetricSet, OutputPolicy: r.Settings.OutputPolicy, ToolDelay: r.Settings.ToolDelay, Salts: salts(r),
		Trajectories: fmt.Sprintf("%s %.12s", r.Trajectories.Name, r.Trajectories.SHA256), Simulated: r.Engine.Simulated, Accelerators: r.Accelerators,
		TierSet: r.TierSet, NotComparable: r.Comparable.Why,
	}
	for _, t := range r.Tiers {
		side := EntryTier{SpeedTPS: t.SpeedTPS, TTFTs: t.TTFTs, Capacity: t.Capacity, Open: t.Open, PerAcc: t.PerAcc, PerMW: t.PerMWs, Reason: t.Reason, NotRepresentative: t.NotRepresentative}
		switch {
		case t.Capacity == nil:
		case t.Estimate != nil:
			side.Low, side.High, side.Span, side.Estimate = t.Estimate.Low, t.Estimate.High, spanInterval, t.Estimate.Value
		case t.LowestFail > *t.Capacity:
			side.Low, side.High, side.Span = float64(*t.Capacity), float64(t.LowestFail), spanBracket
		}
		e.Tiers = append(e.Tiers, side)
	}
	return e
}

// salts are those of a run, of an older version's too.
func salts(r Result) string {
	if (plimsoll.Facts{Preset: r.Preset, Salts: r.Settings.Salts}).LevelSaltOnly() {
		return plimsoll.SaltsLevel
	}
	return plimsoll.SaltsWalk
}

//go:embed published.json
var publishedJSON []byte

// Published returns the results that ship as data, each with source and date.
func Published() ([]Entry, error) { return ReadEntries(publishedJSON) }

// ReadEntries reads a list of entries, such as results typed by hand.
func ReadEntries(data []byte) ([]Entry, error) {
	var entries []Entry
	if err := json.Unmarshal(data, &entries); err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	for _, e := range entries {
		if err := e.validate(); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// validate names the first thing that a figure cannot be read without.
func (e Entry) validate() error {
	if e.Name == "" || e.Source == "" || e.Date == "" {
		return fmt.Errorf("result %q: name, source and date must be given", e.Name)
	}
	for _, t := range e.Tiers {
		if !(t.SpeedTPS > 0) || !(t.TTFTs > 0) {
			return fmt.Errorf("result %q: a tier needs speed_tps and ttft_s above 0", e.Name)
		}
		if t.Capacity != nil && *t.Capacity < 0 {
			return fmt.Errorf("result %q: capacity %d is negative", e.Name, *t.Capacity)
		}
		for _, p := range t.PerMW {
			if !p.Boundary.Known() || p.Basis == "" || p.Source == "" || p.Grade == "" {
				return fmt.Errorf("result %q: a figure per megawatt needs boundary, basis, source and grade", e.Name)
			}
		}
	}
	return nil
}
