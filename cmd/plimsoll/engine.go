package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"plimsoll/sim/profile"
	"plimsoll/sim/server"
)

// listening begins the line that says where the engine listens; a parent reads it.
const listening = "listening on "

// EngineCmd serves the simulated engine.
type EngineCmd struct {
	Addr             string  `default:"127.0.0.1:8000" help:"Loopback address; port 0 takes a free one."`
	Profile          string  `default:"demo" help:"Built-in profile, ACCELERATOR+MODEL[+RUNTIME], or a file such as ./mine.yaml."`
	Model            string  `placeholder:"NAME" help:"Another model on the profile's accelerator; see plimsoll simulate list."`
	KV               float64 `name:"kv" default:"1" help:"Scale of the KV cache pool; offload tiers stay as they are."`
	Speed            float64 `default:"1" help:"Scale of the speed of its steps; links and network stay as they are."`
	TimeScale        float64 `name:"time-scale" default:"1" help:"Run its clock this many times faster than the wall's."`
	APIKeyEnv        string  `name:"api-key-env" placeholder:"NAME" help:"Ask clients for the key that this environment variable holds."`
	UntilStdinCloses bool    `hidden:"" help:"End when stdin closes."`
}

// Help is shown under the flags.
func (EngineCmd) Help() string {
	return `Everything this engine says is simulated. It speaks OpenAI chat completions,
/v1/models, /version, /health, vLLM-style /metrics and its own power draw as
dcgm-exporter text at /dcgm/metrics.

  plimsoll engine                       serve the demo profile on port 8000
  plimsoll engine --addr 127.0.0.1:0    on a free port, printed first
  plimsoll engine --profile h200 --model llama-3.1-8b --time-scale 1
  plimsoll run --url http://127.0.0.1:8000/v1 --accelerators 1`
}

// Run serves until it is interrupted.
func (c *EngineCmd) Run(ctx context.Context, io_ *IO) error {
	if c.UntilStdinCloses {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		go func() { // ends with stdin, at the latest with the process
			io.Copy(io.Discard, io_.In)
			cancel()
		}()
	}
	key := ""
	if c.APIKeyEnv != "" {
		if key = io_.Env(c.APIKeyEnv); key == "" {
			return &ExitError{exitUsage, fmt.Errorf("environment variable %s is empty; put the key there", c.APIKeyEnv)}
		}
	}
	if !(c.KV > 0) || !(c.Speed > 0) || !(c.TimeScale > 0) {
		return &ExitError{exitUsage, fmt.Errorf("--kv %g, --speed %g and --time-scale %g must be above 0", c.KV, c.Speed, c.TimeScale)}
	}
	served, err := c.profile()
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	cfg := server.Config{Addr: c.Addr, Profile: served, KVScale: c.KV, SpeedScale: c.Speed, TimeScale: c.TimeScale, APIKey: key, Version: version()}
	if err := cfg.Validate(); err != nil {
		return &ExitError{exitUsage, err}
	}
	return server.Run(ctx, cfg, func(url string) {
		fmt.Fprintln(io_.Out, listening+url)
		if io_.TTY && !c.UntilStdinCloses {
			fmt.Fprintf(io_.Err, "  profile %s, simulated; metrics at /metrics, power at /dcgm/metrics; Ctrl-C ends it\n", served)
		}
	})
}

// profile is the name of what is served: the profile, or its accelerator with another
// model.
func (c *EngineCmd) profile() (string, error) {
	p, err := profile.Choose(profile.Choice{System: c.Profile, Model: c.Model})
	if err != nil || c.Model == "" || p.Use.Model == c.Model && !strings.Contains(p.Name, "+") {
		return c.Profile, err
	}
	return p.Name, nil
}
