package sim

import (
	"container/heap"
	"time"
)

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
			found, _ := e.pool.hits(nil, r.Blocks)
			hits := len(found)
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
func (d *Deployment) Warm(session uint64, blocks []uint64) {
	d.route(Request{Session: session, Blocks: blocks}).Warm(blocks)
}

// load is the number of requests under way.
func (e *Engine) load() int { return len(e.running) + len(e.waiting) }

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

// mail holds letters by instant, then by order of posting.
type mail []letter

func (d *Deployment) post(at time.Duration, f *flight) {
	d.sent++
	heap.Push(&d.mail, letter{at, d.sent, f})
}

func (m *mail) pop() *flight { return heap.Pop(m).(letter).f }

func (m mail) next() (time.Duration, bool) {
	if len(m) == 0 {
		return 0, false
	}
	return m[0].at, true
}

// Len, Less, Swap, Push and Pop are heap.Interface.
func (m mail) Len() int { return len(m) }

func (m mail) Less(i, j int) bool {
	return m[i].at < m[j].at || m[i].at == m[j].at && m[i].order < m[j].order
}

func (m mail) Swap(i, j int) { m[i], m[j] = m[j], m[i] }

func (m *mail) Push(x any) { *m = append(*m, x.(letter)) }

func (m *mail) Pop() any {
	last := (*m)[len(*m)-1]
	(*m)[len(*m)-1] = letter{}
	*m = (*m)[:len(*m)-1]
	return last
}
