package sim

import (
	"slices"
	"time"
)

// Stats is the engine's account of itself since its start.
type Stats struct {
	Running, Waiting                         int
	Blocks, UsedBlocks, CachedBlocks         int     // pools of all ranks; in use by requests; evictable
	Submitted, Finished, Cancelled           int64   // requests
	Preempted                                int64   // times
	PromptTokens, CachedTokens, OutputTokens int64   // of requests admitted; found in the cache; generated
	ComputedTokens                           int64   // prompt tokens computed, recomputation included
	ReadTokens                               []int64 // prompt tokens read back from each offload tier, again after preemption included
	Steps                                    int64
	Busy                                     time.Duration // time in steps
	EnergyJ                                  float64       // up to the end of the last completed step
	// Reading is what reading back takes over the links of the tiers, by attention rank that has
	// some and tier; Sending what the KV caches that go to the next stage take over the ports, all
	// ports of a side together. Both count when it is asked for.
	Reading [][]time.Duration
	Sending time.Duration
	// Blocked tells for how long the head of a queue was kept out, by reason, summed over
	// the ranks, of two stages those that decode.
	Blocked map[Blocked]time.Duration
}

func (s *Stats) block(why Blocked, d time.Duration) {
	if why == "" || why == blockedByTime {
		return
	}
	if s.Blocked == nil {
		s.Blocked = make(map[Blocked]time.Duration)
	}
	s.Blocked[why] += d
}

// Stats returns the account as of the last completed step.
func (e *Engine) Stats() Stats {
	s := e.stats
	for _, r := range e.ranks {
		s.Running += r.running()
		s.Waiting += r.waiting.len()
		for _, k := range r.decoding.ends {
			d := k.of
			s.OutputTokens += int64(r.decoding.outputOf(d) - d.counted)
		}
		s.Blocks += r.pool.total
		s.UsedBlocks += r.pool.private + r.pool.pinned
		s.CachedBlocks += r.pool.evictable
		if len(r.reading) > 0 {
			s.Reading = append(s.Reading, slices.Clone(r.reading))
		}
	}
	s.ReadTokens = slices.Clone(e.stats.ReadTokens)
	s.Blocked = make(map[Blocked]time.Duration, len(e.stats.Blocked))
	for why, d := range e.stats.Blocked {
		s.Blocked[why] = d
	}
	return s
}

// Draw returns the modelled power at now, W, and the energy since the start, J.
func (e *Engine) Draw(now time.Duration) (watts, joules float64) {
	if e.step.active && now >= e.step.start {
		return e.step.watts, e.stats.EnergyJ + e.step.watts*(min(now, e.step.end)-e.step.start).Seconds()
	}
	return e.cfg.Power.IdleW, e.stats.EnergyJ + e.cfg.Power.IdleW*max(0, now-e.clock).Seconds()
}
