package plan

import (
	"fmt"
	"math"
)

// pool is the units that serve one tier.
type pool struct {
	capacity Capacity
	share    float64 // of the agents
	units    int     // of one block: the least that is bought together
	replicas int     // deployments in a block
	agents   int     // that a deployment carries in this plan
}

// newPool lays a deployment out on scale units: several in one unit, or one over
// several units, never a part of one.
func newPool(s System, c Capacity, share float64) (pool, error) {
	p := pool{capacity: c, share: share, units: 1, replicas: 1, agents: c.Agents}
	switch {
	case s.Unit.Accelerators < 1 || c.Accelerators < 1:
		return pool{}, fmt.Errorf("plan: %s at %s: accelerators of the unit (%d) and of the deployment (%d) must be known: give unit= and accelerators=", s.Name, c.Tier, s.Unit.Accelerators, c.Accelerators)
	case c.Accelerators <= s.Unit.Accelerators:
		p.replicas = s.Unit.Accelerators / c.Accelerators
	default:
		p.units = (c.Accelerators + s.Unit.Accelerators - 1) / s.Unit.Accelerators
	}
	return p, nil
}

// need is how many units the pool takes for its share of agents.
func (p pool) need(agents int) int {
	own := int(math.Ceil(float64(agents)*p.share - 1e-9))
	if own == 0 {
		return 0
	}
	block := p.replicas * p.agents
	if block == 0 {
		return math.MaxInt32
	}
	return (own + block - 1) / block * p.units
}

// unitsFor is how many units all pools take, spares included.
func unitsFor(pools []pool, agents int, r Redundancy) int {
	sum := 0
	for _, p := range pools {
		n := p.need(agents)
		switch {
		case n == 0:
		case r.Double:
			n *= 2
		default:
			n += r.Spare
		}
		sum += n
	}
	return sum
}

// most is the largest number of agents that units carry.
func most(pools []pool, units int, r Redundancy) int {
	high := 1
	for _, p := range pools {
		high += int(math.Ceil(float64(units/p.units*p.replicas*p.agents) / p.share))
	}
	low := 0
	for high-low > 1 {
		if mid := low + (high-low)/2; unitsFor(pools, mid, r) <= units {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// with returns the pools at another number of agents a deployment.
func with(pools []pool, agents func(pool) int) []pool {
	out := make([]pool, len(pools))
	for i, p := range pools {
		out[i] = p
		out[i].agents = agents(p)
	}
	return out
}

// toolTime returns how many agents a deployment carries when their mean tool time is
// another: at the same load X and the same time R on the engine, N = X (Z + R), so
// that N' = N (Z' + R) / (Z + R) (Little's law for a closed network). Where every
// waiting agent holds its context, longer waits make no room.
func (r Request) toolTime(s System, c Capacity, agents int) (int, error) {
	if r.ToolTime == 0 || agents == 0 {
		return agents, nil
	}
	if c.CycleS == 0 || c.ToolS == 0 {
		return 0, fmt.Errorf("plan: %s at %s: its time from turn to turn or its tool time is not known, so it cannot be rescaled: give turn=, the mean seconds of a turn on the engine, and tool=, the mean tool time of its workload", s.Name, c.Tier)
	}
	factor := (c.CycleS - c.ToolS + r.ToolTime.Seconds()) / c.CycleS
	if r.KV == KVMemory {
		factor = math.Min(1, factor)
	}
	return floor(float64(agents) * factor), nil
}
