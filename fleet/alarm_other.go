//go:build !linux

package fleet

import (
	"sync"
	"time"
)

// alarm is a timer of the runtime.
type alarm struct {
	timer *time.Timer
	done  chan struct{}
	once  sync.Once
}

func newAlarm() (*alarm, error) {
	return &alarm{timer: time.NewTimer(time.Hour), done: make(chan struct{})}, nil
}

// in sets the alarm; what was set before is forgotten.
func (a *alarm) in(d time.Duration) { a.timer.Reset(max(d, 0)) }

// wait waits until it goes off. False: it is closed.
func (a *alarm) wait() bool {
	select {
	case <-a.done:
		return false
	case <-a.timer.C:
		return true
	}
}

func (a *alarm) close() {
	a.once.Do(func() {
		a.timer.Stop()
		close(a.done)
	})
}
