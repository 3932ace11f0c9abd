package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/config"
	"plimsoll/sim/profile"
	"plimsoll/sim/study"
)

// SimulateCmd asks simulated systems how many agents they carry.
type SimulateCmd struct {
	System    SimulateSystemCmd    `cmd:"" default:"withargs" help:"Find how many agents a simulated system carries (the default)."`
	List      SimulateListCmd      `cmd:"" help:"List accelerators, models, runtimes and systems, with what fits where."`
	Show      SimulateShowCmd      `cmd:"" help:"Print a system's profile: a file to change and to simulate."`
	Published SimulatePublishedCmd `cmd:"" help:"Simulate the systems with published results, and set ours beside theirs."`
}

// Help is shown under the flags.
func (SimulateCmd) Help() string {
	return `The same agents, trajectories, levels, gates and search as plimsoll run, on a
simulated engine in virtual time. Every figure is simulated and says so.

  plimsoll simulate gb300-nvl72
  plimsoll simulate h200 --tier 20tps/10s --ensemble 16
  plimsoll simulate gb300-nvl72 --ablate wideep,overlap,nvl72,speculation
  plimsoll simulate h200 --model llama-3.1-70b --layout 2xtp4
  plimsoll simulate gb300-nvl72 --layout 6xdep4+dep8 --racks 15
  plimsoll simulate published --chosen --json

A system of your own begins as a copy of another one:

  plimsoll simulate list
  plimsoll simulate show h200 > mine.yaml
  plimsoll simulate ./mine.yaml --ablate tiers    with a section offload in it

Flags of the search: plimsoll simulate system --help.`
}

// searchFlags say what is searched for.
type searchFlags struct {
	Tiers        *string         `placeholder:"NAME" help:"Tier set: a built-in name or a file such as ./tiers.yaml. Default ${default_tiers}."`
	Tier         []plimsoll.Tier `sep:"none" placeholder:"30tps/10s" help:"One tier, repeatable; replaces the set."`
	Trajectories string          `default:"aa" help:"Built-in set (${sets}) or a file such as ./x.jsonl."`
	Preset       string          `default:"standard" help:"standard, publish, aa or quick."`
	Method       *string         `placeholder:"aa" help:"aa (double, then bisect; the default of standard here) or certified."`
	Settle       *time.Duration  `placeholder:"DURATION" help:"Settling before a window, at least; it goes on until the load is stationary."`
	Window       *time.Duration  `placeholder:"DURATION" help:"Shortest window."`
	MaxAgents    *int            `name:"max-agents" placeholder:"N" help:"Never more agents than this."`
	Salts        *string         `placeholder:"walk" help:"Random prefixes: walk (agents share their scaffold alone) or level (agents on one trajectory find each other's prompts in the cache; preset aa)."`
	Seed         *uint64         `placeholder:"42" help:"Seed of every random draw."`
	Ensemble     int             `default:"0" placeholder:"N" help:"Also search N draws of the uncertain profile fields: the range P10 to P90."`
	JSON         bool            `name:"json" help:"Print JSON on standard output and nothing else."`
}

// run is the run that the flags describe. In virtual time presets differ only in
// what they measure; standard searches like aa unless it is told to certify.
func (f searchFlags) run() config.Run {
	virtual := true
	r := config.Run{
		Virtual: &virtual, Tiers: f.Tiers, Tier: f.Tier, Trajectories: &f.Trajectories, Preset: &f.Preset, Method: f.Method,
		Settle: f.Settle, Window: f.Window, MaxAgents: f.MaxAgents, Seed: f.Seed, Salts: f.Salts,
	}
	if f.Preset == "standard" {
		method := "aa"
		r = r.Over(config.Run{Method: &method})
	}
	return r
}

func (f searchFlags) check() error {
	if f.Ensemble < 0 || f.Ensemble == 1 || f.Ensemble > 1000 {
		return &ExitError{exitUsage, fmt.Errorf("--ensemble %d: want 2 to 1,000 members, or 0 for none", f.Ensemble)}
	}
	return nil
}

// SimulateSystemCmd searches one system.
type SimulateSystemCmd struct {
	System  string `arg:"" help:"Profile, accelerator, ACCELERATOR+MODEL[+RUNTIME] or a file such as ./mine.yaml; see simulate list."`
	Model   string `placeholder:"NAME" help:"Model; default the profile's own."`
	Runtime string `placeholder:"NAME" help:"Serving software; default the profile's own."`
	Layout  string `placeholder:"WORDS" help:"How engines are spread, for example tp8, 2xtp4, dep8 or 4xdep8+dep40 (prompts+decoding)."`
	Racks   int    `default:"1" placeholder:"N" help:"Copies of the system behind one router."`
	Ablate  string `placeholder:"NAMES" help:"What these are worth, each searched without: wideep, overlap, nvl72, affinity, speculation, mxfp4, tiers."`
	searchFlags
}

// Run searches the system, its ablations and its ensemble.
func (c *SimulateSystemCmd) Run(ctx context.Context, io *IO) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Racks < 1 {
		return &ExitError{exitUsage, fmt.Errorf("--racks %d: want at least 1", c.Racks)}
	}
	p, err := profile.Choose(profile.Choice{System: c.System, Model: c.Model, Runtime: c.Runtime, Layout: c.Layout, Racks: c.Racks})
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	questions, err := c.questions(p)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	answers, err := c.search(ctx, questions, io)
	if err != nil {
		return nothingKept(ctx, err)
	}
	base, rest := answers[0], answers[1:]
	if base.err != nil {
		return base.err
	}
	rows, err := study.Rows(p, base.final, base.uses)
	if err != nil {
		return err
	}
	if rest, err = spreadOver(rows, rest, c.Ensemble); err != nil {
		return err
	}
	worth := worthOf(rows, rest)
	if c.JSON {
		return printJSON(io.Out, map[string]any{"schema": "plimsoll-simulate/1", "simulated": true, "rows": rows, "ablations": worth})
	}
	showSystem(io.page(), p, base.final, rows)
	showWorth(io.page(), rows, worth)
	return nil
}

// questions are the system first, then its ensemble, then what it is without.
func (c *SimulateSystemCmd) questions(p *profile.Profile) ([]question, error) {
	out := append([]question{{label: p.Name, shape: p}}, ensemble(p, c.Ensemble)...)
	if c.Ablate == "" {
		return out, nil
	}
	for name := range strings.SplitSeq(c.Ablate, ",") {
		name = strings.TrimSpace(name)
		without, err := study.Without(p, name)
		if err != nil {
			return nil, err
		}
		out = append(out, question{label: without.Name, ablates: name, shape: without})
	}
	return out, nil
}
