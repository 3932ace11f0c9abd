package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"

	"plimsoll/bundle"
	"plimsoll/result"
	"plimsoll/seal"
)

// KeygenCmd makes a key pair.
type KeygenCmd struct {
	Out string `arg:"" name:"file" help:"Where the private key goes; the public one goes beside it, with .pub."`
}

// Run writes both keys; a file that is there already is never overwritten.
func (c *KeygenCmd) Run(_ context.Context, io *IO) error {
	private, public, err := seal.NewKey()
	if err != nil {
		return err
	}
	if err := newFile(c.Out, private, 0o600); err != nil {
		return err
	}
	if err := newFile(c.Out+".pub", public, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.Out, "%s is the private key: keep it to yourself\n%s.pub is the public one\n", c.Out, c.Out)
	return err
}

func newFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("keygen: %w", err)
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// SignCmd signs a run folder.
type SignCmd struct {
	Dir     string `arg:"" name:"dir" type:"existingdir" help:"Run folder."`
	KeyFile string `name:"key-file" required:"" type:"existingfile" placeholder:"FILE" help:"Private key, from plimsoll keygen."`
}

// Help is shown under the flags.
func (SignCmd) Help() string {
	return `Before anything is signed, the folder is verified: every file against the manifest,
every figure against its rows. Several people may sign one folder. A signature shows
who signed exactly this folder; it cannot show which hardware was measured.`
}

// Run verifies, then signs.
func (c *SignCmd) Run(_ context.Context, io *IO) error {
	text, err := os.ReadFile(c.KeyFile)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	key, err := seal.ParsePrivate(text)
	if err != nil {
		return fmt.Errorf("sign: %s: %w", c.KeyFile, err)
	}
	d, err := bundle.Open(c.Dir)
	if err != nil {
		return err
	}
	found, err := result.Verify(d)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return &ExitError{exitCheck, fmt.Errorf("sign: %s does not follow from its rows: %s", c.Dir, found[0])}
	}
	path, err := seal.Sign(d, key)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.Out, "%s: signed by key %s in %s\n", c.Dir, seal.KeyID(key.Public().(ed25519.PublicKey)), path)
	return err
}

// publicKeys reads public keys from files.
func publicKeys(files []string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("verify: %w", err)
		}
		key, err := seal.ParsePublic(text)
		if err != nil {
			return nil, fmt.Errorf("verify: %s: %w", file, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// signatureFindings says which keys have no good signature in the folder. The
// signatures of keys that are not at hand are nobody's business here.
func signatureFindings(d *bundle.Dir, keys []ed25519.PublicKey) ([]result.Finding, error) {
	var found []result.Finding
	for _, key := range keys {
		checked, err := seal.Check(d, key)
		if err != nil {
			return nil, err
		}
		good := false
		for _, c := range checked {
			good = good || c.Good
		}
		if !good {
			found = append(found, result.Finding{Where: bundle.SignaturesDir, What: "holds no good signature of key " + seal.KeyID(key)})
		}
	}
	return found, nil
}
