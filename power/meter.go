package power

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"plimsoll"
)

// New makes the meter that spec names. It contacts nothing: a source that is not
// there shows as failed readings, never as a failed run.
func New(spec plimsoll.PowerSpec, cfg Config) (plimsoll.Meter, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	k, t, err := lookup(spec)
	if err != nil {
		return nil, err
	}
	expect, err := Describe(spec)
	if err != nil {
		return nil, err
	}
	if expect.Boundary != expect.Covers {
		return nil, &Error{Spec: spec.String(), Problem: fmt.Sprintf("%s reads %s power, not %s", k.name, expect.Covers, expect.Boundary),
			Hint: "use a meter at that boundary, or convert the figure with a stated factor"}
	}
	j := job{spec: spec, target: t, expect: expect, cfg: cfg.withDefaults()}
	r, err := openSeveral(k, j)
	if err != nil {
		return nil, named(err, spec)
	}
	return &meter{name: spec.String(), boundary: expect.Boundary, reader: r, cfg: j.cfg}, nil
}

// meter drives one reader: a reading at once, one every period, one past the end.
type meter struct {
	name     string
	boundary plimsoll.Boundary
	reader   reader
	cfg      Config
}

// Covers returns the boundary that the readings are claimed at.
func (m *meter) Covers() plimsoll.Boundary { return m.boundary }

// Sample reads until ctx ends, then takes one last reading so that the series
// brackets whatever ended with ctx. A failed reading becomes a sample without
// values; the source is asked again at the next period. The error says that it
// never answered.
func (m *meter) Sample(ctx context.Context, into func(plimsoll.Sample)) error {
	ticker := time.NewTicker(m.cfg.Period)
	defer ticker.Stop()
	var answered bool
	var last error
	take := func(ctx context.Context) {
		n, err := m.take(ctx, into)
		answered = answered || n > 0
		if err == nil {
			return
		}
		last = err
		if m.cfg.Failed != nil {
			m.cfg.Failed(m.name, err)
		}
	}
	for ctx.Err() == nil {
		take(ctx)
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	take(context.WithoutCancel(ctx))
	if err := m.reader.close(); err != nil && answered {
		return fmt.Errorf("power %s: closing: %w", m.name, err)
	}
	if !answered {
		return &Error{Spec: m.name, Problem: "never answered", Hint: "try: plimsoll power check '" + m.name + "'", Err: last}
	}
	return nil
}

// take takes one reading within the time-out, hands its samples on and says how
// many there were. An error may stand beside readings of other sources.
func (m *meter) take(ctx context.Context, into func(plimsoll.Sample)) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, m.cfg.Timeout)
	defer cancel()
	list, err := m.reader.read(ctx)
	at := m.instant(time.Now())
	if err != nil && ctx.Err() == context.Canceled {
		return 0, nil // the caller's end came during the reading: one more follows
	}
	if err != nil {
		into(plimsoll.Sample{Meter: m.name, At: at, Watts: math.NaN(), Joules: math.NaN(), DeviceAt: plimsoll.Never, Note: noteOf(err)})
	}
	for _, r := range list {
		s := plimsoll.Sample{Meter: m.name, Device: r.device, At: at, Watts: r.watts, Joules: r.joules, DeviceAt: plimsoll.Never, Note: r.note}
		if !r.at.IsZero() {
			s.DeviceAt = m.instant(r.at)
		}
		if r.limit > 0 {
			s.Limit = r.limit
		}
		into(s)
	}
	return len(list), err
}

func (m *meter) instant(t time.Time) plimsoll.Instant {
	return plimsoll.Instant(t.Sub(m.cfg.Epoch))
}

// noted is an error that has a reason code of its own.
type noted struct {
	reason string
	err    error
}

func (n *noted) Error() string { return n.err.Error() }
func (n *noted) Unwrap() error { return n.err }

func noteOf(err error) string {
	var n *noted
	if errors.As(err, &n) {
		return n.reason
	}
	return ReasonUnreachable
}

// Collect runs several meters at once, each in a goroutine of its own that ends
// with ctx, and returns when all have ended. into is called by all of them,
// concurrently. A meter that is lost takes none of the others down.
//
//	state    | ctx open                | ctx done
//	reading  | sample, wait for period | last sample, close
//	failing  | note, wait for period   | last try, error in the join
func Collect(ctx context.Context, meters []plimsoll.Meter, into func(plimsoll.Sample)) error {
	errs := make([]error, len(meters))
	var wait sync.WaitGroup
	for i, m := range meters {
		wait.Go(func() { errs[i] = m.Sample(ctx, into) })
	}
	wait.Wait()
	return errors.Join(errs...)
}
