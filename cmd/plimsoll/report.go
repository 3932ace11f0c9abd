package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"plimsoll/bundle"
	"plimsoll/report"
	"plimsoll/result"
)

// ReportCmd shows a run again.
type ReportCmd struct {
	Dirs   []string `arg:"" name:"dir" type:"existingdir" help:"Run folders."`
	Format string   `enum:"terminal,html,md,csv,json" default:"terminal" help:"terminal, html, md, csv or json."`
	HTML   bool     `name:"html" xor:"format" help:"Short for --format html."`
	MD     bool     `name:"md" xor:"format" help:"Short for --format md."`
	CSV    bool     `name:"csv" xor:"format" help:"Short for --format csv."`
	JSON   bool     `name:"json" xor:"format" help:"Short for --format json."`
	Out    string   `short:"o" placeholder:"FILE" help:"Write to a file instead of standard output."`
}

// Help is shown under the flags.
func (ReportCmd) Help() string {
	return `On a terminal bars of the tiers and the search are drawn as wide as it is.

  plimsoll report runs/NAME
  plimsoll report runs/NAME --html -o report.html
  plimsoll report runs/* --csv > levels.csv`
}

// Run writes each folder's result in the format that was asked for.
func (c *ReportCmd) Run(_ context.Context, io *IO) error {
	for name, asked := range map[string]bool{"html": c.HTML, "md": c.MD, "csv": c.CSV, "json": c.JSON} {
		if asked {
			c.Format = name
		}
	}
	if c.Out == "" {
		return c.write(io.Out, io)
	}
	f, err := os.Create(c.Out)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := c.write(f, io); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func (c *ReportCmd) write(w io.Writer, io *IO) error {
	if c.Format == "html" && len(c.Dirs) > 1 {
		return &ExitError{exitUsage, errors.New("report: an HTML report shows one run; set several side by side with plimsoll compare")}
	}
	for _, path := range c.Dirs {
		d, r, err := load(path)
		if err != nil {
			return err
		}
		if err := c.one(w, d, r, io); err != nil {
			return fmt.Errorf("report %s: %w", path, err)
		}
	}
	return nil
}

func (c *ReportCmd) one(w io.Writer, d *bundle.Dir, r result.Result, io *IO) error {
	switch c.Format {
	case "html":
		return report.HTML(w, r, d)
	case "md":
		return report.Markdown(w, r)
	case "csv":
		return report.CSV(w, r)
	case "json":
		return report.JSON(w, r)
	}
	t := io.terminal(80)
	if c.Out != "" {
		t.Colour, t.Width = false, 80
	}
	t.Folder = d.Path()
	return report.Terminal(w, r, t)
}

// load opens a run folder and reads its result; a folder that has none, because
// the run was cut off, is computed.
func load(path string) (*bundle.Dir, result.Result, error) {
	d, err := bundle.Open(path)
	if err != nil {
		return nil, result.Result{}, err
	}
	var r result.Result
	err = d.ReadResult(&r)
	if errors.Is(err, fs.ErrNotExist) {
		r, err = result.Compute(d)
	}
	return d, r, err
}
