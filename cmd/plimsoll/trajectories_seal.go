package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"plimsoll/trajectory"
)

// TrajectoriesSealCmd encrypts a private set.
type TrajectoriesSealCmd struct {
	tokenizerFlag `embed:""`
	Path          string   `arg:"" type:"somewhere" help:"File or folder in any format."`
	Recipients    []string `name:"recipient" short:"r" required:"" placeholder:"AGE1..." help:"age public keys that may open it."`
	Commitment    string   `name:"commitment" required:"" placeholder:"FILE" help:"Where to write the public commitment: root, count, aggregate statistics."`
	Out           string   `short:"o" name:"out" required:"" placeholder:"OUT.age" help:"Sealed file to write."`
}

// Run writes both files.
func (c *TrajectoriesSealCmd) Run(_ context.Context, io *IO) error {
	set, err := c.read(c.Path)
	if err != nil {
		return err
	}
	commitment, err := sealTo(c.Out, set, c.Recipients)
	if err != nil {
		return err
	}
	if err := trajectory.SaveTo(c.Commitment, jsonTo(commitment)); err != nil {
		return err
	}
	fmt.Fprintf(io.Err, "%s: %d trajectories sealed, root %s\n", c.Out, commitment.Count, commitment.Root)
	return nil
}

func sealTo(path string, set *trajectory.Set, recipients []string) (commitment *trajectory.Commitment, err error) {
	err = trajectory.SaveTo(path, func(w io.Writer) error {
		commitment, err = set.Seal(w, strings.Join(recipients, "\n"))
		return err
	})
	return commitment, err
}

func jsonTo(v any) func(io.Writer) error {
	return func(w io.Writer) error { return printJSON(w, v) }
}

// identityFlag names the variable with the key of a sealed set.
type identityFlag struct {
	Identity string `name:"identity-env" required:"" placeholder:"NAME" help:"Environment variable that holds the age secret key."`
}

func (f identityFlag) open(io *IO, path string) (*trajectory.Sealed, error) {
	key := io.Env(f.Identity)
	if key == "" {
		return nil, &ExitError{exitUsage, fmt.Errorf("%s is empty; put the age secret key into it", f.Identity)}
	}
	return trajectory.OpenSealed(path, key)
}

// TrajectoriesOpenCmd decrypts a sealed set.
type TrajectoriesOpenCmd struct {
	identityFlag `embed:""`
	Path         string `arg:"" type:"existingfile" help:"Sealed file."`
	Out          string `short:"o" name:"out" required:"" placeholder:"OUT" help:"Native file to write, in plain text."`
}

// Run writes the set in plain text: that is what was asked for.
func (c *TrajectoriesOpenCmd) Run(_ context.Context, io *IO) error {
	sealed, err := c.open(io, c.Path)
	if err != nil {
		return err
	}
	ts, err := sealed.Trajectories()
	if err != nil {
		return err
	}
	if err := trajectory.Save(c.Out, ts); err != nil {
		return err
	}
	fmt.Fprintf(io.Err, "%s: %d trajectories, root %s\n", c.Out, len(ts), sealed.Root())
	return nil
}

// TrajectoriesRevealCmd shows one trajectory.
type TrajectoriesRevealCmd struct {
	identityFlag `embed:""`
	Path         string `arg:"" type:"existingfile" help:"Sealed file."`
	Leaf         int    `name:"leaf" required:"" placeholder:"N" help:"Number of the trajectory, from 0."`
	Out          string `short:"o" name:"out" placeholder:"OUT" help:"Where to write the proof. Default: standard output."`
}

// Run writes the proof, which holds the trajectory.
func (c *TrajectoriesRevealCmd) Run(_ context.Context, io *IO) error {
	sealed, err := c.open(io, c.Path)
	if err != nil {
		return err
	}
	reveal, err := sealed.Reveal(c.Leaf)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	if c.Out == "" {
		return printJSON(io.Out, reveal)
	}
	return trajectory.SaveTo(c.Out, jsonTo(reveal))
}

// TrajectoriesVerifyCmd checks a revealed trajectory.
type TrajectoriesVerifyCmd struct {
	Proof      string `arg:"" type:"existingfile" help:"What reveal wrote."`
	Commitment string `name:"commitment" required:"" type:"existingfile" placeholder:"FILE" help:"The public commitment."`
}

// Run says whether the trajectory is in the committed set; the exit code is 6 when
// it is not.
func (c *TrajectoriesVerifyCmd) Run(_ context.Context, io *IO) error {
	var reveal trajectory.Reveal
	var commitment trajectory.Commitment
	if err := readJSON(c.Proof, &reveal); err != nil {
		return err
	}
	if err := readJSON(c.Commitment, &commitment); err != nil {
		return err
	}
	if err := commitment.Verify(&reveal); err != nil {
		return &ExitError{exitCheck, err}
	}
	fmt.Fprintf(io.Out, "leaf %d is in the committed set of %d (root %s)\n", reveal.Leaf, commitment.Count, commitment.Root)
	return nil
}

func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w; want what plimsoll trajectories seal and reveal wrote", path, err)
	}
	return nil
}
