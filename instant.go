package plimsoll

import "time"

// Instant is nanoseconds since the epoch of a level attempt on the recorder's
// monotonic clock.
type Instant int64

// Never is the Instant of something that did not happen.
const Never Instant = -1

// After reports whether i happened and lies later than j.
func (i Instant) After(j Instant) bool { return i != Never && i > j }

// Add returns the instant d later.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d) }

// Sub returns the duration from j to i.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i - j) }

// Seconds returns the instant in seconds since the epoch.
func (i Instant) Seconds() float64 { return float64(i) / 1e9 }

// Window is the half-open span [Start, End) of a level in which a turn must be
// sent to count.
type Window struct {
	Start Instant `json:"start_ns"`
	End   Instant `json:"end_ns"`
}

// Holds reports whether i lies in the window.
func (w Window) Holds(i Instant) bool { return i >= w.Start && i < w.End }

// Seconds returns the window's length in seconds.
func (w Window) Seconds() float64 { return float64(w.End-w.Start) / 1e9 }
