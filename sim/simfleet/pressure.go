package simfleet

import (
	"time"

	"plimsoll/sim"
)

// Pressure is what requests waited for since the engines began, as sim.Stats counts it.
type Pressure struct {
	Reading []time.Duration               // that the links of each offload tier were asked for
	Sending time.Duration                 // that the network between two stages was asked for
	Blocked map[sim.Blocked]time.Duration // that the heads of queues were kept out
}

// Pressure returns the sums over all engines.
func (f *Fleet) Pressure() Pressure {
	out := Pressure{Blocked: make(map[sim.Blocked]time.Duration)}
	for _, r := range f.racks {
		s := r.engine.Stats()
		out.Sending += s.Sending
		for i, d := range s.Reading {
			if i == len(out.Reading) {
				out.Reading = append(out.Reading, 0)
			}
			out.Reading[i] += d
		}
		for why, d := range s.Blocked {
			out.Blocked[why] += d
		}
	}
	return out
}
