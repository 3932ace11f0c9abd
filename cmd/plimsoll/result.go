package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"plimsoll"
	"plimsoll/config"
	"plimsoll/result"
)

// ResultCmd keeps results that others published or measured.
type ResultCmd struct {
	Add    ResultAddCmd    `cmd:"" help:"Type in a published result."`
	Import ResultImportCmd `cmd:"" help:"Read another tool's result."`
}

// ResultAddCmd adds a typed result to a file of them.
type ResultAddCmd struct {
	System       string            `required:"" placeholder:"NAME" help:"What was measured, for example \"GB300 NVL72\"."`
	Agents       int               `required:"" placeholder:"N" help:"Agents that it carried."`
	Tier         plimsoll.Tier     `required:"" placeholder:"20tps/10s" help:"The tier that they were served in."`
	Accelerators int               `placeholder:"N" help:"All accelerators that served."`
	Watts        float64           `placeholder:"W" help:"Mean power of the window; needs --boundary, --basis and --grade."`
	Boundary     plimsoll.Boundary `placeholder:"accelerator" help:"What the power contains: accelerator, module, node_dc, node_ac, rack, rack_plus_network or facility."`
	Basis        string            `default:"measured" enum:"measured,estimated,provisioned,static" help:"How the power is known: ${enum}."`
	Grade        string            `default:"G0" enum:"G0,G1,G2,G3" help:"Its grade: G0 nameplate, G1 accelerator telemetry, G2 node telemetry, G3 revenue-grade meter."`
	Model        string            `placeholder:"NAME" help:"Model that was served."`
	Source       string            `required:"" placeholder:"URL" help:"Where it was published."`
	Date         string            `required:"" placeholder:"2026-06-12" help:"When."`
	Note         string            `placeholder:"TEXT" help:"Stack and topology, as published."`
	Method       string            `placeholder:"aa" help:"How it was searched, where that is known."`
	Out          string            `short:"o" default:"results.json" placeholder:"FILE" help:"File of results; it is made, or the result is added to it."`
}

// Help is shown under the flags.
func (ResultAddCmd) Help() string {
	return `What a publication does not say is marked as lacking, not filled in.

  plimsoll result add --system "GB300 NVL72" --agents 1840 --accelerators 32 --tier 20tps/10s \
      --source https://example.org/results --date 2026-06-12 -o ./published.json
  plimsoll compare ./published.json runs/mine`
}

// Run adds the result.
func (c *ResultAddCmd) Run(_ context.Context, io *IO) error {
	e, err := c.entry()
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	return keepEntry(c.Out, e, io)
}

func (c *ResultAddCmd) entry() (result.Entry, error) {
	if _, err := time.Parse(time.DateOnly, c.Date); err != nil {
		return result.Entry{}, fmt.Errorf("date %q: want YYYY-MM-DD", c.Date)
	}
	if c.Agents < 0 || c.Accelerators < 0 || c.Watts < 0 {
		return result.Entry{}, fmt.Errorf("agents %d, accelerators %d and watts %g must not be negative", c.Agents, c.Accelerators, c.Watts)
	}
	e := result.Entry{
		Name: c.System, Kind: "typed", Source: c.Source, Date: c.Date, Note: c.Note, Model: c.Model, Method: c.Method,
		Accelerators: c.Accelerators, Lacks: []string{"rows, so nothing can be recomputed", "an interval"},
	}
	t := result.EntryTier{SpeedTPS: c.Tier.SpeedTPS, TTFTs: c.Tier.TTFT.Seconds(), Capacity: &c.Agents, PerMW: []plimsoll.PerMegawatt{}}
	if c.Accelerators > 0 {
		per := float64(c.Agents) / float64(c.Accelerators)
		t.PerAcc = &per
	} else {
		e.Lacks = append(e.Lacks, "the number of accelerators")
	}
	if c.Watts > 0 {
		if !c.Boundary.Known() {
			return e, fmt.Errorf("--watts %g needs --boundary: what does it contain? accelerator, module, node_dc, node_ac, rack, rack_plus_network or facility", c.Watts)
		}
		power, err := plimsoll.NewPerMegawatt(c.Agents, plimsoll.Energy{
			Boundary: c.Boundary, Basis: plimsoll.Basis(c.Basis), Source: "as published: " + c.Source, Grade: plimsoll.Grade(c.Grade), MeanWatts: c.Watts, Valid: true,
		}, nil)
		if err != nil {
			return e, err
		}
		t.PerMW = append(t.PerMW, power)
	} else {
		e.Lacks = append(e.Lacks, "power")
	}
	e.Tiers = []result.EntryTier{t}
	return e, nil
}

// keepEntry adds an entry to a file of them; one of the same name and date is refused.
func keepEntry(path string, e result.Entry, io *IO) error {
	var entries []result.Entry
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("read results: %w", err)
	default:
		if entries, err = result.ReadEntries(data); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	for i := range entries {
		if old := &entries[i]; old.Name == e.Name && old.Date == e.Date {
			if old.Source != e.Source || len(e.Tiers) != 1 || hasTier(old, e.Tiers[0]) {
				return fmt.Errorf("%s holds a result of %s of %s already: remove it there, or give this one another name", path, e.Name, e.Date)
			}
			old.Tiers = append(old.Tiers, e.Tiers[0])
			return writeEntries(path, entries, e.Name, io)
		}
	}
	return writeEntries(path, append(entries, e), e.Name, io)
}

func hasTier(e *result.Entry, t result.EntryTier) bool {
	for _, has := range e.Tiers {
		if has.SpeedTPS == t.SpeedTPS && has.TTFTs == t.TTFTs {
			return true
		}
	}
	return false
}

func writeEntries(path string, entries []result.Entry, name string, io *IO) error {
	data, err := json.MarshalIndent(entries, "", "  ")
	if err != nil {
		return err
	}
	if _, err := result.ReadEntries(data); err != nil {
		return &ExitError{exitUsage, err}
	}
	// Written beside and renamed: an interrupted write leaves the old file whole.
	next := path + ".new"
	if err := os.WriteFile(next, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	fmt.Fprintf(io.Err, "%s: %s added\n", path, name)
	return nil
}

// ResultImportCmd reads results of other tools.
type ResultImportCmd struct {
	Files        []string `arg:"" name:"file" type:"somewhere" help:"AIPerf exports (profile_export_aiperf.json or profile_export.jsonl), one a number of users, or an AgentPerf-Local run folder."`
	System       string   `required:"" placeholder:"NAME" help:"What was measured."`
	Agents       []int    `placeholder:"N,..." help:"Users of each file, where the files do not say."`
	Accelerators int      `placeholder:"N" help:"All accelerators that served."`
	Model        string   `placeholder:"NAME" help:"Model, where the files do not say."`
	Date         string   `placeholder:"2026-06-12" help:"When, where the files do not say."`
	Tiers        string   `placeholder:"NAME" help:"Tier set to judge by: a built-in name or a file. Default ${default_tiers}."`
	Out          string   `short:"o" default:"results.json" placeholder:"FILE" help:"File of results; it is made, or the result is added to it."`
}

// Help is shown under the flags.
func (ResultImportCmd) Help() string {
	return `The files are only read. What they lack beside a run of our own (client lateness,
failed requests in the summary's percentiles, a search) stands in the entry.

  plimsoll result import c16.json c32.json c64.json --system "8x H200" --accelerators 8 -o ./theirs.json
  plimsoll compare ./theirs.json runs/mine`
}

// Run imports.
func (c *ResultImportCmd) Run(_ context.Context, io *IO) error {
	if len(c.Agents) > 0 && len(c.Agents) != len(c.Files) {
		return &ExitError{exitUsage, fmt.Errorf("--agents names %d numbers for %d files", len(c.Agents), len(c.Files))}
	}
	if c.Tiers == "" {
		c.Tiers = config.DefaultTiers
	}
	set, err := config.TierSet(c.Tiers)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	var seen []result.Foreign
	for i, path := range c.Files {
		f, err := c.read(i, path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		seen = append(seen, f)
	}
	e, err := result.ForeignEntry(c.System, c.Files[0], set.Tiers, c.Accelerators, seen)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	if e.Date == "" {
		return &ExitError{exitUsage, errors.New("the files do not say when they were measured: give --date YYYY-MM-DD")}
	}
	return keepEntry(c.Out, e, io)
}

func (c *ResultImportCmd) read(i int, path string) (result.Foreign, error) {
	reader := result.ReadAIPerf
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path, reader = filepath.Join(path, "turns.jsonl"), result.ReadAgentPerfLocal
	}
	file, err := os.Open(path)
	if err != nil {
		return result.Foreign{}, err
	}
	defer file.Close()
	f, err := reader(file)
	if err != nil {
		return f, err
	}
	if len(c.Agents) > 0 {
		f.Agents = c.Agents[i]
	}
	if f.Model == "" {
		f.Model = c.Model
	}
	if f.Date == "" {
		f.Date = c.Date
	}
	return f, nil
}
