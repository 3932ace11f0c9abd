package plimsoll

import (
	"fmt"
	"time"
)

// Stage is one level to hold: N agents, ramped up, settled, measured in a window
// and held until the window's turns have ended.
type Stage struct {
	Level     int    `json:"level"`           // number of the level in its run, from 1; 0 is the warm-up
	Attempt   int    `json:"attempt"`         // from 1; a void level is repeated as the next attempt
	Replicate int    `json:"replicate"`       // from 0; how often this N was begun afresh before, for a claim level how many levels were: no two share their draws
	Agents    int    `json:"agents"`          // N
	Fresh     bool   `json:"fresh"`           // drained before, new salts; only fresh levels support a claim
	Claim     bool   `json:"claim,omitempty"` // a fresh level that a certified number rests on
	Warmup    bool   `json:"warmup"`          // discarded
	Why       string `json:"why"`             // why this level now, one sentence

	Shape Shape  `json:"shape"`
	Tiers []Tier `json:"tiers"` // tiers that this level judges
}

// Shape is the timing of a level. A window closes once it is Min long and holds
// Turns turns and Walks finished trajectories (and WalksPerAgent for each agent),
// or is Max long; with a Limit it closes early enough for its slowest turn so far
// to end before the limit.
type Shape struct {
	Ramp          time.Duration `json:"ramp_ns"`                 // agents start evenly spread over it
	SpawnPerS     float64       `json:"spawn_per_s"`             // instead of Ramp when above 0: (N-1)/rate seconds
	Settle        time.Duration `json:"settle_ns"`               // after the ramp, not counted
	SettleMax     time.Duration `json:"settle_max_ns,omitempty"` // settling goes on until the load is stationary, at most so long; 0 as long as Settle
	Min           time.Duration `json:"min_ns"`                  // of the window
	Max           time.Duration `json:"max_ns"`                  // of the window; 0 = no bound but the limit
	Turns         int           `json:"turns"`
	Walks         int           `json:"walks"`
	WalksPerAgent int           `json:"walks_per_agent"`
	Limit         time.Duration `json:"limit_ns"`           // whole level, hold included; 0 none
	Tick          time.Duration `json:"tick_ns"`            // Enough is asked at multiples of it
	Request       time.Duration `json:"request_timeout_ns"` // request time-out
	Idle          time.Duration `json:"idle_timeout_ns"`    // longest pause inside a stream
}

// RampFor returns the length of the ramp at n agents.
func (s Shape) RampFor(n int) time.Duration {
	if s.SpawnPerS > 0 {
		return time.Duration(float64(n-1) / s.SpawnPerS * float64(time.Second))
	}
	return s.Ramp
}

// UntilStationary reports whether settling goes on until the load is stationary.
func (s Shape) UntilStationary() bool { return s.SettleMax > s.Settle }

// OpensFrom returns when the window of n agents opens at the earliest, OpensBy when at the
// latest. In between it may open at every tick.
func (s Shape) OpensFrom(n int) Instant { return Instant(0).Add(s.RampFor(n) + s.Settle) }

// OpensBy is described at OpensFrom.
func (s Shape) OpensBy(n int) Instant {
	return Instant(0).Add(s.RampFor(n) + max(s.Settle, s.SettleMax))
}

// NextTick returns the first tick after an instant.
func (s Shape) NextTick(at Instant) Instant {
	return at - at%Instant(s.Tick) + Instant(s.Tick)
}

// Validate names the first field that is out of bounds.
func (s Shape) Validate() error {
	switch {
	case s.SettleMax != 0 && s.SettleMax < s.Settle:
		return fmt.Errorf("level shape: longest settling %s is below settling %s", s.SettleMax, s.Settle)
	case s.Ramp < 0, s.Settle < 0, s.Max < 0, s.Limit < 0:
		return fmt.Errorf("level shape: ramp %s, settle %s, window max %s and limit %s must not be negative", s.Ramp, s.Settle, s.Max, s.Limit)
	case s.Min <= 0:
		return fmt.Errorf("level shape: window min %s must be above 0", s.Min)
	case s.Max > 0 && s.Max < s.Min:
		return fmt.Errorf("level shape: window max %s is below min %s", s.Max, s.Min)
	case s.Tick <= 0:
		return fmt.Errorf("level shape: tick %s must be above 0", s.Tick)
	case s.Request <= 0:
		return fmt.Errorf("level shape: request time-out %s must be above 0", s.Request)
	}
	return nil
}

// Observed is what a Load saw of a level besides its rows.
type Observed struct {
	Epoch       time.Time     `json:"epoch"`             // wall anchor of Instant 0
	Uncertainty time.Duration `json:"epoch_uncertainty"` // of the anchor
	Window      Window        `json:"window"`
	End         Instant       `json:"end_ns"`  // when the level was over
	Tick        Instant       `json:"tick_ns"` // tick at which enough() stopped it, Never if it did not
	Closed      string        `json:"closed"`  // why the window closed: enough, full, max, limit, broken, interrupted
	// Opened is why the window opened when it did, where settling goes on until the load is
	// stationary: stationary, max; empty where it is as long as the shape says.
	Opened string `json:"opened,omitempty"`
	// TurnsSent counts turns sent in the window by the client's own counter, for
	// the ledger: it must equal the rows of the population.
	TurnsSent int `json:"turns_sent"`
	// Delivered is the union of turn, tool delay and join intervals over the
	// slots, clipped to the window, over N x W: 1 is a full house.
	Delivered float64   `json:"delivered"`
	Walks     int       `json:"walks"` // trajectories finished in the window
	Client    Client    `json:"client"`
	Before    *Identity `json:"engine_before,omitempty"`
	After     *Identity `json:"engine_after,omitempty"`
	Broken    string    `json:"broken,omitempty"` // the engine went away: what was seen
	Simulated bool      `json:"simulated"`
}

// Client is how the load generator itself fared in the window.
type Client struct {
	CPUSeconds       float64 `json:"cpu_s"`
	CPUShare         float64 `json:"cpu_share"`       // of one core
	SentinelP99ms    float64 `json:"sentinel_p99_ms"` // -1 not measured
	RunQueueShare    float64 `json:"run_queue_share"` // of the window; -1 not measured
	ResidentBytes    int64   `json:"resident_bytes"`  // 0 not measured
	GCPauseMaxms     float64 `json:"gc_pause_max_ms"` // 0 not measured
	SentinelReadings int     `json:"sentinel_readings"`
}

// Identity is what an engine says of itself; a change between levels voids them.
type Identity struct {
	Server  string            `json:"server,omitempty"` // Server header or /version
	Version string            `json:"version,omitempty"`
	Model   string            `json:"model,omitempty"`
	Details map[string]string `json:"details,omitempty"` // flat, sorted on output
}
