package simfleet

import (
	"time"

	"plimsoll/sim"
)

// Pressure is what requests waited for since the engines began, as sim.Stats counts it.
type Pressure struct {
	Reading [][]time.Duration             // that the links of the offload tiers were asked for, by attention rank and tier
	Sending time.Duration                 // that the network between two stages was asked for
	Blocked map[sim.Blocked]time.Duration // that the heads of queues were kept out, of two stages where it decodes
}

// Pressure returns that of all engines.
func (f *Fleet) Pressure() Pressure {
	out := Pressure{Blocked: make(map[sim.Blocked]time.Duration)}
	for _, r := range f.racks {
		s := r.engine.Stats()
		out.Sending += s.Sending
		out.Reading = append(out.Reading, s.Reading...)
		for why, d := range s.Blocked {
			out.Blocked[why] += d
		}
	}
	return out
}
