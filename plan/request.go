package plan

import (
	"fmt"
	"slices"
	"time"

	"plimsoll"
)

// Level names where a budget is counted.
type Level string

// The levels of a budget.
const (
	LevelFacility    Level = "facility"    // at the utility's meter, cooling included
	LevelIT          Level = "it"          // critical IT power, all of it
	LevelRack        Level = "rack"        // what the scale units themselves may draw
	LevelAccelerator Level = "accelerator" // accelerators alone
)

// boundary is the boundary whose figures may be set against the level.
func (l Level) boundary() plimsoll.Boundary {
	return map[Level]plimsoll.Boundary{LevelFacility: plimsoll.BoundaryFacility, LevelIT: plimsoll.BoundaryRackNetwork,
		LevelRack: plimsoll.BoundaryRack, LevelAccelerator: plimsoll.BoundaryAccelerator}[l]
}

// How the context of an agent that waits for its tool is held.
const (
	// KVEngine: waiting costs the engine nothing, so longer tool time leaves room
	// for more agents at the same load (closed-network law).
	KVEngine = "engine"
	// KVMemory: every agent holds its context all the time, so the number of agents
	// is the limit whatever the tool time.
	KVMemory = "memory"
)

// Request is one question: what does a supply carry (Power, Units or Racks), or
// what does a demand need (Agents or Population alone).
type Request struct {
	Systems []System

	Power     plimsoll.Watts // 0 none
	At        Level
	Units     int // 0 no limit
	Racks     int // 0 no limit
	PUE       float64
	Reserve   Share   // of IT power, for network, storage and management
	Diversity float64 // provisioned power is divided by it; 1 none
	RackPower plimsoll.Watts

	Tier       string // "" the loosest that all systems have
	Mix        Mix    // instead of Tier; nil one tier
	Redundancy Redundancy
	Headroom   Share // of the agents after redundancy, kept free

	Agents int // demand; 0 none
	// Population is demand; without Users it asks for the largest team that a supply
	// carries. nil none.
	Population *Population

	ToolTime time.Duration // mean per turn; 0 as measured
	KV       string        // KVEngine or KVMemory

	Price Price
	Day   []float64 // share of the peak in each hour; nil full load all day
	Idle  Share     // power of an idle unit, of its loaded mean

	// WithSimulated allows simulated systems beside others.
	WithSimulated bool
}

// Validate names the first field that is out of bounds.
func (r Request) Validate() error {
	switch {
	case len(r.Systems) == 0:
		return fmt.Errorf("plan: no system to plan with")
	case r.Power < 0 || r.Power > 1e12:
		return fmt.Errorf("plan: power %g W: want 0 to 1 TW", float64(r.Power))
	case r.At.boundary() == "":
		return fmt.Errorf("plan: boundary %q: want facility, it, rack or accelerator", r.At)
	case r.Units < 0 || r.Racks < 0 || r.Units > 10_000_000 || r.Racks > 10_000_000:
		return fmt.Errorf("plan: units %d and racks %d: want 0 to 10,000,000", r.Units, r.Racks)
	case r.Agents < 0 || r.Agents > 1_000_000_000:
		return fmt.Errorf("plan: agents %d: want 0 to 1,000,000,000", r.Agents)
	case r.Agents > 0 && r.Population != nil:
		return fmt.Errorf("plan: give agents or users, not both")
	case !r.supplied() && r.Agents == 0 && (r.Population == nil || r.Population.Users == 0):
		return fmt.Errorf("plan: nothing to plan: give power, units or racks, or the agents or users to carry")
	case !(r.PUE >= 1 && r.PUE <= 5):
		return fmt.Errorf("plan: pue %g: want 1 to 5", r.PUE)
	case !(r.Reserve >= 0 && r.Reserve < 1):
		return fmt.Errorf("plan: reserve %s: want 0 to below 100%%", r.Reserve)
	case !(r.Diversity >= 1 && r.Diversity <= 5):
		return fmt.Errorf("plan: diversity %g: want 1 to 5", r.Diversity)
	case !(r.Headroom >= 0 && r.Headroom < 1):
		return fmt.Errorf("plan: headroom %s: want 0 to below 100%%", r.Headroom)
	case r.RackPower < 0 || r.ToolTime < 0 || r.ToolTime > 24*time.Hour:
		return fmt.Errorf("plan: rack power %g W and tool time %s must not be negative, nor tool time above a day", float64(r.RackPower), r.ToolTime)
	case r.KV != KVEngine && r.KV != KVMemory:
		return fmt.Errorf("plan: kv regime %q: want %s or %s", r.KV, KVEngine, KVMemory)
	case len(r.Mix) > 0 && r.Tier != "":
		return fmt.Errorf("plan: give a tier or a mix, not both")
	case !(r.Idle >= 0 && r.Idle <= 1):
		return fmt.Errorf("plan: idle power %s: want 0 to 100%%", r.Idle)
	case slices.ContainsFunc(r.Day, func(v float64) bool { return !(v >= 0 && v <= 1) }):
		return fmt.Errorf("plan: a day curve holds shares of the peak, 0 to 1")
	case len(r.Day) > 0 && !(slices.Max(r.Day) > 0):
		return fmt.Errorf("plan: the day curve is zero all day")
	}
	if r.Population != nil {
		if err := r.Population.Validate(); err != nil {
			return fmt.Errorf("plan: %w", err)
		}
	}
	for _, s := range r.Systems {
		if err := s.validate(); err != nil {
			return fmt.Errorf("plan: %w", err)
		}
	}
	return r.Price.validate()
}

func (r Request) supplied() bool { return r.Power > 0 || r.Units > 0 || r.Racks > 0 }

// demand is the agents that must be carried, and the mean that is active; 0 none.
func (r Request) demand() (slots int, active float64) {
	if r.Population != nil && r.Population.Users == 0 {
		return 0, 0
	}
	if r.Population != nil {
		return r.Population.Slots(), r.Population.offered()
	}
	return r.Agents, float64(r.Agents)
}

func (s System) validate() error {
	if s.Name == "" || s.Source == "" || len(s.Capacities) == 0 {
		return fmt.Errorf("system %q lacks a name, a source or a capacity", s.Name)
	}
	switch s.Evidence {
	case Measured, Published, Simulated:
	default:
		return fmt.Errorf("%s: evidence %q: want measured, published or simulated", s.Name, s.Evidence)
	}
	if s.Unit.Accelerators < 0 || s.Unit.Accelerators > 100_000 {
		return fmt.Errorf("%s: a unit of %d accelerators: want 0 to 100,000", s.Name, s.Unit.Accelerators)
	}
	for _, f := range s.Unit.Power {
		if !f.Boundary.Known() || !(f.Watts > 0 && f.Watts < 1e6) || f.Source == "" {
			return fmt.Errorf("%s: provisioned power %g W at %q lacks a boundary, a source or a sensible value", s.Name, f.Watts, f.Boundary)
		}
	}
	for _, c := range s.Capacities {
		if c.Agents < 0 || c.Low < 0 || c.High < 0 || c.High > 0 && (c.Low > c.Agents || c.High < c.Agents) {
			return fmt.Errorf("%s at %s: %d agents must lie inside %d to %d", s.Name, c.Tier, c.Agents, c.Low, c.High)
		}
		if c.CycleS < 0 || c.ToolS < 0 || c.CycleS > 0 && c.ToolS > c.CycleS {
			return fmt.Errorf("%s at %s: tool time %g s does not fit into a cycle of %g s", s.Name, c.Tier, c.ToolS, c.CycleS)
		}
		for _, d := range c.Densities {
			if !d.Boundary.Known() || d.Basis == "" || !(d.Value >= 0) {
				return fmt.Errorf("%s at %s: a figure per megawatt lacks boundary or basis", s.Name, c.Tier)
			}
			if s.Evidence != Simulated && d.Basis == plimsoll.Simulated {
				return fmt.Errorf("%s at %s: its power is simulated, so it cannot be planned with as %s", s.Name, c.Tier, s.Evidence)
			}
		}
	}
	return s.Price.validate()
}
