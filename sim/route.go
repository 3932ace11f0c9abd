package sim

import "time"

// route picks the Serve engine of a request.
func (d *Deployment) route(r Request) *Engine {
	switch {
	case len(d.serve) == 1:
		return d.serve[0]
	case d.cfg.Router == RouteAffinity && r.Session != 0:
		i, known := d.sessions[r.Session]
		if !known {
			for j := range d.count {
				if d.count[j] < d.count[i] {
					i = j
				}
			}
			d.sessions[r.Session] = i
			d.count[i]++
		}
		return d.serve[i]
	case d.cfg.Router == RoutePrefix:
		best, bestHits := d.serve[0], -1
		for _, e := range d.serve {
			_, hits, _ := e.pool.hits(nil, r.Prefix, blocksOf(r.Prefix))
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
	d.route(Request{Session: session, Prefix: prefix}).Warm(prefix)
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

// letter is a request on its way to an engine.
type letter struct {
	at    time.Duration
	order uint64
	f     *flight
}

// before orders letters by instant, then by posting.
func (l *letter) before(other *letter) bool {
	return l.at < other.at || l.at == other.at && l.order < other.order
}

func (l *letter) place(int) {}

func (d *Deployment) post(at time.Duration, f *flight) {
	d.sent++
	d.mail.push(&letter{at, d.sent, f})
}

// posted returns when the next letter arrives.
func (d *Deployment) posted() (time.Duration, bool) {
	if len(d.mail) == 0 {
		return 0, false
	}
	return d.mail[0].at, true
}
