package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/client"
	"plimsoll/measure"
)

// DoctorCmd calibrates this machine as a load generator.
type DoctorCmd struct {
	Quick     bool          `help:"Twenty seconds: one load of 1,000 agents."`
	Agents    int           `help:"One load of so many agents instead of the usual ones."`
	Rate      int           `default:"20" help:"Events a second of each of --agents."`
	Context   int           `default:"27000" help:"Tokens of each prompt, at 4 bytes; the default is the mean of preset aa."`
	Window    time.Duration `default:"20s" help:"How long a load is measured."`
	Over      string        `default:"plain" enum:"plain,tls,http2" help:"How the engine is reached: plain HTTP/1.1, the same over TLS, or HTTP/2 over TLS, as run --http2 speaks it."`
	JSON      bool          `name:"json" help:"Print the figures as JSON and nothing else."`
	Metronome int           `hidden:"" help:"Serve the calibration's engine at so many events a second."`
	Secure    string        `hidden:"" help:"Folder of its certificate, where it is served over TLS."`
}

// Help is shown under the flags.
func (DoctorCmd) Help() string {
	return `How many agents can this machine play before it is itself the limit? Drives a
simulated engine of constant rate, in a process of its own on this machine, and
holds what the client saw against what the engine logged: three loads in a minute
and a half, or one. The engine takes its share of the processors, so a machine of
its own for the engine leaves the client more.

What the machine bore is kept in ~/.cache/plimsoll (XDG_CACHE_HOME): later runs
carry the figures in their result and warn when a level asks for more; --quick and
--agents only add to what is kept, --over adds nothing. The limits of open files, local ports and
network cards are shown with what they allow.

  plimsoll doctor
  plimsoll doctor --quick
  plimsoll doctor --agents 2000 --rate 50
  plimsoll doctor --quick --over http2
  plimsoll doctor --json

Exit code 6 when the client was the limit in a load, or a load was not tried; the
last lines say why and what helps.`
}

// diagnosis is what the doctor says. The figures without a load's name are those of
// the largest load that the machine bore; without one, of the smallest tried.
type diagnosis struct {
	Scan      float64 `json:"scan_events_per_second_per_core"`       // every event walked, as with usage in each
	ScanAlike float64 `json:"scan_alike_events_per_second_per_core"` // events that differ in their text alone
	calibrated
	Context   int             `json:"context_tokens"`   // of a prompt
	Over      string          `json:"over"`             // how the engine was reached
	OpenFiles uint64          `json:"open_files_limit"` // 0 unknown
	Ports     int             `json:"local_ports"`      // 0 unknown
	CPUs      int             `json:"cpus"`
	Links     []plimsoll.Link `json:"links"` // network interfaces that lead off this machine
	Loads     []calibrated    `json:"loads"`
	Warnings  []string        `json:"warnings,omitempty"`
}

// The limits that a load must keep for the client not to be the limit.
const (
	doctorLagMS      = 5
	doctorSentinelMS = 1
	doctorRunQueue   = 0.01
	doctorDelivered  = 0.99
)

// Run calibrates.
func (c *DoctorCmd) Run(ctx context.Context, io *IO) error {
	if c.Metronome > 0 {
		return serveMetronome(ctx, c.Metronome, c.Secure, io.In, io.Out)
	}
	loads, err := c.loads()
	if err != nil {
		return err
	}
	d := diagnosis{Scan: scanRate(true), ScanAlike: scanRate(false), Context: c.Context, Over: c.Over, CPUs: runtime.NumCPU()}
	d.OpenFiles, d.Ports = limits()
	for i, load := range loads {
		if strained := measure.StrainOf(d.generator(), load.agents, measure.Pace{}); len(strained) > 0 {
			for _, s := range strained {
				d.Warnings = append(d.Warnings, s.Text+" (not tried)")
			}
			continue
		}
		if !c.JSON {
			fmt.Fprintf(io.Err, "load %d of %d: %d agents x %d tokens/s, about %s ...\n", i+1, len(loads), load.agents, load.rate, load.takes())
		}
		seen, err := load.run(ctx, io.Err)
		if err != nil {
			return fmt.Errorf("doctor: %w", err)
		}
		d.Loads = append(d.Loads, seen)
		if why := seen.complaints(); len(why) > 0 {
			d.Warnings = append(d.Warnings, fmt.Sprintf("%d agents x %d tokens/s: the client was the limit: %s", seen.Agents, seen.Rate, strings.Join(why, ", ")))
		}
	}
	if len(d.Loads) == 0 {
		return errors.New("doctor: no load could be tried: " + d.Warnings[0])
	}
	d.calibrated = d.best()
	d.Links = client.Links()
	if c.Over == overPlain {
		if err := keep(d.calibration(time.Now()), c.Agents > 0 || c.Quick, io); err != nil {
			return fmt.Errorf("doctor: %w", err)
		}
	}
	if c.JSON {
		if err := json.NewEncoder(io.Out).Encode(d); err != nil {
			return fmt.Errorf("doctor: %w", err)
		}
	} else {
		d.print(io.page())
	}
	if len(d.Warnings) > 0 {
		return &ExitError{Code: exitCheck}
	}
	return nil
}

// loads returns what is to be tried.
func (c *DoctorCmd) loads() ([]calibration, error) {
	switch {
	case c.Agents < 0 || c.Agents > 100_000 || c.Rate < 1 || c.Rate > 1000:
		return nil, &ExitError{exitUsage, fmt.Errorf("doctor: --agents %d (want 1 to 100000) or --rate %d (want 1 to 1000) is out of bounds", c.Agents, c.Rate)}
	case c.Context < 100 || c.Context > 2_000_000:
		return nil, &ExitError{exitUsage, fmt.Errorf("doctor: --context %d is out of bounds: want 100 to 2000000 tokens", c.Context)}
	case c.Window < time.Second || c.Window > 10*time.Minute:
		return nil, &ExitError{exitUsage, fmt.Errorf("doctor: --window %s is out of bounds: want 1s to 10m", c.Window)}
	case c.Agents > 0:
		return []calibration{{c.Agents, c.Rate, c.Context, c.Window, c.Over}}, nil
	case c.Quick:
		return []calibration{{1000, 20, c.Context, min(c.Window, 10*time.Second), c.Over}}, nil
	}
	return []calibration{{1000, 20, c.Context, c.Window, c.Over}, {1000, 100, c.Context, c.Window, c.Over}, {5000, 20, c.Context, c.Window, c.Over}}, nil
}

// complaints says where the client was the limit.
func (s calibrated) complaints() []string {
	var out []string
	say := func(bad bool, format string, values ...any) {
		if bad {
			out = append(out, fmt.Sprintf(format, values...))
		}
	}
	say(s.LagP99 > doctorLagMS, "lag P99 %.3g ms (limit %d)", s.LagP99, doctorLagMS)
	say(s.SentinelP99 > doctorSentinelMS, "sentinel P99 %.3g ms (limit %d)", s.SentinelP99, doctorSentinelMS)
	say(s.RunQueue > doctorRunQueue, "run queue %.3g %% (limit %.0f)", 100*s.RunQueue, 100*doctorRunQueue)
	say(s.Delivered < doctorDelivered, "%.3g %% of the agents delivered (want %.0f)", 100*s.Delivered, 100*doctorDelivered)
	say(s.Failed > 0, "%d failed turns", s.Failed)
	return out
}

// generator is this machine's limits, as far as a load on loopback meets them.
func (d diagnosis) generator() plimsoll.Generator {
	return plimsoll.Generator{CPUs: d.CPUs, OpenFiles: d.OpenFiles, LocalPorts: d.Ports, BodyBytes: 4 * float64(d.Context)}
}

// best returns the busiest load without a complaint, else the first.
func (d diagnosis) best() calibrated {
	out, found := d.Loads[0], false
	for _, load := range d.Loads {
		if len(load.complaints()) == 0 && (!found || load.EventsPerS > out.EventsPerS) {
			out, found = load, true
		}
	}
	return out
}

// calibration is what runs keep of a diagnosis.
func (d diagnosis) calibration(at time.Time) plimsoll.Calibration {
	c := plimsoll.Calibration{
		At: at.UTC().Truncate(time.Second), Version: version(), CPUs: d.CPUs, Scan: d.Scan, CPUPerEvent: d.CPUPerEvent, LagP99: d.LagP99, SentinelP99: d.SentinelP99,
		TTFTErrorP99: d.TTFTErrorP99, SpeedErrorP99: d.SpeedErrorP99, BytesPerAgent: d.BytesPerAgent,
	}
	for _, load := range d.Loads {
		if len(load.complaints()) == 0 {
			c.Agents, c.EventsPerS = max(c.Agents, load.Agents), max(c.EventsPerS, load.EventsPerS)
		}
	}
	return c
}
