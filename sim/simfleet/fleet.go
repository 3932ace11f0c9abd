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
	// walk are a session of its router.
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
}

// engine makes what serves and returns its block size. First and last tokens are
// all that rows need.
func (c Config) engine() (engine, int, error) {
	if d := c.Deployment; len(d.Serve) > 0 {
		d.Serve, d.Decode = slices.Clone(d.Serve), slices.Clone(d.Decode)
		for _, engines := range [][]sim.Config{d.Serve, d.Decode} {
			for i := range engines {
				engines[i].PerToken = false
			}
		}
		e, err := sim.NewDeployment(d)
		return e, d.Serve[0].BlockTokens, err
	}
	c.Engine.PerToken = false
	e, err := sim.New(c.Engine)
	return e, c.Engine.BlockTokens, err
}

// Fleet is a plimsoll.Load in virtual time. Its engine, with its clock and cache,
// lives as long as it does. It is not safe for concurrent use.
type Fleet struct {
	config  Config
	engine  engine
	roster  *agent.Roster
	layouts []layout
	now     time.Duration // the engine's time
	nextID  uint64
	spare   [][]uint64 // block lists to use again
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
	engine, block, err := c.engine()
	if err != nil {
		return nil, err
	}
	f := &Fleet{config: c, engine: engine, roster: roster}
	for _, t := range c.Trajectories {
		l, err := lay(t, block, !c.LevelSaltOnly)
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
