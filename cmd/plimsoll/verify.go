package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"plimsoll/bundle"
	"plimsoll/result"
)

// VerifyCmd checks run folders offline.
type VerifyCmd struct {
	Dirs   []string `arg:"" name:"dir" type:"existingdir" help:"Run folders."`
	PubKey []string `name:"pubkey" type:"existingfile" placeholder:"FILE" help:"Public key that must have signed every folder; repeat for several."`
}

// Help is shown under the flags.
func (VerifyCmd) Help() string {
	return `Every file is held against the manifest, and every figure of result.json against
the figure computed again from the rows, the meter readings and facts.json. What
differs is named, and the exit code is 6. It shows that the numbers follow from the
rows; it cannot show which hardware and which model the rows came from.`
}

// Run names everything that does not follow.
func (c *VerifyCmd) Run(_ context.Context, io *IO) error {
	keys, err := publicKeys(c.PubKey)
	if err != nil {
		return err
	}
	bad := 0
	for _, path := range c.Dirs {
		d, err := bundle.Open(path)
		if errors.Is(err, bundle.ErrNoRun) {
			return err
		}
		if err != nil { // facts.json is there and cannot be read: nothing follows from it
			bad++
			fmt.Fprintf(io.Out, "%s: %v\n", path, err)
			continue
		}
		found, err := result.Verify(d)
		if err != nil {
			return err
		}
		unsigned, err := signatureFindings(d, keys)
		if err != nil {
			return err
		}
		found = append(found, unsigned...)
		for _, f := range found {
			fmt.Fprintf(io.Out, "%s: %s\n", path, f)
		}
		if len(found) > 0 {
			bad++
			if measured := d.Facts().Version; measured != version() {
				fmt.Fprintf(io.Out, "%s: was measured by version %q, this is %q; verify with the version that measured\n", path, measured, version())
			}
			continue
		}
		signed := ""
		if len(keys) > 0 {
			signed = fmt.Sprintf(", signed by the owner of %s", strings.Join(c.PubKey, " and of "))
		}
		fmt.Fprintf(io.Out, "%s: every file and every figure follows%s\n", path, signed)
	}
	if bad > 0 {
		return &ExitError{exitCheck, fmt.Errorf("verify: %d of %d run folders do not follow from their rows", bad, len(c.Dirs))}
	}
	return nil
}
