package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/plan"
	"plimsoll/report"
)

// PlanCmd sizes a datacenter from measured results. No flag is read from the
// environment: PLIMSOLL_POWER names a meter, not a budget.
type PlanCmd struct {
	System []string `env:"-" sep:"none" required:"" placeholder:"RESULT" help:"Run folder, file of typed results, published:WORDS, or profile:NAME (simulated); repeatable. Options follow a question mark, see above."`

	Power     plimsoll.Watts `env:"-" group:"Supply" placeholder:"10MW" help:"Power budget."`
	Boundary  string         `env:"-" group:"Supply" default:"facility" enum:"facility,it,rack,accelerator" help:"Where the budget is counted: facility, it, rack or accelerator."`
	Units     int            `env:"-" group:"Supply" placeholder:"N" help:"Scale units that are there, nodes or racks."`
	Racks     int            `env:"-" group:"Supply" placeholder:"N" help:"Racks that are there."`
	RackPower plimsoll.Watts `env:"-" group:"Supply" placeholder:"40kW" help:"Power of a rack that holds nodes."`
	PUE       float64        `env:"-" name:"pue" group:"Supply" default:"1.2" help:"Facility power over IT power (${default})."`
	Reserve   plan.Share     `env:"-" group:"Supply" default:"5%" help:"IT power kept for network, storage and management (${default})."`
	Diversity float64        `env:"-" group:"Supply" default:"1" help:"Oversubscribe: divide provisioned power by this factor. Needs a power cap that holds."`

	Tier       string          `env:"-" group:"Agents" placeholder:"30tps/10s" help:"Tier; without it the loosest that all systems have."`
	Mix        plan.Mix        `env:"-" group:"Agents" sep:"none" placeholder:"T1=70%,T2=30%" help:"Several tiers, each in a pool of its own."`
	Redundancy plan.Redundancy `env:"-" group:"Agents" default:"none" help:"none, N+1 or 2N, after rounding to units (${default})."`
	Headroom   plan.Share      `env:"-" group:"Agents" default:"0%" help:"Agents kept free after redundancy (${default})."`
	ToolTime   time.Duration   `env:"-" group:"Agents" placeholder:"5s" help:"Mean tool or think time of a turn; without it as measured."`
	KV         string          `env:"-" name:"kv-regime" group:"Agents" default:"engine" enum:"engine,memory" help:"What longer tool time meets: engine (waiting costs nothing) or memory (each agent holds its context)."`

	Agents   int        `env:"-" group:"Demand" placeholder:"N" help:"Agents to carry; without a supply the planner says what they need."`
	Users    int        `env:"-" group:"Demand" placeholder:"N" help:"Users to serve."`
	Growth   plan.Share `env:"-" group:"Demand" default:"0%" help:"Growth of the users to plan for (${default})."`
	Active   plan.Share `env:"-" group:"Demand" default:"20%" help:"Users active at the busiest hour (${default})."`
	Sessions float64    `env:"-" group:"Demand" default:"1" help:"Agents of one active user (${default})."`
	Blocking plan.Share `env:"-" group:"Demand" default:"0.1%" help:"Sessions that may find no slot (${default})."`
	Traffic  string     `env:"-" group:"Demand" default:"erlang-b" enum:"erlang-b,erlang-c,binomial" help:"erlang-b (turned away), erlang-c (waits) or binomial (small team)."`

	GPUHour  float64    `env:"-" name:"gpu-hour" group:"Money" placeholder:"3.50" help:"Rent of an accelerator for an hour, power included."`
	Capex    float64    `env:"-" group:"Money" placeholder:"60000" help:"Purchase for one accelerator, its share of everything."`
	KWh      float64    `env:"-" name:"kwh" group:"Money" placeholder:"0.08" help:"A kilowatt-hour."`
	Years    float64    `env:"-" group:"Money" default:"4" help:"Years of depreciation (${default})."`
	DayCurve string     `env:"-" group:"Money" type:"existingfile" placeholder:"FILE" help:"Share of the peak in each hour, one a line: 0.35 or 35%."`
	Idle     plan.Share `env:"-" name:"idle-power" group:"Money" default:"100%" help:"Power of an idle unit, of its loaded mean (${default}: nothing is saved)."`

	WithSimulated bool `env:"-" name:"with-simulated" group:"Output" help:"Allow simulated systems beside others, marked."`
	JSON          bool `env:"-" name:"json" group:"Output" xor:"format" help:"Print JSON."`
	HTML          bool `env:"-" name:"html" group:"Output" xor:"format" help:"Print one self-contained page."`
	CSV           bool `env:"-" name:"csv" group:"Output" xor:"format" help:"Print a line a system."`
}

// Help is shown under the flags.
func (PlanCmd) Help() string {
	return `Budget to agents, side by side:
  plimsoll plan --power 10MW --pue 1.2 --redundancy N+1 \
      --system 'published:gb300?gpu_hour=3.30' --system 'published:h200?gpu_hour=1.74'
Users to power, racks and cost:
  plimsoll plan --users 20000 --active 20% --sessions 1.5 --system runs/x?accelerator=H200 --rack-power 40kW
The largest team for one node:
  plimsoll plan --units 1 --traffic binomial --blocking 1% --system runs/x?accelerator=H200

Options of a system, after a question mark, joined by &:
  accelerator=H200    gives the scale unit and its provisioned power
  unit=8              accelerators of a scale unit
  unit_power=10.2kW@node_ac   provisioned for a whole unit, with its boundary
  accelerators=8 agents=11    of the measured deployment, where they are not known
  turn=20s tool=1.5s  mean time of a turn on the engine, mean tool time as measured
  gpu_hour= capex= kwh= years=   prices of this system
  name=               how it is called here

The formulas and a worked example: docs/planning.md.`
}

// Run answers the request.
func (c *PlanCmd) Run(ctx context.Context, io *IO) error {
	request, err := c.request(ctx, io)
	if err != nil {
		return err
	}
	p, err := plan.Compute(request)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	switch {
	case c.JSON:
		return report.JSON(io.Out, p)
	case c.HTML:
		return report.PlanHTML(io.Out, p)
	case c.CSV:
		return report.PlanCSV(io.Out, p)
	}
	return report.PlanTerminal(io.Out, p, io.terminal(110))
}

func (c *PlanCmd) request(ctx context.Context, io *IO) (plan.Request, error) {
	r := plan.Request{
		Power: c.Power, At: plan.Level(c.Boundary), Units: c.Units, Racks: c.Racks, PUE: c.PUE, Reserve: c.Reserve,
		Diversity: c.Diversity, RackPower: c.RackPower, Tier: c.Tier, Mix: c.Mix, Redundancy: c.Redundancy, Headroom: c.Headroom,
		Agents: c.Agents, ToolTime: c.ToolTime, KV: c.KV, Idle: c.Idle, WithSimulated: c.WithSimulated,
		Price: plan.Price{GPUHour: c.GPUHour, Capex: c.Capex, KWh: c.KWh},
	}
	if c.Capex > 0 {
		r.Price.Years = c.Years
	}
	if c.Agents == 0 || c.Users != 0 {
		r.Population = &plan.Population{Users: c.Users, Growth: c.Growth, Active: c.Active, Sessions: c.Sessions, Blocking: c.Blocking, Model: c.Traffic}
	}
	var err error
	if r.Day, err = dayCurve(c.DayCurve); err != nil {
		return r, &ExitError{exitUsage, err}
	}
	for _, spec := range c.System {
		found, err := systemsOf(ctx, spec, c.Years, io)
		if err != nil {
			return r, &ExitError{exitUsage, err}
		}
		r.Systems = append(r.Systems, found...)
	}
	return r, nil
}

// dayCurve reads the share of the peak in each of 24 hours, one a line; empty lines
// and what follows # are left out.
func dayCurve(path string) ([]float64, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("day curve: %w", err)
	}
	defer f.Close()
	var day []float64
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		var s plan.Share
		if err := s.UnmarshalText([]byte(text)); err != nil || s > 1 {
			return nil, fmt.Errorf("day curve %s, line %d: %q is no share of the peak, 0 to 1", path, n, text)
		}
		day = append(day, float64(s))
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("day curve %s: %w", path, err)
	}
	if len(day) != 24 {
		return nil, errors.New("day curve " + path + ": " + strconv.Itoa(len(day)) + " values, want one for each of 24 hours")
	}
	return day, nil
}
