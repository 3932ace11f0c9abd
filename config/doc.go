// Package config turns flags, environment, a run file and a preset into one
// validated plimsoll.Plan. It is the only reader of YAML besides the profiles of
// the simulated engine.
//
// A field is taken from the first place that says it:
//
//  1. a flag
//  2. an environment variable PLIMSOLL_...
//  3. the run file (-f run.yaml); an unknown key is an error with its line
//  4. the preset
//
// A value that starts with ./ ../ or / or ends in .yaml, .jsonl, .zst or .age is
// a path, anything else a built-in name.
//
// The permission to load a target outside loopback is a flag alone: it is never
// read from and never written to a file.
package config
