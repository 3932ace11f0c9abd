package simfleet

import (
	"context"
	"fmt"
	"slices"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/sim"
)

// Policies of the length of replies, as plimsoll.Plan.OutputPolicy.
const (
	outputRecorded = "recorded"
	outputFree     = "free"
)

// Config says who holds levels on what.
type Config struct {
	Engine sim.Config
	// Deployment, where it has engines, serves instead of Engine; requests of one
	// walk are a session of its router. Its racks serve apart from each other: the
	// agents are dealt out over them, as a router deals them out that begins a walk on
	// the rack with the fewest, since each agent begins one as it ends one.
	Deployment   sim.DeploymentConfig
	Identity     plimsoll.Identity // that the engine gives
	Trajectories []*plimsoll.Trajectory
	Agents       agent.Config
	// OutputPolicy is recorded or free; the simulated engine ends a free reply at
	// its recorded length too.
	OutputPolicy string
	// LevelSaltOnly leaves the walk salt out, as method aa does.
	LevelSaltOnly bool
	// Epoch is the wall time that the engine's instant 0 is said to be.
	Epoch time.Time
	// Meter names the meter whose samples of the modelled power go into the sink
	// once a second; "" none.
	Meter string
}

// Validate names the first field that is out of bounds.
func (c Config) Validate() error {
	if c.OutputPolicy != outputRecorded && c.OutputPolicy != outputFree {
		return fmt.Errorf("output policy %q: want %s or %s", c.OutputPolicy, outputRecorded, outputFree)
	}
	if len(c.Deployment.Serve) > 0 {
		return c.Deployment.Validate()
	}
	return c.Engine.Validate()
}

// engine is what serves: a *sim.Engine or a *sim.Deployment.
type engine interface {
	Submit(now time.Duration, r sim.Request) error
	Cancel(now time.Duration, id uint64) bool
	Next() (time.Duration, bool)
	Advance(now time.Duration, emit func(sim.Emission))
	Draw(now time.Duration) (watts, joules float64)
	Stats() sim.Stats
}

// engines makes what serves, one a rack, and returns the block size. First and last
// tokens are all that rows need.
func (c Config) engines() (out []engine, block int, err error) {
	d := c.Deployment
	if len(d.Serve) == 0 {
		c.Engine.PerToken = false
		e, err := sim.New(c.Engine)
		return []engine{e}, c.Engine.BlockTokens, err
	}
	for i := range max(1, d.Racks) {
		e, err := sim.NewDeployment(quiet(d.Rack(i)))
		if err != nil {
			return nil, 0, err
		}
		out = append(out, e)
	}
	return out, d.Serve[0].BlockTokens, nil
}

// quiet emits first and last tokens only.
func quiet(d sim.DeploymentConfig) sim.DeploymentConfig {
	d.Serve, d.Decode = slices.Clone(d.Serve), slices.Clone(d.Decode)
	for _, engines := range [][]sim.Config{d.Serve, d.Decode} {
		for i := range engines {
			engines[i].PerToken = false
		}
	}
	return d
}

// Fleet is a plimsoll.Load in virtual time. Its engines, with clock and cache, live
// as long as it does. It is not safe for concurrent use.
type Fleet struct {
	config  Config
	racks   []*rack
	roster  *agent.Roster
	layouts []layout
	now     time.Duration // the engines' time
}

var _ plimsoll.Load = (*Fleet)(nil)

// New returns a fleet with a fresh engine.
func New(c Config) (*Fleet, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("simulated fleet: %w", err)
	}
	roster, err := agent.NewRoster(c.Trajectories, c.Agents)
	if err != nil {
		return nil, fmt.Errorf("simulated fleet: %w", err)
	}
	engines, block, err := c.engines()
	if err != nil {
		return nil, err
	}
	f := &Fleet{config: c, roster: roster}
	for _, e := range engines {
		f.racks = append(f.racks, &rack{engine: e})
	}
	known := library{block: block, after: make(map[uint64]end)}
	for _, t := range c.Trajectories {
		l, err := known.lay(t, !c.LevelSaltOnly)
		if err != nil {
			return nil, fmt.Errorf("simulated fleet: %w", err)
		}
		f.layouts = append(f.layouts, l)
	}
	return f, nil
}

// Drain does nothing: a level ends with nothing in flight.
func (f *Fleet) Drain(context.Context) error { return nil }

// Hold runs one level.
func (f *Fleet) Hold(ctx context.Context, s plimsoll.Stage, into plimsoll.Sink, enough plimsoll.Enough) (plimsoll.Observed, error) {
	h, err := f.newHold(s, into)
	if err != nil {
		return plimsoll.Observed{}, err
	}
	err = h.run(ctx, enough)
	o := h.level.Observed(h.now)
	o.Epoch = f.config.Epoch.Add(h.epoch)
	o.Client = plimsoll.Client{SentinelP99ms: -1, RunQueueShare: -1}
	o.Simulated = true
	before, after := f.config.Identity, f.config.Identity
	o.Before, o.After = &before, &after
	return o, err
}
