package study

import (
	"fmt"
	"math"
	"slices"

	"plimsoll/sim"
)

// most is the share of a decode step that one thing takes from which on it is called
// the limit.
const most = 0.4

// decoding compares the step that the tier allows with that of one sequence and with
// the level's, and says what the level's is made of.
func (s strain) decoding() Limit {
	tokens := math.Max(1, s.last()[0].Accepted)
	alone, level := s.step(1), s.step(s.running())
	allowed, took := tokens/s.tier.SpeedTPS, tokens/math.Max(float64(s.level.SpeedTPS), 1e-9)
	out := Limit{By: "decode rate", Lift: "fewer sequences a rank, or more tokens a step"}
	switch {
	case level.exchange > most*level.seconds:
		out = Limit{By: "exchange bandwidth", Lift: "a wider link domain, faster links, or narrower parallelism"}
	case level.memory > most*level.seconds:
		out = Limit{By: "memory bandwidth", Lift: "more bandwidth, fewer bytes of weights or KV cache, weights over more accelerators, or more tokens a step"}
	case alone.seconds > 0.5*allowed:
		out = Limit{By: "decode floor", Lift: "a lower floor (graphs, fusion, newer software) or more tokens a step by speculation"}
	}
	out.Why = fmt.Sprintf("at %g tokens/s a step of %s may take %.1f ms; with one sequence it takes %.1f ms, with %s at work %.1f ms, %.0f %% of it reading memory, %.0f %% exchange between accelerators",
		s.tier.SpeedTPS, many(tokens, "token"), allowed*1e3, alone.seconds*1e3, many(float64(s.level.Agents), "agent"), took*1e3, 100*level.memory/level.seconds, 100*level.exchange/level.seconds)
	out.Lift = fmt.Sprintf("steps %.2f times as fast: %s", took/allowed, out.Lift)
	return out
}

// step is what a decode step takes: all of it, what memory is busy for at its peak, and
// what would go with links and network without end, s.
type step struct{ seconds, memory, exchange float64 }

// step prices a decode step of the first engine with so many sequences on each rank.
func (s strain) step(seqs int) step {
	e := s.last()[0]
	work := slices.Repeat([]sim.Work{{Seqs: seqs, Context: int64(seqs) * int64(s.level.MeanInput)}}, max(1, e.Ranks))
	price := e.Cost.Price(work)
	out := step{seconds: price.Seconds / e.Speed, memory: price.Memory / e.Speed}
	free := s.shape.Clone()
	for _, rate := range []*float64{&free.Accelerator.LinkBandwidth.Value, &free.Accelerator.NICBandwidth.Value} {
		*rate *= 1e6
	}
	if d, err := free.Deployment(); err == nil {
		e := strain{deployment: d}.last()[0]
		out.exchange = out.seconds - e.Cost.Price(work).Seconds/e.Speed
	}
	return out
}

// running is how many sequences a rank of the level decodes in the mean, by Little's law.
func (s strain) running() int {
	ranks := 0
	for _, e := range s.last() {
		ranks += max(1, e.Ranks)
	}
	n := s.turns() * float64(s.level.MeanOutput) / math.Max(float64(s.level.SpeedTPS), 1)
	return max(1, int(n/float64(ranks)+0.5))
}
