package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plimsoll/report"
	"plimsoll/result"
)

// siblings gives each of several runs a folder of its own, called after its file:
// under --out, or under a new folder in runs/.
func siblings(list []planned, files []string) {
	parent := list[0].plan.Out
	if parent == "" {
		parent = filepath.Join("runs", "sweep-"+time.Now().UTC().Format("20060102-150405"))
	}
	taken := map[string]int{}
	for i, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		if taken[name]++; taken[name] > 1 {
			name = fmt.Sprintf("%s-%d", name, taken[name])
		}
		list[i].plan.Out = filepath.Join(parent, name)
	}
}

// sweep measures one plan after another and sets what they gave side by side. A run
// that could not be made is named and the others go on; an interrupt ends all.
func (c *RunCmd) sweep(ctx context.Context, list []planned, io *IO) error {
	var folders []string
	var worst []error
	for i, p := range list {
		fmt.Fprintf(io.Err, "\n%d of %d: %s\n", i+1, len(list), p.plan.Out)
		final, err := c.one(ctx, p, &IO{In: io.In, Out: io.Err, Err: io.Err, Env: io.Env, TTY: io.TTY, ErrColumns: io.ErrColumns}, false)
		if err == nil {
			folders = append(folders, p.plan.Out)
			err = verdict(final, p.plan)
		}
		if err != nil {
			worst = append(worst, inFolder(p.plan.Out, interrupted(ctx, err)))
			fmt.Fprintln(io.Err, "plimsoll:", worst[len(worst)-1])
		}
		if ctx.Err() != nil {
			break
		}
	}
	if len(folders) > 1 {
		if err := sideBySide(folders, c.JSON, io); err != nil {
			return err
		}
	}
	return gravest(worst)
}

// sideBySide prints the comparison of run folders, the first being the one that the
// others are divided by.
func sideBySide(folders []string, asJSON bool, io *IO) error {
	var entries []result.Entry
	for _, folder := range folders {
		found, err := entriesOf(folder, nil)
		if err != nil {
			return err
		}
		entries = append(entries, found...)
	}
	comparison, err := result.Compare(entries)
	if err != nil {
		return err
	}
	if asJSON {
		return report.JSON(io.Out, comparison)
	}
	fmt.Fprintln(io.Out)
	return report.CompareTerminal(io.Out, comparison, report.TerminalOptions{Width: 110, Colour: colour(io)})
}

// inFolder puts a run's folder before its error and keeps the exit code.
func inFolder(folder string, err error) error {
	var coded *ExitError
	if errors.As(err, &coded) {
		return &ExitError{coded.Code, fmt.Errorf("%s: %w", folder, err)}
	}
	return fmt.Errorf("%s: %w", folder, err)
}

// gravest joins the errors of several runs under one exit code: an interrupt, then
// what could not run, then void, unmet and undecided ones.
func gravest(list []error) error {
	if len(list) == 0 {
		return nil
	}
	order := []int{exitInterrupted, exitFailed, exitUsage, exitVoid, exitRequire, exitUndecided}
	best := len(order)
	for _, err := range list {
		code := exitFailed
		var coded *ExitError
		if errors.As(err, &coded) {
			code = coded.Code
		}
		if at := slices.Index(order, code); at >= 0 {
			best = min(best, at)
		}
	}
	return &ExitError{order[min(best, len(order)-1)], fmt.Errorf("%d of the runs ended without what was asked; see above", len(list))}
}
