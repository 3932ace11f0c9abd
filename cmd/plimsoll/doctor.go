package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"time"

	"plimsoll"
	"plimsoll/client"
	"plimsoll/dialect"
	"plimsoll/measure"
)

// DoctorCmd calibrates this machine as a load generator.
type DoctorCmd struct {
	Quick     bool          `help:"Half a minute: one load of 1,000 agents."`
	Agents    int           `help:"One load of so many agents instead of the usual ones."`
	Rate      int           `default:"20" help:"Events a second of each of --agents."`
	Context   int           `default:"27000" help:"Tokens of each prompt, at 4 bytes; the default is the mean of preset aa."`
	Window    time.Duration `default:"20s" help:"How long a load is measured."`
	JSON      bool          `name:"json" help:"Print the figures as JSON and nothing else."`
	Metronome int           `hidden:"" help:"Serve the calibration's engine at so many events a second."`
}

// Help is shown under the flags.
func (DoctorCmd) Help() string {
	return `Drives a simulated engine of constant rate, in a process of its own on this
machine, and holds what the client saw against what the engine logged. The engine
takes its share of the processors, so a machine of its own for the engine leaves
the client more.

What the machine bore is kept in ~/.cache/plimsoll (XDG_CACHE_HOME): later runs
carry the figures in their result and warn when a level asks for more. The limits
of open files, local ports and network cards are shown with what they allow.

  plimsoll doctor --quick
  plimsoll doctor --agents 2000 --rate 50
  plimsoll doctor --json

Exit code 6 when a load made the client the limit.`
}

// diagnosis is what the doctor says. The figures without a load's name are those of
// the largest load that the machine bore; without one, of the smallest tried.
type diagnosis struct {
	Scan float64 `json:"scan_events_per_second_per_core"`
	calibrated
	Context   int             `json:"context_tokens"`   // of a prompt
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
		return serveMetronome(ctx, c.Metronome, io.In, io.Out)
	}
	loads, err := c.loads()
	if err != nil {
		return err
	}
	d := diagnosis{Scan: scanRate(), Context: c.Context, CPUs: runtime.NumCPU()}
	d.OpenFiles, d.Ports = limits()
	for _, load := range loads {
		if !c.JSON {
			fmt.Fprintf(io.Err, "%d agents x %d events/s for %s ...\n", load.agents, load.rate, load.window)
		}
		if need := uint64(load.agents + 64); d.OpenFiles > 0 && d.OpenFiles < need {
			d.Warnings = append(d.Warnings, fmt.Sprintf("%d agents need %d open files but %d are allowed: raise it with ulimit -n", load.agents, need, d.OpenFiles))
			continue
		}
		seen, err := load.run(ctx, io.Err)
		if err != nil {
			return fmt.Errorf("doctor: %w", err)
		}
		d.Loads = append(d.Loads, seen)
		d.Warnings = append(d.Warnings, seen.complaints()...)
	}
	if d.Ports > 0 && d.Ports < 10_000 {
		d.Warnings = append(d.Warnings, fmt.Sprintf("%d local ports bound the agents on one URL: widen net.ipv4.ip_local_port_range", d.Ports))
	}
	if len(d.Loads) == 0 {
		return errors.New("doctor: no load could be tried: " + d.Warnings[0])
	}
	d.calibrated = d.best()
	d.Links = client.Links()
	if err := keep(d.calibration(time.Now()), c.Agents > 0, io); err != nil {
		return fmt.Errorf("doctor: %w", err)
	}
	if c.JSON {
		if err := json.NewEncoder(io.Out).Encode(d); err != nil {
			return fmt.Errorf("doctor: %w", err)
		}
	} else {
		d.print(io)
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
		return []calibration{{c.Agents, c.Rate, c.Context, c.Window}}, nil
	case c.Quick:
		return []calibration{{1000, 20, c.Context, min(c.Window, 10*time.Second)}}, nil
	}
	return []calibration{{1000, 20, c.Context, c.Window}, {1000, 100, c.Context, c.Window}, {5000, 20, c.Context, c.Window}}, nil
}

// complaints says, in sentences, where the client was the limit.
func (s calibrated) complaints() []string {
	var out []string
	say := func(bad bool, what string, value, limit float64) {
		if bad {
			out = append(out, fmt.Sprintf("%d agents x %d events/s: %s %.3g, want %.3g", s.Agents, s.Rate, what, value, limit))
		}
	}
	say(s.LagP99 > doctorLagMS, "lag P99 ms", s.LagP99, doctorLagMS)
	say(s.SentinelP99 > doctorSentinelMS, "sentinel P99 ms", s.SentinelP99, doctorSentinelMS)
	say(s.RunQueue > doctorRunQueue, "run-queue share", s.RunQueue, doctorRunQueue)
	say(s.Delivered < doctorDelivered, "delivered agents", s.Delivered, doctorDelivered)
	say(s.Failed > 0, "failed turns", float64(s.Failed), 0)
	return out
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

// allowances says what the limits of files, ports and cards allow: a connection an
// agent to one URL, a prompt of the size tried each 10 s.
func (d diagnosis) allowances() []string {
	var out []string
	if d.OpenFiles > 0 {
		out = append(out, fmt.Sprintf("%d open files: as many agents less 64; more by ulimit -n", d.OpenFiles))
	}
	if d.Ports > 0 {
		out = append(out, fmt.Sprintf("%d local ports: as many agents on one URL; more by net.ipv4.ip_local_port_range or several --url", d.Ports))
	}
	for _, link := range d.Links {
		line := linkLine(plimsoll.Generator{Link: link, BodyBytes: 4 * float64(d.Context)}, measure.Pace{Turns: 0.1})
		out = append(out, line+", a turn each 10 s")
	}
	return out
}

func (d diagnosis) print(io *IO) {
	fmt.Fprintf(io.Out, "scanning         %8.2f M events/s per core\n", d.Scan/1e6)
	fmt.Fprintf(io.Out, "%d processors\n", d.CPUs)
	for _, line := range d.allowances() {
		fmt.Fprintln(io.Out, line)
	}
	fmt.Fprintln(io.Out)
	fmt.Fprintln(io.Out, "us/event is all CPU time of the client, requests included, over all events.")
	fmt.Fprintf(io.Out, "%7s %6s %10s %9s %8s %12s %9s %14s %13s %10s\n", "agents", "rate", "events/s", "us/event", "lag P99", "sentinel P99", "run queue", "TTFT error P99", "speed err P99", "KiB/agent")
	for _, s := range d.Loads {
		fmt.Fprintf(io.Out, "%7d %6d %10.0f %9.1f %6.2fms %10.2fms %8.2f%% %12.2fms %12.2f%% %10d\n", s.Agents, s.Rate, s.EventsPerS, s.CPUPerEvent, s.LagP99, s.SentinelP99, 100*s.RunQueue, s.TTFTErrorP99, s.SpeedErrorP99, s.BytesPerAgent>>10)
	}
	fmt.Fprintln(io.Out)
	for _, w := range d.Warnings {
		fmt.Fprintln(io.Out, "!", w)
	}
	if len(d.Warnings) == 0 {
		fmt.Fprintln(io.Out, "This machine bore every load without being the limit (simulated engine on the same machine).")
	}
}

// scanRate measures the scanner on one core for a third of a second, many events a
// read.
func scanRate() float64 {
	chat, err := dialect.ByName(dialect.Default)
	if err != nil {
		return 0
	}
	const events = 1000
	block := bytes.Repeat([]byte(`data: {"id":"chatcmpl-0123456789abcdef0123456789abcdef","object":"chat.completion.chunk","created":1764000000,"model":"metronome","choices":[{"index":0,"delta":{"content":" abc"},"finish_reason":null}]}`+"\n\n"), events)
	s := dialect.NewScanner(chat, dialect.Caps{})
	n, began := 0, time.Now()
	for ; time.Since(began) < 300*time.Millisecond; n += events {
		s.Reset()
		if s.Feed(block, 1) != nil {
			return 0
		}
	}
	return float64(n) / time.Since(began).Seconds()
}
