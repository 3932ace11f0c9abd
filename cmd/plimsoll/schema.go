package main

import (
	"context"
	"fmt"

	"plimsoll/bundle/schema"
)

// SchemaCmd prints the JSON Schemas of a run folder's files.
type SchemaCmd struct {
	Name string `arg:"" optional:"" help:"event, facts, level, manifest or result; without it the names are listed."`
}

// Run prints one schema, or the names of all.
func (c *SchemaCmd) Run(_ context.Context, io *IO) error {
	if c.Name != "" {
		data, err := schema.Read(c.Name)
		if err != nil {
			return &ExitError{exitUsage, err}
		}
		_, err = io.Out.Write(data)
		return err
	}
	names, err := schema.Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		fmt.Fprintln(io.Out, name)
	}
	return nil
}
