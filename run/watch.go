package run

import (
	"context"
	"errors"
	"sync"
	"time"

	"plimsoll"
	"plimsoll/scrape"
)

// Goroutines of this package. All belong to one level and end in the function
// that watch returns.
//
//	what       begins with   ends when                 ends as
//	meters     the level     its context is cancelled  an error of its own, or nil
//	scrapes    the level     its context is cancelled  nil; one a metrics endpoint
//	progress   the level     its context is cancelled  nil

const progressEvery = 500 * time.Millisecond

// watch starts the meters and the progress events of a level. The function it
// returns stops them and says what went wrong with the writing; a meter that is
// lost is an event, not an end: its gap makes the power figure invalid.
func (c Config) watch(ctx context.Context, s plimsoll.Stage, seen *recorder, past []plimsoll.Past, meters *meters, watched *scrapes) func() error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failures []error
	keep := func(err error) {
		if err != nil {
			mu.Lock()
			failures = append(failures, err)
			mu.Unlock()
		}
	}
	if len(meters.live) > 0 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := meters.collect(ctx); err != nil && ctx.Err() == nil {
				keep(c.append(plimsoll.Event{Kind: plimsoll.EventWarning, Message: "power meter lost: " + err.Error()}))
			}
		}()
	}
	for _, endpoint := range c.Engine {
		wg.Add(1)
		go func() {
			defer wg.Done()
			endpoint.Watch(ctx, scrape.Every, func() plimsoll.Instant { return plimsoll.Instant(c.Now().Sub(watched.epoch)) }, watched.add)
		}()
	}
	if c.Progress != nil {
		wg.Add(1)
		go func() {
			defer wg.Done()
			keep(c.progress(ctx, s, seen, past))
		}()
	}
	return func() error {
		cancel()
		wg.Wait()
		if len(failures) == 0 {
			return nil
		}
		return errors.Join(failures[:1]...)
	}
}

// progress appends a progress event twice a second.
func (c Config) progress(ctx context.Context, s plimsoll.Stage, seen *recorder, past []plimsoll.Past) error {
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	left := 0.0
	if c.Left != nil {
		left = c.Left(past)
	}
	tokens := int64(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		p := c.Progress()
		p.Level, p.Attempt, p.Agents = s.Level, s.Attempt, s.Agents
		seen.figures(&p)
		now := seen.produced()
		p.TokensPS = float64(now-tokens) / progressEvery.Seconds()
		tokens = now
		p.LeftS = max(0, left-p.AtS)
		if err := c.append(plimsoll.Event{Kind: plimsoll.EventProgress, Progress: &p}); err != nil {
			return err
		}
	}
}
