package main

import (
	"context"

	"plimsoll/sim/profile"
)

// SimulateShowCmd prints a profile.
type SimulateShowCmd struct {
	System  string `arg:"" help:"As simulate takes it; see simulate list."`
	Model   string `placeholder:"NAME" help:"Model; default the profile's own."`
	Runtime string `placeholder:"NAME" help:"Serving software; default the profile's own."`
	Layout  string `placeholder:"WORDS" help:"How engines are spread; default the profile's own."`
}

// Help is shown under the flags.
func (SimulateShowCmd) Help() string {
	return `A file to change and to simulate:

  plimsoll simulate show h200 > mine.yaml
  plimsoll simulate ./mine.yaml`
}

// Run prints the profile as a file of it.
func (c *SimulateShowCmd) Run(_ context.Context, io *IO) error {
	p, err := profile.Choose(profile.Choice{System: c.System, Model: c.Model, Runtime: c.Runtime, Layout: c.Layout})
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	text, err := p.YAML()
	if err != nil {
		return err
	}
	_, err = io.Out.Write(text)
	return err
}
