package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"plimsoll/bundle"
	"plimsoll/report"
	"plimsoll/result"
)

// CompareCmd sets results side by side.
type CompareCmd struct {
	Sides        []string `arg:"" optional:"" name:"result" help:"Run folders, JSON files of results typed by hand, or published:WORDS for those that ship with Plimsoll, by the words of their names. The first is what the others are divided by."`
	List         bool     `help:"List the published results that ship with Plimsoll."`
	Format       string   `enum:"terminal,html,json" default:"terminal" help:"terminal, html or json."`
	FailIfSlower string   `placeholder:"5%" help:"Exit 6 if the last result carries fewer agents than the first by more than this, in any tier."`
}

// Help is shown under the flags.
func (CompareCmd) Help() string {
	return `The first lines say what makes the results not comparable. A ratio's bounds are its
worst and best case; a star marks one whose bounds exclude 1. Figures per megawatt
at different boundaries, or of different basis, are never divided.

  plimsoll compare runs/before runs/after --fail-if-slower 5%
  plimsoll compare published:H200 published:GB300 runs/mine`
}

// Run compares.
func (c *CompareCmd) Run(_ context.Context, io *IO) error {
	published, err := result.Published()
	if err != nil {
		return err
	}
	if c.List {
		for _, e := range published {
			fmt.Fprintf(io.Out, "%s  (%s, %s)\n", e.Name, e.Date, e.Source)
		}
		return nil
	}
	allowed, err := share(c.FailIfSlower)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	var entries []result.Entry
	for _, side := range c.Sides {
		found, err := entriesOf(side, published)
		if err != nil {
			return err
		}
		entries = append(entries, found...)
	}
	comparison, err := result.Compare(entries)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	switch c.Format {
	case "json":
		err = report.JSON(io.Out, comparison)
	case "html":
		err = report.CompareHTML(io.Out, comparison)
	default:
		err = report.CompareTerminal(io.Out, comparison, io.terminal(110))
	}
	if err != nil || c.FailIfSlower == "" {
		return err
	}
	if slower := comparison.Slower(allowed); len(slower) > 0 {
		return &ExitError{exitCheck, errors.New("compare: " + strings.Join(slower, "; "))}
	}
	return nil
}

// entriesOf reads one side: a run folder, a file of typed results, or published
// ones by a word of their name.
func entriesOf(side string, published []result.Entry) ([]result.Entry, error) {
	if words, ok := strings.CutPrefix(side, "published:"); ok {
		found := called(published, words)
		if len(found) == 0 {
			return nil, &ExitError{exitUsage, fmt.Errorf("compare: no published result has the words %q in its name; see plimsoll compare --list", words)}
		}
		return found, nil
	}
	info, err := os.Stat(side)
	if err != nil {
		return nil, &ExitError{exitUsage, fmt.Errorf("compare: %w; want a run folder, a file of results or published:WORDS", err)}
	}
	if !info.IsDir() {
		data, err := os.ReadFile(side)
		if err != nil {
			return nil, fmt.Errorf("compare: %w", err)
		}
		entries, err := result.ReadEntries(data)
		if err != nil {
			return nil, fmt.Errorf("compare %s: %w", side, err)
		}
		return entries, nil
	}
	d, r, err := load(side)
	if err != nil {
		return nil, err
	}
	e := result.EntryOf(filepath.Base(filepath.Clean(side)), side, r)
	e.Settings, err = settingsOf(d)
	return []result.Entry{e}, err
}

// settingsOf reads what a run was told, from its run.yaml and system.yaml. A folder
// without them has no settings.
func settingsOf(d *bundle.Dir) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range []string{bundle.RunFile, bundle.SystemFile} {
		data, err := d.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var said map[string]any
		if err := yaml.Unmarshal(data, &said); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for key, value := range said {
			// Where the description lies says nothing of the system.
			if text := fmt.Sprint(value); text != "" && key != "system" {
				out[key] = text
			}
		}
	}
	return out, nil
}

// share reads "5%" or "0.05".
func share(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v < 1) {
		return 0, fmt.Errorf("compare: --fail-if-slower %q is no share from 0 to 1, for example 5%%", text)
	}
	return v, nil
}
