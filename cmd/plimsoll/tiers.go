package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"plimsoll"
	"plimsoll/config"
	"plimsoll/slo"
)

// TiersCmd looks at tier sets and proposes new ones.
type TiersCmd struct {
	List   TiersListCmd   `cmd:"" default:"withargs" help:"List the built-in tier sets."`
	Show   TiersShowCmd   `cmd:"" help:"Print one set as a file for --tiers."`
	Derive TiersDeriveCmd `cmd:"" help:"Propose tiers from what endpoints deliver to one agent at a time."`
}

// TiersListCmd lists the built-in sets.
type TiersListCmd struct {
	JSON bool `name:"json" help:"For machines."`
}

// Run prints a line a set.
func (c *TiersListCmd) Run(_ context.Context, io *IO) error {
	sets, err := config.TierSets()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(io.Out, sets)
	}
	table := tabwriter.NewWriter(io.Out, 0, 4, 2, ' ', 0)
	for _, s := range sets {
		var names []string
		for _, t := range s.Tiers {
			names = append(names, t.Name)
		}
		mark := ""
		if s.Name == config.DefaultTiers {
			mark = "(default)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", s.Name, strings.Join(names, "  "), mark)
	}
	return table.Flush()
}

// TiersShowCmd prints one set.
type TiersShowCmd struct {
	Name string `arg:"" help:"Built-in name or a file such as ./tiers.yaml."`
}

// Run prints the set in the form that --tiers reads.
func (c *TiersShowCmd) Run(_ context.Context, io *IO) error {
	set, err := config.TierSet(c.Name)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	data, err := config.TierSetYAML(set)
	if err != nil {
		return err
	}
	_, err = io.Out.Write(data)
	return err
}

// TiersDeriveCmd proposes tiers.
type TiersDeriveCmd struct {
	Endpoints    []string          `arg:"" name:"endpoint" placeholder:"NAME=URL" help:"What to probe: NAME=http://HOST:PORT/v1, or NAME=sim:PROFILE for a simulated engine in virtual time."`
	Model        map[string]string `placeholder:"NAME=MODEL" mapsep:"none" help:"Model to ask an endpoint for, repeatable; without it the endpoint's only one."`
	APIKeyEnv    map[string]string `name:"api-key-env" placeholder:"NAME=ENV" mapsep:"none" help:"Environment variable that holds an endpoint's API key, repeatable."`
	Dialect      string            `default:"chat" help:"Wire format: ${dialects}."`
	Trajectories string            `default:"mini" help:"Built-in set (${sets}) or a file such as ./x.jsonl."`
	Output       string            `default:"recorded" enum:"recorded,free" help:"Output policy: recorded (length forced) or free, for endpoints that do not force lengths."`
	Window       time.Duration     `default:"2m" help:"How long each endpoint is measured at least; longer until 60 turns were sent."`
	Name         string            `default:"derived" help:"Name of the proposed set."`
	Out          string            `short:"o" placeholder:"FILE" help:"Write the set to this file; default standard output."`
	Runs         string            `default:"runs" placeholder:"DIR" help:"Where the run folder of each probe goes."`
	MayLoad      bool              `name:"i-may-load-this-target" env:"-" help:"I may put load on a target outside this machine."`
	JSON         bool              `name:"json" help:"What was delivered and what is proposed, for machines."`
}

// Help is shown under the flags.
func (TiersDeriveCmd) Help() string {
	return `Each endpoint serves one agent for a window; its run folder is kept and can be
verified. Speeds are split into groups that lie 1.5 times apart; each gives one tier
that all its endpoints meet, in rounded figures.

  plimsoll tiers derive a=http://127.0.0.1:8000/v1 b=http://127.0.0.1:8001/v1 -o ./tiers.yaml
  plimsoll run --url http://127.0.0.1:8000/v1 --tiers ./tiers.yaml

One agent alone sees the engine at its fastest, unless the endpoint serves others
as well: what a loaded public endpoint gives is what its users have.`
}

// probed is one endpoint's delivery and the run that shows it.
type probed struct {
	slo.Delivery
	Turns  int    `json:"turns"`
	Failed int    `json:"failed"`
	Folder string `json:"folder"`
}

// Run probes the endpoints one after the other.
func (c *TiersDeriveCmd) Run(ctx context.Context, io *IO) error {
	var seen []probed
	var deliveries []slo.Delivery
	names := map[string]bool{}
	for _, e := range c.Endpoints {
		name, url, ok := strings.Cut(e, "=")
		if !ok || name == "" || url == "" || names[name] {
			return &ExitError{exitUsage, fmt.Errorf("endpoint %q: want NAME=URL with a name of its own", e)}
		}
		names[name] = true
	}
	for _, e := range c.Endpoints {
		name, url, _ := strings.Cut(e, "=")
		fmt.Fprintf(io.Err, "%s: one agent, for %s at least\n", name, c.Window)
		p, err := c.probe(ctx, name, url, io)
		if err != nil {
			return interrupted(ctx, fmt.Errorf("endpoint %s: %w", name, err))
		}
		seen, deliveries = append(seen, p), append(deliveries, p.Delivery)
	}
	proposals, err := slo.Propose(deliveries)
	if err != nil {
		return err
	}
	set := plimsoll.TierSet{Name: c.Name, Source: c.source(seen)}
	for _, p := range proposals {
		set.Tiers = append(set.Tiers, p.Tier)
	}
	if c.JSON {
		return printJSON(io.Out, map[string]any{"set": set, "endpoints": seen})
	}
	return c.show(set, proposals, seen, io)
}

// probe measures one endpoint at one agent, as a run of its own.
func (c *TiersDeriveCmd) probe(ctx context.Context, name, url string, outside *IO) (probed, error) {
	said := c.said(name, url)
	if err := os.MkdirAll(c.Runs, 0o755); err != nil {
		return probed{}, err
	}
	plan, full, err := config.Resolve(said, config.Permit{MayLoad: c.MayLoad})
	if err != nil {
		return probed{}, &ExitError{exitUsage, err}
	}
	job, err := prepare(ctx, plan, outside)
	if err != nil {
		return probed{}, err
	}
	quiet := *outside
	quiet.Out, quiet.Err, quiet.TTY = io.Discard, io.Discard, false
	final, err := job.measure(ctx, full, &quiet, true)
	if err = errors.Join(err, job.close()); err != nil {
		return probed{}, err
	}
	for _, l := range final.Levels {
		if !l.Warmup && l.Validity == "valid" {
			return probed{
				Delivery: slo.Delivery{Endpoint: name, SpeedTPS: float64(l.SpeedTPS), TTFTs: l.TTFT()},
				Turns:    l.Turns, Failed: l.Failed, Folder: *said.Out,
			}, nil
		}
	}
	return probed{}, fmt.Errorf("no valid level: %s (%s)", final.Ended, *said.Out)
}

// said is the run of one probe: a ladder of one level with one agent.
func (c *TiersDeriveCmd) said(name, url string) config.Run {
	preset, out, virtual := "quick", "", false
	for n := 1; out == "" || exists(out); n++ {
		out = filepath.Join(c.Runs, fmt.Sprintf("derive-%s-%s-%d", time.Now().UTC().Format("20060102-150405"), plainName(name), n))
	}
	limit := 2*c.Window + 10*time.Minute
	r := config.Run{
		Preset: &preset, Levels: []int{1}, Out: &out, Dialect: &c.Dialect, Trajectories: &c.Trajectories,
		Output: &c.Output, Window: &c.Window, Limit: &limit, Virtual: &virtual,
	}
	if engine, simulated := strings.CutPrefix(url, "sim:"); simulated {
		virtual, r.Engine = true, &engine
	} else {
		r.URL = []string{url}
	}
	if model := c.Model[name]; model != "" {
		r.Model = &model
	}
	if env := c.APIKeyEnv[name]; env != "" {
		r.APIKeyEnv = &env
	}
	return r
}

// plainName keeps what may stand in a folder's name.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, name)
}

func (c *TiersDeriveCmd) source(seen []probed) string {
	var parts []string
	for _, p := range seen {
		parts = append(parts, fmt.Sprintf("%s %.1f tok/s, %.3g s (%d turns)", p.Endpoint, p.SpeedTPS, p.TTFTs, p.Turns))
	}
	return fmt.Sprintf("derived %s from one agent at a time on %s: P25 speed and P95 TTFT of %s",
		time.Now().UTC().Format("2006-01-02"), c.Trajectories, strings.Join(parts, "; "))
}

func (c *TiersDeriveCmd) show(set plimsoll.TierSet, proposals []slo.Proposal, seen []probed, io *IO) error {
	slices.SortFunc(seen, func(a, b probed) int { return cmp.Compare(a.SpeedTPS, b.SpeedTPS) })
	table := tabwriter.NewWriter(io.Err, 0, 4, 2, ' ', 0)
	fmt.Fprintf(table, "\nendpoint\tP25 speed\tP95 TTFT\tturns\tfailed\ttier\tfolder\n")
	for _, p := range seen {
		at := slices.IndexFunc(proposals, func(q slo.Proposal) bool { return slices.Contains(q.Endpoints, p.Endpoint) })
		fmt.Fprintf(table, "%s\t%.1f tok/s\t%.3g s\t%d\t%d\t%s\t%s\n", p.Endpoint, p.SpeedTPS, p.TTFTs, p.Turns, p.Failed, proposals[at].Tier.Name, p.Folder)
	}
	fmt.Fprintf(table, "\nOne agent alone: an endpoint that serves nobody else shows its fastest, and no loaded one will keep such\nlimits, of TTFT least of all. Loosen them to what users are to get before searching with them.\n\n")
	if err := table.Flush(); err != nil {
		return err
	}
	data, err := config.TierSetYAML(set)
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err = io.Out.Write(data)
		return err
	}
	if err := os.WriteFile(c.Out, data, 0o644); err != nil {
		return fmt.Errorf("write the tier set: %w", err)
	}
	fmt.Fprintf(io.Err, "written to %s: use it with --tiers %s\n", c.Out, c.Out)
	return nil
}
