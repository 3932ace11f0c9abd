package server

import (
	"time"

	"golang.org/x/sys/unix"
)

// sleepUntil blocks the thread in the kernel: the runtime's own timers may be a
// millisecond late, half a decode step.
func sleepUntil(t time.Time) {
	for {
		left := time.Until(t)
		if left <= 0 {
			return
		}
		ts := unix.NsecToTimespec(int64(left))
		if err := unix.Nanosleep(&ts, nil); err != nil && err != unix.EINTR {
			time.Sleep(left)
		}
	}
}
