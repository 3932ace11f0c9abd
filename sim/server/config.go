package server

import (
	"fmt"
	"net"
	"time"

	"plimsoll/sim"
	"plimsoll/sim/profile"
)

// Config says which engine to serve and how.
type Config struct {
	Addr       string  // listen address; "" is 127.0.0.1:0. Loopback only
	Profile    string  // built-in name or path; "" is demo
	KVScale    float64 // multiplies the KV pool; 0 is 1
	SpeedScale float64 // divides every step's duration; 0 is 1
	TimeScale  float64 // simulated seconds a second of the wall; 0 is 1
	APIKey     string  // asked for under /v1 where not empty
	Version    string  // of the binary, for /version
	// Sent is told, from the handlers' goroutines, when a reply's first token goes
	// to the socket; nil is not at all.
	Sent func(Sent)
}

// Sent is the send log's entry of one streamed reply.
type Sent struct {
	RequestID  string    // the request's X-Request-Id header
	FirstToken time.Time // just before the first token is handed to the socket
}

func (c Config) withDefaults() Config {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.Profile == "" {
		c.Profile = "demo"
	}
	if c.KVScale == 0 {
		c.KVScale = 1
	}
	if c.SpeedScale == 0 {
		c.SpeedScale = 1
	}
	if c.TimeScale == 0 {
		c.TimeScale = 1
	}
	return c
}

// Validate names the first field that is out of bounds.
func (c Config) Validate() error {
	c = c.withDefaults()
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fmt.Errorf("engine: address %q: %w", c.Addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("engine: address %q is not loopback; listen on 127.0.0.1:PORT", c.Addr)
	}
	for name, scale := range map[string]float64{"KV": c.KVScale, "speed": c.SpeedScale, "time": c.TimeScale} {
		if !(scale > 0 && scale <= 1e6) {
			return fmt.Errorf("engine: %s scale is %g, must be above 0 and at most 1e6", name, scale)
		}
	}
	return nil
}

// engine returns the profile and the cores' configuration.
func (c Config) engine() (p *profile.Profile, cfg sim.DeploymentConfig, err error) {
	if p, err = profile.Load(c.Profile); err != nil {
		return nil, cfg, err
	}
	if cfg, err = p.Deployment(); err != nil {
		return nil, cfg, err
	}
	cfg = cfg.Scaled(c.KVScale, c.SpeedScale)
	for _, stage := range [][]sim.Config{cfg.Serve, cfg.Decode} {
		for i := range stage {
			stage[i].PerToken = true
		}
	}
	return p, cfg, cfg.Validate()
}
