package main

import (
	"context"
	"fmt"
	"time"

	"plimsoll/trajectory"
)

// TrajectoriesCutCmd cuts a set.
type TrajectoriesCutCmd struct {
	tokenizerFlag `embed:""`
	Path          string        `arg:"" type:"somewhere" help:"File or folder in any format."`
	MaxContext    int           `name:"max-context" placeholder:"TOKENS" help:"Longest prompt and reply of a turn; a branch ends before its first longer one."`
	MaxOutput     int           `name:"max-output" placeholder:"TOKENS" help:"Longest reply that is asked for."`
	MaxTurns      int           `name:"max-turns" placeholder:"N" help:"Most turns of a trajectory."`
	MaxDelay      time.Duration `name:"max-delay" placeholder:"TIME" help:"Longest delay before a turn."`
	Out           string        `short:"o" name:"out" placeholder:"OUT" help:"Native file to write. Default: standard output."`
}

// Run cuts and writes it.
func (c *TrajectoriesCutCmd) Run(_ context.Context, io *IO) error {
	set, err := c.read(c.Path)
	if err != nil {
		return err
	}
	set, err = set.Cut(trajectory.Limits{MaxContext: c.MaxContext, MaxOutput: c.MaxOutput, MaxTurns: c.MaxTurns, MaxDelay: c.MaxDelay})
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	return save(io, c.Out, set)
}

// TrajectoriesSampleCmd draws some trajectories of a set.
type TrajectoriesSampleCmd struct {
	tokenizerFlag `embed:""`
	Path          string `arg:"" type:"somewhere" help:"File or folder in any format."`
	N             int    `short:"n" required:"" placeholder:"N" help:"How many."`
	Seed          uint64 `name:"seed" default:"42" help:"Seed of the draw."`
	Out           string `short:"o" name:"out" placeholder:"OUT" help:"Native file to write. Default: standard output."`
}

// Run draws and writes them.
func (c *TrajectoriesSampleCmd) Run(_ context.Context, io *IO) error {
	set, err := c.read(c.Path)
	if err != nil {
		return err
	}
	if set, err = set.Sample(c.N, c.Seed); err != nil {
		return &ExitError{exitUsage, err}
	}
	return save(io, c.Out, set)
}

// TrajectoriesConvertCmd writes a set in a foreign format.
type TrajectoriesConvertCmd struct {
	tokenizerFlag `embed:""`
	Path          string `arg:"" type:"somewhere" help:"File or folder in any format."`
	To            string `name:"to" required:"" enum:"mlperf,agentperf-local,mooncake,openai" placeholder:"FORMAT" help:"Format: mlperf, agentperf-local, mooncake or openai."`
	Out           string `short:"o" name:"out" required:"" placeholder:"OUT" help:"File to write; a new folder for agentperf-local."`
}

// Run converts it.
func (c *TrajectoriesConvertCmd) Run(_ context.Context, io *IO) error {
	set, err := c.read(c.Path)
	if err != nil {
		return err
	}
	if err := trajectory.Export(c.Out, c.To, set.Trajectories); err != nil {
		return err
	}
	fmt.Fprintf(io.Err, "%s: %d trajectories, %d turns, as %s\n", c.Out, len(set.Trajectories), set.Turns(), c.To)
	return nil
}
