package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/measure"
	"plimsoll/result"
	"plimsoll/scrape"
)

// Config is what a run needs. Load, Method, Dir and Set are required.
type Config struct {
	Load   plimsoll.Load
	Method plimsoll.Method
	Dir    *bundle.Dir
	// Power names the meters; a stated figure needs no clock, the others need
	// Getenv for their credentials and real time.
	Power  []plimsoll.PowerSpec
	Getenv func(string) string
	// Engine are the engine's own metrics, scraped beside every level.
	Engine []*scrape.Endpoint
	Warmup *plimsoll.Stage // a discarded first level; nil none
	// Relive says that Load is in virtual time: a resumed run holds its sealed levels again,
	// so that engines and caches are where they were when it was cut.
	Relive bool
	// Reset empties the engine's prefix cache between levels, where it can.
	Reset func(context.Context) error
	// Progress is asked twice a second while a level is held; nil none.
	Progress func() plimsoll.Progress
	// Left estimates the seconds that the search still needs; nil unknown.
	Left func(past []plimsoll.Past) float64
	// Now stamps events; it decides nothing.
	Now func() time.Time
}

// Validate names the field that is missing.
func (c Config) Validate() error {
	switch {
	case c.Load == nil:
		return errors.New("run: Load is missing")
	case c.Method == nil:
		return errors.New("run: Method is missing")
	case c.Dir == nil:
		return errors.New("run: Dir is missing")
	case c.Now == nil:
		return errors.New("run: Now is missing")
	}
	return nil
}

// Run measures until the search has an answer, and returns the result, which is
// also written to the folder. When ctx ends, or the engine is lost, what was
// sealed is kept and the result says that it is partial; the error then says why.
func Run(ctx context.Context, c Config) (result.Result, error) {
	if err := c.Validate(); err != nil {
		return result.Result{}, err
	}
	read, err := result.Folded(c.Dir)
	if err != nil {
		return result.Result{}, err
	}
	facts := c.Dir.Facts()
	if err := c.append(plimsoll.Event{Kind: plimsoll.EventBegin, Facts: &facts}); err != nil {
		return result.Result{}, err
	}
	stopped := (&course{Config: c, read: read}).levels(ctx)
	final, err := c.conclude(read, stopped)
	if err != nil {
		return final, errors.Join(stopped, err)
	}
	return final, stopped
}

// course is a run under way.
type course struct {
	Config
	read *result.Fold
	rows []plimsoll.Row // memory for a level's rows, while it is held and when it is read back
}

// levels holds stage after stage until the search has an answer.
func (c *course) levels(ctx context.Context) error {
	for first := true; ; first = false {
		stage, answer := c.Method.Next(c.read.Past())
		if answer != nil {
			return nil
		}
		if first {
			if err := c.approach(ctx); err != nil {
				return err
			}
		}
		if stage.Fresh {
			if err := c.refresh(ctx); err != nil {
				return err
			}
		}
		if err := c.level(ctx, *stage); err != nil {
			return err
		}
	}
}

// approach brings the engine to where the first level to hold begins.
func (c *course) approach(ctx context.Context) error {
	resumed := len(c.read.Past()) > 0
	if c.Warmup != nil && (!resumed || c.Relive) {
		if err := c.warm(ctx); err != nil {
			return err
		}
	}
	if resumed && c.Relive {
		return c.relive(ctx)
	}
	return nil
}

// refresh brings the engine to where a fresh level may begin.
func (c Config) refresh(ctx context.Context) error {
	if err := c.Load.Drain(ctx); err != nil {
		return fmt.Errorf("drain the engine: %w", err)
	}
	if c.Reset == nil {
		return nil
	}
	if err := c.Reset(ctx); err != nil {
		return fmt.Errorf("reset the engine's prefix cache: %w", err)
	}
	return nil
}

// warm holds the discarded first level: its rows go nowhere.
func (c Config) warm(ctx context.Context) error {
	if err := c.append(plimsoll.Event{Kind: plimsoll.EventStage, Stage: c.Warmup}); err != nil {
		return err
	}
	_, err := c.Load.Hold(ctx, *c.Warmup, discard{}, func(_, _ plimsoll.Instant, _ func() []plimsoll.Row) bool { return false })
	if err != nil {
		return fmt.Errorf("warm-up level: %w", err)
	}
	return nil
}

// level holds one stage, seals it and reads it back from the folder.
func (c *course) level(ctx context.Context, s plimsoll.Stage) error {
	past := c.read.Past()
	if err := c.append(plimsoll.Event{Kind: plimsoll.EventStage, Stage: &s}); err != nil {
		return err
	}
	if err := c.warn(s, past); err != nil {
		return err
	}
	level, err := c.Dir.Begin(s)
	if err != nil {
		return err
	}
	meters, err := c.openMeters()
	if err != nil {
		return errors.Join(err, level.Discard())
	}
	watched := &scrapes{epoch: meters.epoch}
	observed, holdErr := c.hold(ctx, s, past, level, meters, watched)
	if holdErr == nil {
		holdErr = errors.Join(c.store(meters, observed, level), level.Engine(watched.on(observed.Epoch)))
	}
	if holdErr != nil {
		return errors.Join(fmt.Errorf("level %d of %d agents: %w", s.Level, s.Agents, holdErr), level.Discard())
	}
	if err := level.Seal(observed); err != nil {
		return err
	}
	if c.rows, err = c.read.Read(c.rows); err != nil {
		return err
	}
	past = c.read.Past()
	return c.append(sealedEvent(past[len(past)-1]))
}

// hold holds one stage, with meters and progress beside it, until the method has enough.
func (c *course) hold(ctx context.Context, s plimsoll.Stage, past []plimsoll.Past, into plimsoll.Sink, meters *meters, watched *scrapes) (plimsoll.Observed, error) {
	early := c.Method.Early(s)
	seen := &recorder{stage: s, into: into, keeps: early || c.Progress != nil, rows: c.rows[:0]}
	stop, set := c.watch(ctx, s, seen, past, meters, watched), c.Dir.Facts().Trajectories
	observed, err := c.Load.Hold(ctx, s, seen, func(opened, at plimsoll.Instant, inFlight func() []plimsoll.Row) bool {
		return early && seen.worthALook() && c.Method.Enough(seen.evidence(opened, at, set, inFlight()))
	})
	err = errors.Join(err, stop())
	c.rows = seen.release()
	return observed, err
}

// warn appends what a stage asks of the load generator beyond what that is known to
// bear, at the pace of the level before. A limit that an earlier level went beyond is
// not said again.
func (c Config) warn(s plimsoll.Stage, past []plimsoll.Past) error {
	g := c.Dir.Facts().Generator
	if g == nil {
		return nil
	}
	said, pace := map[string]bool{}, measure.Pace{}
	for _, p := range past {
		for _, strain := range measure.StrainOf(*g, p.Stage.Agents, pace) {
			said[strain.Limit] = true
		}
		pace = measure.PaceOf(p)
	}
	for _, strain := range measure.StrainOf(*g, s.Agents, pace) {
		if said[strain.Limit] {
			continue
		}
		if err := c.append(plimsoll.Event{Kind: plimsoll.EventWarning, Message: strain.Text}); err != nil {
			return err
		}
	}
	return nil
}

func sealedEvent(p plimsoll.Past) plimsoll.Event {
	validity := "valid"
	for _, gate := range p.Evidence.Gates {
		if !gate.OK {
			validity = "void"
		}
	}
	return plimsoll.Event{
		Kind: plimsoll.EventSealed, Level: bundle.ID(p.Stage.Level, p.Stage.Attempt), Stage: &p.Stage,
		Verdicts: p.Verdicts, Gates: p.Evidence.Gates, Validity: validity,
		Opened: p.Evidence.Observed.Opened, SettledS: p.Settled().Seconds(),
	}
}

// conclude computes the result from the folder and writes it.
func (c Config) conclude(read *result.Fold, stopped error) (result.Result, error) {
	end := plimsoll.Event{Kind: plimsoll.EventEnd, Message: "finished"}
	if stopped != nil {
		end.Message = stopped.Error()
	}
	if err := c.append(end); err != nil {
		return result.Result{}, err
	}
	if _, err := read.Read(nil); err != nil {
		return result.Result{}, fmt.Errorf("compute the result: %w", err)
	}
	final := read.Result()
	if err := c.Dir.WriteResult(final); err != nil {
		return final, err
	}
	return final, nil
}

func (c Config) append(e plimsoll.Event) error {
	e.Time = c.Now().UTC()
	return c.Dir.Append(e)
}

type discard struct{}

func (discard) Row(plimsoll.Row) error       { return nil }
func (discard) Sample(plimsoll.Sample) error { return nil }
