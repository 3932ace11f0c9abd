package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"plimsoll"
	"plimsoll/power"
	"plimsoll/result"
)

// Options are what a result does not say of a system, as its user states it. Zero
// fields are not stated.
type Options struct {
	Name         string
	Accelerator  string   // "H200": its scale unit and provisioned power follow
	Unit         int      // accelerators of a scale unit
	Accelerators int      // of the deployment
	Agents       int      // of the deployment
	UnitPower    []Figure // Watts of a whole unit, not of an accelerator; Source may be empty
	TurnS        float64  // mean time of a turn on the engine
	ToolS        float64  // mean tool time of the workload
	Price        Price
}

// FromEntries makes a system of entries that describe it at different tiers, such
// as published results. Provisioned power comes from the table.
func FromEntries(entries []result.Entry, table power.Table, o Options) (System, error) {
	if len(entries) == 0 {
		return System{}, fmt.Errorf("plan: no result to plan with")
	}
	first := entries[0]
	name, _, _ := strings.Cut(first.Name, ",")
	s := System{Name: name, Evidence: Published, Source: first.Source + ", " + first.Date, Accelerator: o.Accelerator,
		Model: first.Model, Workload: first.Trajectories, Method: first.Method, Preset: first.Preset, Price: o.Price}
	if first.Kind == "run" {
		s.Evidence = Measured
	}
	for _, e := range entries {
		if e.Simulated {
			s.Evidence = Simulated
		}
		if e.Preset != s.Preset || e.Method != s.Method {
			return System{}, fmt.Errorf("plan: presets must not be mixed in one system: %s is preset %s, %s is preset %s", first.Name, first.Preset, e.Name, e.Preset)
		}
		for _, t := range e.Tiers {
			if c, ok := capacityOf(e, t, o); ok {
				s.Capacities = append(s.Capacities, c)
				if t.Open && o.Agents == 0 {
					s.Source += fmt.Sprintf("; at %s no more agents were tested, it may carry more", c.Tier)
				}
			}
		}
	}
	if o.Name != "" {
		s.Name = o.Name
	}
	if len(s.Capacities) == 0 {
		return System{}, fmt.Errorf("plan: %s has no capacity at any tier, so there is nothing to plan with", s.Name)
	}
	if o.Agents > 0 || o.Accelerators > 0 {
		s.Source += "; agents or accelerators of the deployment as stated by the user"
	}
	if s.Accelerator == "" {
		s.Accelerator = guess(first.Name, table)
	}
	s.Unit = unitOf(s, table, o)
	return s, nil
}

// FromResult makes a system of a run. Where the run has a certified capacity, that
// is what is planned with.
func FromResult(name, source string, r result.Result, table power.Table, o Options) (System, error) {
	entry := result.EntryOf(name, source, r)
	for _, l := range r.Levels {
		entry.Simulated = entry.Simulated || l.SimulatedLoad
	}
	if o.ToolS == 0 && r.Settings.ToolDelay == "aa" {
		o.ToolS = aaMean()
	}
	if r.Partial {
		entry.Source += " (partial run)"
	}
	turn := o.TurnS
	s, err := FromEntries([]result.Entry{entry}, table, o)
	if err != nil {
		return System{}, err
	}
	for i := range s.Capacities {
		c := &s.Capacities[i]
		at := slices.IndexFunc(r.Tiers, func(t result.Tier) bool {
			return t.SpeedTPS == c.Tier.SpeedTPS && t.TTFTs == c.Tier.TTFT.Seconds()
		})
		tier := r.Tiers[at] // EntryOf made c from it
		c.Tier.Name = tier.Name
		if tier.Certified != nil && o.Agents == 0 {
			c.High = max(c.High, c.Agents)
			c.Agents = *tier.Certified
			c.Low = min(*tier.Certified, orIfZero(c.Low, *tier.Certified))
			c.Span = "95 % interval"
		}
		if cycle := cycleAt(r, tier); turn == 0 && cycle > o.ToolS {
			c.CycleS = cycle
			c.ToolS = o.ToolS
		}
	}
	return s, nil
}

func orIfZero(v, other int) int {
	if v == 0 {
		return other
	}
	return v
}

// cycleAt is the mean time from turn to turn of an agent in the level that stands
// for a tier's capacity: agents over turns per second (Little's law).
func cycleAt(r result.Result, t result.Tier) float64 {
	if t.Capacity == nil {
		return 0
	}
	for _, l := range r.Levels {
		if l.Agents == *t.Capacity && l.Validity == "valid" && !l.Warmup && l.TurnsPerMinute.Known() && l.TurnsPerMinute > 0 {
			return float64(l.Agents) * 60 / float64(l.TurnsPerMinute)
		}
	}
	return 0
}

// aaMean is the mean of the tool delay "aa": a lognormal of median 1 s and sigma 1,
// clipped to 0.1..5 s: a P(X<a) + E(X; a<X<b) + b P(X>b).
func aaMean() float64 {
	const a, b, sigma = 0.1, 5.0, 1.0
	phi := func(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }
	za, zb := math.Log(a)/sigma, math.Log(b)/sigma
	return a*phi(za) + math.Exp(sigma*sigma/2)*(phi(zb-sigma)-phi(za-sigma)) + b*(1-phi(zb))
}

func capacityOf(e result.Entry, t result.EntryTier, o Options) (Capacity, bool) {
	c := Capacity{Accelerators: e.Accelerators, Densities: t.PerMW}
	text := fmt.Sprintf("%gtps/%gs", t.SpeedTPS, t.TTFTs)
	if err := c.Tier.UnmarshalText([]byte(text)); err != nil {
		return Capacity{}, false
	}
	if t.Capacity != nil {
		c.Agents = *t.Capacity
		if t.Span != "" {
			c.Low, c.High, c.Span = int(math.Floor(t.Low)), int(math.Ceil(t.High)), "95 % interval"
			if t.Span == "bracket" { // the first fail is itself no capacity
				c.High, c.Span = c.High-1, "search bracket"
			}
			c.Low, c.High = min(c.Low, c.Agents), max(c.High, c.Agents)
		}
	}
	if o.Accelerators > 0 {
		c.Accelerators = o.Accelerators
	}
	if o.Agents > 0 {
		c.Agents, c.Low, c.High, c.Span = o.Agents, 0, 0, ""
	}
	if o.TurnS > 0 && o.ToolS > 0 {
		c.CycleS, c.ToolS = o.TurnS+o.ToolS, o.ToolS
	}
	return c, c.Agents > 0 || t.Capacity != nil || len(c.Densities) > 0
}

// guess finds the table's accelerator in a system's name: GB300 in "NVIDIA GB300
// NVL72".
func guess(name string, table power.Table) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == ',' || r == '-' })
	for _, p := range table.Entries {
		if slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, p.Accelerator) }) {
			return p.Accelerator
		}
	}
	return ""
}

// unitOf is the scale unit: what the user states, else what the accelerator comes
// in, else the deployment itself.
func unitOf(s System, table power.Table, o Options) Unit {
	u := Unit{Name: "deployment", Accelerators: s.Capacities[0].Accelerators}
	switch {
	case o.Unit > 0:
		u.Name, u.Accelerators = "node", o.Unit
	case strings.HasPrefix(s.Accelerator, "GB"): // Grace-Blackwell comes as NVL72, one rack, one NVLink domain
		u.Name, u.Accelerators = "rack", 72
	case s.Accelerator != "":
		u.Name, u.Accelerators = "node", 8
	}
	if u.Accelerators >= 32 && o.Unit > 0 {
		u.Name = "rack"
	}
	for _, p := range table.Entries {
		if p.Accelerator == s.Accelerator {
			u.Power = append(u.Power, Figure{p.Boundary, p.Watts, p.Source + ", " + p.Date})
		}
	}
	for _, f := range o.UnitPower {
		if u.Accelerators > 0 {
			u.Power = stated(u.Power, f, u.Accelerators)
		}
	}
	return u
}

// stated adds a unit's power as its user states it. It replaces the table's figure at
// its boundary, and one from the wall outwards replaces all of IT power there: a rack
// of the table must not be packed where the user says what a node takes.
func stated(all []Figure, f Figure, accelerators int) []Figure {
	f.Watts /= float64(accelerators)
	if f.Source == "" {
		f.Source = "stated by the user"
	}
	wall := plimsoll.BoundaryNodeAC.Within(f.Boundary)
	all = slices.DeleteFunc(all, func(other Figure) bool {
		fromTable := other.Source != f.Source && other.Boundary != plimsoll.BoundaryFacility
		return other.Boundary == f.Boundary || wall && fromTable && plimsoll.BoundaryNodeAC.Within(other.Boundary)
	})
	return append(all, f)
}
