package sim

import (
	"cmp"
	"slices"
	"time"
)

// route picks the Serve engine of a request, and its rank there.
func (d *Deployment) route(now time.Duration, f *flight) *rank {
	switch {
	case len(d.serve) == 1 && len(d.serve[0].ranks) == 1:
		return d.serve[0].ranks[0]
	case d.cfg.Router == RouteAffinity && f.Session != 0:
		f.session = d.affinity.place(now, f.Session, d.serve...)
		return f.session.on
	case d.cfg.Router == RoutePrefix:
		return longest(d.serve, f.Prefix)
	}
	return leastLoaded(d.serve)
}

// longest returns the rank that holds most of a prompt's leading blocks, of equal ones
// the one with the least load.
func longest(engines []*Engine, prefix []Run) (best *rank) {
	most := -1
	for _, e := range engines {
		for _, r := range e.ranks {
			n := r.reach(prefix)
			if n > most || n == most && cmp.Or(cmp.Compare(e.load(), best.engine.load()), cmp.Compare(r.load(), best.load())) < 0 {
				best, most = r, n
			}
		}
	}
	return best
}

// leastLoaded returns the least loaded rank of the engine with the fewest requests
// under way.
func leastLoaded(engines []*Engine) *rank {
	return slices.MinFunc(engines, func(a, b *Engine) int { return cmp.Compare(a.load(), b.load()) }).leastLoaded()
}

func (e *Engine) leastLoaded() *rank {
	if len(e.ranks) == 1 {
		return e.ranks[0]
	}
	return slices.MinFunc(e.ranks, func(a, b *rank) int { return cmp.Compare(a.load(), b.load()) })
}

// load is what vLLM deals requests to data-parallel ranks by (DPLBAsyncMPClient, v0.9
// and later): one that waits weighs four that run.
func (r *rank) load() int { return 4*r.waiting.len() + r.running() }

// Warm puts prompt blocks into the cache of the rank that the session's requests will
// be routed to.
func (d *Deployment) Warm(session uint64, prefix []Run) {
	f := &flight{Request: Request{Session: session, Prefix: prefix}}
	d.route(d.last, f).pool.warm(prefix)
	d.left(d.last, f)
}

// left tells the router that a request is done.
func (d *Deployment) left(now time.Duration, f *flight) {
	if f.session != nil {
		d.affinity.ended(now, f.Session, f.session)
		f.session = nil
	}
}

// post sends a request on its way to an engine.
func (d *Deployment) post(at time.Duration, f *flight) {
	d.sent++
	f.seq = nil
	d.mail.push(int64(at), d.sent, f)
}

// posted returns when the next request arrives.
func (d *Deployment) posted() (time.Duration, bool) {
	if len(d.mail) == 0 {
		return 0, false
	}
	return time.Duration(d.mail[0].at), true
}
