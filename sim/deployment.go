package sim

import (
	"fmt"
	"time"
)

// Router says how requests find a worker of the first stage.
type Router string

// The routers. The decode stage always takes the least loaded worker.
const (
	RouteAffinity    Router = "affinity"     // a session stays on the worker and rank that had the fewest live sessions when it came
	RouteLeastLoaded Router = "least_loaded" // fewest requests under way
	RoutePrefix      Router = "prefix"       // longest resident prefix, then fewest requests
)

// DeploymentConfig describes engines that serve together: either each serves whole
// requests (Decode empty), or Serve computes prompts and Decode generates.
type DeploymentConfig struct {
	Serve, Decode []Config
	Router        Router
	Overhead      time.Duration // routing and tokenising before a request is queued
	// Handing a prompt's KV cache from Serve to Decode takes TransferFixed plus
	// TransferPerToken seconds a prompt token, these over a port of each side; see ports.
	TransferFixed    time.Duration
	TransferPerToken float64
	// Racks is how many equal copies the engines are: the first of Serve and Decode
	// are those of the first, and so on. 0 is 1. A Deployment routes over all engines
	// whatever their rack.
	Racks int
}

// Rack returns one of the copies.
func (c DeploymentConfig) Rack(i int) DeploymentConfig {
	part := func(all []Config) []Config {
		n := len(all) / max(1, c.Racks)
		return all[i*n : (i+1)*n]
	}
	c.Serve, c.Decode, c.Racks = part(c.Serve), part(c.Decode), 1
	return c
}

// Validate names the first field that is out of bounds.
func (c DeploymentConfig) Validate() error {
	if len(c.Serve) == 0 {
		return fmt.Errorf("sim: a deployment needs at least one engine under Serve")
	}
	for i, e := range append(append([]Config(nil), c.Serve...), c.Decode...) {
		if err := e.Validate(); err != nil {
			return fmt.Errorf("engine %d of the deployment: %w", i, err)
		}
		if i < len(c.Serve) && e.BlockTokens != c.Serve[0].BlockTokens {
			return fmt.Errorf("sim: engine %d has blocks of %d tokens, engine 0 of %d; block identities must be of one size", i, e.BlockTokens, c.Serve[0].BlockTokens)
		}
	}
	switch {
	case c.Racks < 0 || len(c.Serve)%max(1, c.Racks)+len(c.Decode)%max(1, c.Racks) > 0:
		return fmt.Errorf("sim: Racks is %d, which does not divide %d engines under Serve and %d under Decode", c.Racks, len(c.Serve), len(c.Decode))
	case c.Router != RouteAffinity && c.Router != RouteLeastLoaded && c.Router != RoutePrefix:
		return fmt.Errorf("sim: Router is %q, must be %s, %s or %s", c.Router, RouteAffinity, RouteLeastLoaded, RoutePrefix)
	case c.Overhead < 0 || c.TransferFixed < 0 || !(c.TransferPerToken >= 0):
		return fmt.Errorf("sim: Overhead %s, TransferFixed %s and TransferPerToken %g must not be negative", c.Overhead, c.TransferFixed, c.TransferPerToken)
	}
	return nil
}

// Scaled returns the configuration with the KV pools and the speeds of all engines
// multiplied; see Config.Scaled. The network stays as it is.
func (c DeploymentConfig) Scaled(kv, speed float64) DeploymentConfig {
	scale := func(in []Config) (out []Config) {
		for _, e := range in {
			out = append(out, e.Scaled(kv, speed))
		}
		return out
	}
	c.Serve, c.Decode = scale(c.Serve), scale(c.Decode)
	return c
}

// Deployment is several engines behind a router. Like an Engine it is driven by
// Submit, Cancel, Next and Advance, and is not safe for concurrent use.
type Deployment struct {
	cfg      DeploymentConfig
	serve    []*Engine
	decode   []*Engine
	mail     heap[*flight]
	sent     uint64 // order of mail
	last     time.Duration
	flights  map[uint64]*flight
	spare    []*flight // that are done, to use again
	affinity affinity
	ports    ports
	stats    Stats
	// When the first step under way ends, where one is; not known after engines have moved.
	step        time.Duration
	busy, known bool
}

// flight is a request under way in a deployment.
//
//	router --overhead--> queue of a Serve engine --prompt done--> transfer --> queue of a Decode engine
type flight struct {
	Request
	seq      *sequence // on a rank, nil while it is in the mail
	session  *session  // of the router, nil none
	computed bool      // the prompt, by a Serve engine of two stages
	gone     bool      // cancelled
	cached   int
}

// NewDeployment returns idle engines at instant 0 with empty caches.
func NewDeployment(cfg DeploymentConfig) (*Deployment, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	d := &Deployment{cfg: cfg, flights: make(map[uint64]*flight), affinity: newAffinity()}
	for _, c := range cfg.Serve {
		d.serve = append(d.serve, engineOf(c))
	}
	for _, c := range cfg.Decode {
		d.decode = append(d.decode, engineOf(c))
	}
	d.ports = newPorts(d.serve, d.decode)
	return d, nil
}

// BlockTokens returns the tokens a block of a request's identities.
func (d *Deployment) BlockTokens() int { return d.cfg.Serve[0].BlockTokens }

// Submit queues a request that arrives at now; see Engine.Submit.
func (d *Deployment) Submit(now time.Duration, r Request) error {
	if now < d.last {
		return fmt.Errorf("sim: request %d submitted at %s, after one at %s", r.ID, now, d.last)
	}
	if d.flights[r.ID] != nil {
		return fmt.Errorf("sim: request %d is already under way", r.ID)
	}
	if err := d.check(r); err != nil {
		return err
	}
	d.last = now
	d.stats.Submitted++
	f := d.flight(r)
	d.flights[r.ID] = f
	d.post(now+d.cfg.Overhead, f)
	return nil
}

// flight is a request that begins.
func (d *Deployment) flight(r Request) *flight {
	n := len(d.spare) - 1
	if n < 0 {
		return &flight{Request: r}
	}
	f := d.spare[n]
	d.spare = d.spare[:n]
	*f = flight{Request: r}
	return f
}

// check refuses a request that some engine of its way could not hold. Engines that
// stand beside their like are not asked again.
func (d *Deployment) check(r Request) error {
	for i, c := range d.cfg.Decode {
		if i > 0 && c.admits(d.cfg.Decode[i-1]) {
			continue
		}
		if err := c.checkRequest(r.ready()); err != nil {
			return err
		}
	}
	for i, c := range d.cfg.Serve {
		if i > 0 && c.admits(d.cfg.Serve[i-1]) {
			continue
		}
		if err := c.checkRequest(d.firstStage(r)); err != nil {
			return err
		}
	}
	return nil
}

// firstStage is what a Serve engine is asked for.
func (d *Deployment) firstStage(r Request) Request {
	if len(d.decode) > 0 {
		r.Output, r.MaxOutput = 1, 1
	}
	return r
}

// ready is what a Decode engine is asked for.
func (r Request) ready() Request {
	r.Ready, r.Prefix = true, nil
	return r
}

// Cancel drops a request at now; see Engine.Cancel.
func (d *Deployment) Cancel(now time.Duration, id uint64) bool {
	f := d.flights[id]
	if f == nil {
		return false
	}
	d.known = false
	if f.seq != nil {
		f.seq.rank.engine.cancel(now, f.seq)
	}
	f.gone = true
	d.left(now, f)
	delete(d.flights, id)
	d.stats.Cancelled++
	return true
}

// Next returns when something happens next; false: nothing will.
func (d *Deployment) Next() (time.Duration, bool) {
	if !d.known {
		d.known, d.busy = true, false
		for _, stage := range [][]*Engine{d.serve, d.decode} {
			for _, e := range stage {
				if t, busy := e.Next(); busy && (!d.busy || t < d.step) {
					d.step, d.busy = t, true
				}
			}
		}
	}
	at, ok := d.posted()
	if d.busy && (!ok || d.step < at) {
		return d.step, true
	}
	return at, ok
}

// Advance carries all engines to now; see Engine.Advance.
func (d *Deployment) Advance(now time.Duration, emit func(Emission)) {
	served := func(s *sequence, m Emission) { d.served(s.flight, m, emit) }
	decoded := func(s *sequence, m Emission) { d.decoded(s.flight, m, emit) }
	for {
		at, ok := d.Next()
		if !ok || at > now {
			return
		}
		d.known = false
		for _, e := range d.serve {
			e.advance(at, served)
		}
		for _, e := range d.decode {
			e.advance(at, decoded)
		}
		for t, ok := d.posted(); ok && t <= at; t, ok = d.posted() {
			d.deliver(at, d.mail.pop())
		}
	}
}

// served takes what a Serve engine emits: the reply, or the news that a prompt is
// computed and its KV cache can go.
func (d *Deployment) served(f *flight, m Emission, emit func(Emission)) {
	f.cached = m.Cached
	if len(d.decode) == 0 {
		d.decoded(f, m, emit)
		return
	}
	f.computed = true
	long := seconds(d.cfg.TransferPerToken * float64(f.Tokens))
	d.stats.Sending += long
	d.post(d.ports.send(m.At, f.seq.rank.engine, long)+d.cfg.TransferFixed, f)
}

// decoded takes what is emitted to the client.
func (d *Deployment) decoded(f *flight, m Emission, emit func(Emission)) {
	m.Cached = f.cached
	if m.Done {
		delete(d.flights, m.ID)
		d.left(m.At, f)
		d.spare = append(d.spare, f)
		d.stats.Finished++
	}
	emit(m)
}

// deliver queues a request at an engine of its next stage.
func (d *Deployment) deliver(at time.Duration, f *flight) {
	if f.gone {
		return // cancelled on the way
	}
	var on *rank
	var asked Request
	if f.computed {
		on, asked = leastLoaded(d.decode), f.ready()
	} else {
		on, asked = d.route(at, f), d.firstStage(f.Request)
	}
	f.seq = on.engine.sequence(asked, f)
	on.enqueue(at, f.seq)
}
