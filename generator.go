package plimsoll

import "time"

// Generator describes the machine that makes the load, as far as it bounds the load.
type Generator struct {
	CPUs       int    `json:"cpus"`
	OpenFiles  uint64 `json:"open_files"`  // that a process may have; 0 unknown
	LocalPorts int    `json:"local_ports"` // 0 unknown
	// Connections is how many an agent may have open at once, all URLs together, and
	// URLs over how many they are spread.
	Connections int `json:"connections_per_agent"`
	URLs        int `json:"urls"`
	// BodyBytes is the mean text of a request over the set's turns.
	BodyBytes float64 `json:"mean_body_bytes"`
	Link      Link    `json:"link"`
	// Calibration is what plimsoll doctor found on this machine; nil it never ran here.
	Calibration *Calibration `json:"calibration"`
}

// Link is the network interface on the way to the engine.
type Link struct {
	Interface string  `json:"interface"`   // "" unknown
	Loopback  bool    `json:"loopback"`    // no card is on the way
	BytesPerS float64 `json:"bytes_per_s"` // in one direction; 0 unknown
}

// Calibration is what a machine bore as a load generator, against a simulated engine
// on the same machine: a lower bound. Agents and EventsPerS are each the most of a load
// in which the client was not the limit, 0 where it was in all; the other figures are
// those of the busiest such load, or of the smallest.
type Calibration struct {
	At            time.Time `json:"at"`
	Version       string    `json:"version"` // of the binary
	CPUs          int       `json:"cpus"`
	Scan          float64   `json:"scan_events_per_second_per_core"` // every event walked, many a read
	CPUPerEvent   float64   `json:"cpu_us_per_event"`
	Agents        int       `json:"agents"`
	EventsPerS    float64   `json:"events_per_second"`
	LagP99        float64   `json:"lag_p99_ms"`
	SentinelP99   float64   `json:"sentinel_p99_ms"`
	TTFTErrorP99  float64   `json:"ttft_error_p99_ms"`
	SpeedErrorP99 float64   `json:"speed_error_p99_percent"`
	BytesPerAgent int64     `json:"bytes_per_agent"`
}
