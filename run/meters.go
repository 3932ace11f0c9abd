package run

import (
	"context"
	"sync"
	"time"

	"plimsoll"
	"plimsoll/power"
)

// meters are the power meters of one level attempt. Their samples are kept until
// the level is over: only then is the load's epoch known, onto which they are
// shifted. At a reading a second they are few.
type meters struct {
	live    []plimsoll.Meter
	fixed   []plimsoll.PowerSpec
	epoch   time.Time
	mu      sync.Mutex
	samples []plimsoll.Sample
}

func (c Config) openMeters() (*meters, error) {
	m := &meters{epoch: c.Now()}
	for _, spec := range c.Power {
		is, err := power.Describe(spec)
		if err != nil {
			return nil, err
		}
		if is.Stated() {
			m.fixed = append(m.fixed, spec)
			continue
		}
		meter, err := power.New(spec, power.Config{Accelerators: c.Dir.Facts().Accelerators, Epoch: m.epoch, Getenv: c.Getenv})
		if err != nil {
			return nil, err
		}
		m.live = append(m.live, meter)
	}
	return m, nil
}

// collect reads the live meters until ctx ends.
func (m *meters) collect(ctx context.Context) error {
	return power.Collect(ctx, m.live, func(s plimsoll.Sample) {
		m.mu.Lock()
		m.samples = append(m.samples, s)
		m.mu.Unlock()
	})
}

// store writes the samples into the level, on the load's clock.
func (c Config) store(m *meters, o plimsoll.Observed, into plimsoll.Sink) error {
	shift := m.epoch.Sub(o.Epoch)
	for _, s := range m.samples {
		s.At = s.At.Add(shift)
		if s.DeviceAt != plimsoll.Never {
			s.DeviceAt = s.DeviceAt.Add(shift)
		}
		if err := into.Sample(s); err != nil {
			return err
		}
	}
	for _, spec := range m.fixed {
		constant, err := power.Constant(spec, c.Dir.Facts().Accelerators, o.Window)
		if err != nil {
			return err
		}
		for _, s := range constant {
			if err := into.Sample(s); err != nil {
				return err
			}
		}
	}
	return nil
}
