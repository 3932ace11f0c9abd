package fleet

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"plimsoll"
)

// pacer wakes the turns of a level when they are due. A timer of the runtime may come
// a millisecond late, since an idle process sleeps in the kernel by whole
// milliseconds; an alarm has the kernel's own resolution. One goroutine, started in
// agents.go, waits for the alarm and wakes whoever is due.
type pacer struct {
	epoch time.Time
	alarm *alarm

	mu      sync.Mutex
	waiting sleepers
	set     plimsoll.Instant // what the alarm is set to; Never: to nothing
}

// sleeper is one turn that waits.
type sleeper struct {
	at   plimsoll.Instant
	wake chan struct{}
}

func newPacer(epoch time.Time) (*pacer, error) {
	a, err := newAlarm()
	if err != nil {
		return nil, err
	}
	return &pacer{epoch: epoch, alarm: a, set: plimsoll.Never}, nil
}

func (p *pacer) now() plimsoll.Instant { return plimsoll.Instant(time.Since(p.epoch)) }

// sleep waits until an instant. False: ctx is over.
func (p *pacer) sleep(ctx context.Context, until plimsoll.Instant) bool {
	if until <= p.now() {
		return ctx.Err() == nil
	}
	s := sleeper{at: until, wake: make(chan struct{})}
	p.mu.Lock()
	heap.Push(&p.waiting, s)
	p.rearm()
	p.mu.Unlock()
	select {
	case <-ctx.Done():
		return false
	case <-s.wake:
		return true
	}
}

// rearm sets the alarm to the earliest sleeper. It is called with the lock.
func (p *pacer) rearm() {
	if len(p.waiting) == 0 || p.waiting[0].at == p.set {
		return
	}
	p.set = p.waiting[0].at
	p.alarm.in(p.set.Sub(p.now()))
}

// run wakes sleepers until the alarm is closed.
func (p *pacer) run() {
	for p.alarm.wait() {
		p.mu.Lock()
		now := p.now()
		for len(p.waiting) > 0 && p.waiting[0].at <= now {
			close(heap.Pop(&p.waiting).(sleeper).wake)
		}
		p.set = plimsoll.Never
		p.rearm()
		p.mu.Unlock()
	}
}

// sleepers is a heap by instant.
type sleepers []sleeper

func (s sleepers) Len() int           { return len(s) }
func (s sleepers) Less(i, j int) bool { return s[i].at < s[j].at }
func (s sleepers) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *sleepers) Push(x any)        { *s = append(*s, x.(sleeper)) }
func (s *sleepers) Pop() any {
	old := *s
	last := old[len(old)-1]
	old[len(old)-1] = sleeper{}
	*s = old[:len(old)-1]
	return last
}
