package sim

import "time"

// route picks the Serve engine of a request.
func (d *Deployment) route(now time.Duration, f *flight) *Engine {
	switch {
	case len(d.serve) == 1:
		return d.serve[0]
	case d.cfg.Router == RouteAffinity && f.Session != 0:
		f.session = d.affinity.place(now, f.Session, func(i int) int { return d.serve[i].load() })
		return d.serve[f.session.engine]
	case d.cfg.Router == RoutePrefix:
		best, bestHits := d.serve[0], -1
		for _, e := range d.serve {
			hits := e.reach(f.Prefix)
			if hits > bestHits || hits == bestHits && e.load() < best.load() {
				best, bestHits = e, hits
			}
		}
		return best
	}
	return leastLoaded(d.serve)
}

// Warm puts prompt blocks into the cache of the engine that the session's requests
// will be routed to.
func (d *Deployment) Warm(session uint64, prefix []Run) {
	f := &flight{Request: Request{Session: session, Prefix: prefix}}
	d.route(d.last, f).Warm(prefix)
	d.left(d.last, f)
}

// left tells the router that a request is done.
func (d *Deployment) left(now time.Duration, f *flight) {
	if f.session != nil {
		d.affinity.ended(now, f.Session, f.session)
		f.session = nil
	}
}

// load is the number of requests under way.
func (e *Engine) load() int { return e.running() + e.waiting.len() }

func leastLoaded(engines []*Engine) *Engine {
	best := engines[0]
	for _, e := range engines[1:] {
		if e.load() < best.load() {
			best = e
		}
	}
	return best
}

// before orders what is in the mail by instant, then by posting.
func (f *flight) before(other *flight) bool {
	return f.at < other.at || f.at == other.at && f.order < other.order
}

func (f *flight) place(int) {}

// post sends a request on its way to an engine.
func (d *Deployment) post(at time.Duration, f *flight) {
	d.sent++
	f.at, f.order, f.on = at, d.sent, nil
	d.mail.push(f)
}

// posted returns when the next request arrives.
func (d *Deployment) posted() (time.Duration, bool) {
	if len(d.mail) == 0 {
		return 0, false
	}
	return d.mail[0].at, true
}
