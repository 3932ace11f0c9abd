package agent

import (
	"errors"
	"fmt"
	"sort"
	"time"

	"plimsoll"
)

// The starts of a first walk.
const (
	StartSpread = "spread"
	StartOffset = "offset"
	StartBegin  = "begin"
)

// The sources of tool delays.
const (
	DelayRecorded = "recorded"
	DelayAA       = "aa"
)

// maxOffset is the largest number of turns that start "offset" leaves out.
const maxOffset = 10

// Config says how agents walk a set of trajectories.
type Config struct {
	Seed uint64 // of trajectories and starts
	// DelaySeed is the seed of drawn tool delays. It is kept the same for all
	// systems that are compared, whatever Seed is.
	DelaySeed uint64
	Start     string // StartSpread, StartOffset, StartBegin
	ToolDelay string // DelayRecorded, DelayAA
	// Assigned, where there is any, says what each slot walks and where it starts,
	// in place of the draws and of Start; slots beyond it begin it again.
	Assigned []plimsoll.Assigned
}

// Validate names the first field that is out of bounds.
func (c Config) Validate() error {
	switch c.Start {
	case StartSpread, StartOffset, StartBegin:
	default:
		return fmt.Errorf("start %q: want %s, %s or %s", c.Start, StartSpread, StartOffset, StartBegin)
	}
	switch c.ToolDelay {
	case DelayRecorded, DelayAA:
	default:
		return fmt.Errorf("tool delay %q: want %s or %s", c.ToolDelay, DelayRecorded, DelayAA)
	}
	return nil
}

// Roster decides who walks what. It is read-only once built and shared by all slots.
type Roster struct {
	config Config
	graphs []graph
	total  []time.Duration // running sum of durations, for the draw by duration
}

// NewRoster builds the turn graphs of a set.
func NewRoster(set []*plimsoll.Trajectory, c Config) (*Roster, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if len(set) == 0 {
		return nil, errors.New("no trajectories to walk: give a set that holds at least one")
	}
	for slot, a := range c.Assigned {
		for _, i := range a.Trajectories {
			if i < 0 || i >= len(set) {
				return nil, fmt.Errorf("assignment of agent %d: trajectory %d of a set of %d", slot, i, len(set))
			}
		}
		if len(a.Trajectories) == 0 || a.Offset < 0 {
			return nil, fmt.Errorf("assignment of agent %d: %d trajectories, offset %d", slot, len(a.Trajectories), a.Offset)
		}
	}
	r := &Roster{config: c}
	var sum time.Duration
	for _, t := range set {
		g, err := newGraph(t)
		if err != nil {
			return nil, err
		}
		sum += g.duration
		r.graphs = append(r.graphs, g)
		r.total = append(r.total, sum)
	}
	return r, nil
}

// draw returns which trajectory of the set a slot walks: its assigned one, else uniformly drawn, and
// for the first walk of start "spread" in proportion to its duration.
func (r *Roster) draw(replicate, slot, walk int) int {
	if a := r.config.Assigned; len(a) > 0 {
		own := a[slot%len(a)].Trajectories
		return own[walk%len(own)]
	}
	draw := Draw(r.config.Seed, "trajectory", uint64(replicate), uint64(slot), uint64(walk))
	if walk > 0 || r.config.Start != StartSpread {
		return below(draw, len(r.graphs))
	}
	at := time.Duration(uniform(draw) * float64(r.total[len(r.total)-1]))
	i := sort.Search(len(r.total), func(i int) bool { return r.total[i] > at })
	return min(i, len(r.total)-1)
}

// position returns where a first walk of start "spread" stands in its trajectory.
func (r *Roster) position(replicate, slot int, g *graph) time.Duration {
	draw := Draw(r.config.Seed, "position", uint64(replicate), uint64(slot))
	return time.Duration(uniform(draw) * float64(g.duration))
}

// offset returns how many turns a first walk of start "offset", or an assigned one,
// leaves out; at least one turn is left.
func (r *Roster) offset(replicate, slot int, g *graph) int {
	if a := r.config.Assigned; len(a) > 0 {
		return min(a[slot%len(a)].Offset, len(g.delays)-1)
	}
	draw := Draw(r.config.Seed, "offset", uint64(replicate), uint64(slot))
	return min(below(draw, maxOffset+1), len(g.delays)-1)
}
