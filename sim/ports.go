package sim

import (
	"slices"
	"time"
)

// ports are the network links of two stages: when each is free. A KV cache takes one
// of its engine's and one of the next stage's, whichever are free first, for as long as
// its bytes take. Which engine of the next stage it goes to is settled on arrival, so
// that stage's ports stand together.
type ports struct {
	out map[*Engine][]time.Duration
	in  []time.Duration
}

func newPorts(serve, decode []*Engine) ports {
	p := ports{out: make(map[*Engine][]time.Duration)}
	if len(decode) == 0 {
		return p
	}
	for _, e := range serve {
		p.out[e] = make([]time.Duration, e.cfg.Ports)
	}
	for _, e := range decode {
		p.in = append(p.in, make([]time.Duration, e.cfg.Ports)...)
	}
	return p
}

// send returns when what an engine sends at an instant has gone, which takes so long
// once there is a port on both sides.
func (p ports) send(at time.Duration, from *Engine, long time.Duration) time.Duration {
	var sides []*time.Duration
	for _, side := range [][]time.Duration{p.out[from], p.in} {
		if len(side) > 0 {
			sides = append(sides, first(side))
		}
	}
	for _, free := range sides {
		at = max(at, *free)
	}
	for _, free := range sides {
		*free = at + long
	}
	return at + long
}

// first returns the port that is free first.
func first(side []time.Duration) *time.Duration {
	return &side[slices.Index(side, slices.Min(side))]
}
