package power

import (
	"fmt"
	"time"
)

// Config is what meters need besides their specs.
type Config struct {
	// Accelerators that serve; a static figure per accelerator is multiplied by it.
	Accelerators int
	// Epoch is the wall and monotonic time of Instant 0: the level attempt's
	// begin. The zero value means the moment of New.
	Epoch time.Time
	// Getenv reads the environment variables that specs name; nil knows none.
	Getenv func(string) string
	// Period between readings; 0 is one second. A spec's interval= does not change
	// it: that is how often the source itself has news.
	Period time.Duration
	// Timeout of one reading; 0 is 5 s. A slower source leaves a gap.
	Timeout time.Duration
	// Sysfs is the root of the kernel's files; "" is /sys.
	Sysfs string
	// Failed is told of each reading that failed, from the meter's goroutine; it
	// must not block. nil ignores them: they stay in the samples as notes.
	Failed func(meter string, err error)
}

// Validate names the first field that is out of bounds.
func (c Config) Validate() error {
	switch {
	case c.Accelerators < 0:
		return fmt.Errorf("power config: accelerators %d must not be negative", c.Accelerators)
	case c.Period < 0 || c.Period > 0 && c.Period < 10*time.Millisecond:
		return fmt.Errorf("power config: period %s must be 0 or at least 10ms", c.Period)
	case c.Timeout < 0 || c.Timeout > time.Minute:
		return fmt.Errorf("power config: timeout %s must lie between 0 and 1m", c.Timeout)
	}
	return nil
}

// withDefaults fills what was left zero.
func (c Config) withDefaults() Config {
	if c.Epoch.IsZero() {
		c.Epoch = time.Now()
	}
	if c.Getenv == nil {
		c.Getenv = func(string) string { return "" }
	}
	if c.Period == 0 {
		c.Period = time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.Sysfs == "" {
		c.Sysfs = "/sys"
	}
	return c
}
