package sim

import "time"

// Stats returns the account of all engines together. Prompt figures are those of
// the Serve engines, output and what keeps a request from running those of the last stage.
func (d *Deployment) Stats() Stats {
	out := d.stats
	out.Blocked = make(map[Blocked]time.Duration)
	last := d.decode
	if len(last) == 0 {
		last = d.serve
	}
	for _, stage := range [][]*Engine{d.serve, d.decode} {
		for _, e := range stage {
			s := e.Stats()
			out.Running += s.Running
			out.Waiting += s.Waiting
			out.Blocks += s.Blocks
			out.UsedBlocks += s.UsedBlocks
			out.CachedBlocks += s.CachedBlocks
			out.Preempted += s.Preempted
			out.ComputedTokens += s.ComputedTokens
			out.Steps += s.Steps
			out.Busy += s.Busy
			out.EnergyJ += s.EnergyJ
			out.Reading = append(out.Reading, s.Reading...)
		}
	}
	out.Waiting += len(d.mail)
	for _, e := range d.serve {
		out.PromptTokens += e.stats.PromptTokens
		out.CachedTokens += e.stats.CachedTokens
		for i, n := range e.stats.ReadTokens {
			if i == len(out.ReadTokens) {
				out.ReadTokens = append(out.ReadTokens, 0)
			}
			out.ReadTokens[i] += n
		}
	}
	for _, e := range last {
		out.OutputTokens += e.stats.OutputTokens
		for why, t := range e.stats.Blocked {
			out.Blocked[why] += t
		}
	}
	return out
}

// Draw returns the modelled power of all engines at now, W, and the energy since
// the start, J.
func (d *Deployment) Draw(now time.Duration) (watts, joules float64) {
	for _, stage := range [][]*Engine{d.serve, d.decode} {
		for _, e := range stage {
			w, j := e.Draw(now)
			watts, joules = watts+w, joules+j
		}
	}
	return watts, joules
}

// ResetCache forgets every cached block that no request uses.
func (d *Deployment) ResetCache() {
	for _, e := range d.serve {
		e.ResetCache()
	}
}
