package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/client"
	"plimsoll/dialect"
)

// Engine is the engine under test as a fleet meets it; *client.Client is one.
type Engine interface {
	Do(ctx context.Context, epoch time.Time, call client.Call, row *plimsoll.Row)
	Renew(ctx context.Context, slot, branch int) error
	Release(slot int)
	Identify(ctx context.Context) (plimsoll.Identity, error)
}

// Health says how the process that makes the load fared between two times;
// *client.Health is one.
type Health interface {
	Window(start, end time.Time) plimsoll.Client
}

// Config says who holds levels on what.
type Config struct {
	Engine  Engine
	Health  Health             // nil: nothing is said of the client
	Encoded []*dialect.Encoded // the set, each trajectory in the engine's dialect
	Agents  agent.Config
	Output  dialect.Policy // dialect.Recorded or dialect.Free
	// LevelSaltOnly leaves the walk salt out, as method aa does.
	LevelSaltOnly bool
}

// Validate names the first field that is out of bounds.
func (c Config) Validate() error {
	switch {
	case c.Engine == nil:
		return errors.New("fleet: engine is missing")
	case len(c.Encoded) == 0:
		return errors.New("fleet: encoded trajectories: want at least one")
	case c.Output != dialect.Recorded && c.Output != dialect.Free:
		return fmt.Errorf("fleet: output policy %q: want %s or %s", c.Output, dialect.Recorded, dialect.Free)
	}
	return c.Agents.Validate()
}

// Fleet is a plimsoll.Load on a real engine.
type Fleet struct {
	config Config
	roster *agent.Roster
	slots  int                  // the most that a level had since the last Drain
	level  atomic.Pointer[hold] // under way, nil between levels
}

var _ plimsoll.Load = (*Fleet)(nil)

// New returns a fleet. It sends nothing yet.
func New(c Config) (*Fleet, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	set := make([]*plimsoll.Trajectory, len(c.Encoded))
	for i, e := range c.Encoded {
		set[i] = e.Trajectory()
	}
	roster, err := agent.NewRoster(set, c.Agents)
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	return &Fleet{config: c, roster: roster}, nil
}

// identifyTime bounds how long an engine may take to say what it is.
const identifyTime = 10 * time.Second

// Hold runs one level. An engine that does not answer, before or during the level,
// is no error: Observed.Broken says what was seen.
func (f *Fleet) Hold(ctx context.Context, s plimsoll.Stage, into plimsoll.Sink, enough plimsoll.Enough) (plimsoll.Observed, error) {
	h, err := f.newHold(s, into)
	if err != nil {
		return plimsoll.Observed{}, err
	}
	before, broken := f.identify(ctx)
	if err := h.anchor(); err != nil {
		return plimsoll.Observed{}, fmt.Errorf("level %d: %w", s.Level, err)
	}
	if broken != nil && ctx.Err() == nil {
		h.stop(agent.ClosedBroken, broken.Error())
	}
	f.slots = max(f.slots, s.Agents)
	f.level.Store(h)
	defer f.level.Store(nil)
	err = h.run(ctx, enough)
	o := h.observed()
	o.Before = before
	if broken == nil && o.Broken == "" && err == nil {
		var gone error
		if o.After, gone = f.identify(ctx); gone != nil && ctx.Err() == nil {
			o.Broken = gone.Error()
		}
	}
	return o, err
}

func (f *Fleet) identify(ctx context.Context) (*plimsoll.Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, identifyTime)
	defer cancel()
	id, err := f.config.Engine.Identify(ctx)
	if err != nil {
		return nil, err
	}
	return &id, nil
}

// Drain closes the agents' connections. Nothing is in flight between levels: Hold
// cuts and waits before it returns.
func (f *Fleet) Drain(ctx context.Context) error {
	for slot := range f.slots {
		f.config.Engine.Release(slot)
	}
	f.slots = 0
	return ctx.Err()
}

// Progress is a snapshot of the level under way for screens, zero between levels. It
// may be called from any goroutine.
func (f *Fleet) Progress() plimsoll.Progress {
	h := f.level.Load()
	if h == nil {
		return plimsoll.Progress{}
	}
	return h.progress()
}
