package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"plimsoll"
	"plimsoll/token"
	"plimsoll/trajectory"
	"plimsoll/trajectory/importer"
	"plimsoll/trajectory/synth"
)

// TrajectoriesCmd works on trajectory files.
type TrajectoriesCmd struct {
	Import  TrajectoriesImportCmd  `cmd:"" help:"Import recordings into the native format."`
	Stats   TrajectoriesStatsCmd   `cmd:"" help:"Show what a set holds: sizes, delays, prefix hits."`
	Check   TrajectoriesCheckCmd   `cmd:"" help:"List every problem of a file, with its line."`
	Cut     TrajectoriesCutCmd     `cmd:"" help:"Cut a set to what an engine bears."`
	Sample  TrajectoriesSampleCmd  `cmd:"" help:"Draw some trajectories of a set."`
	Convert TrajectoriesConvertCmd `cmd:"" help:"Write a set in a foreign format."`
	Synth   TrajectoriesSynthCmd   `cmd:"" help:"Draw synthetic trajectories from a preset or a distribution file."`
	Seal    TrajectoriesSealCmd    `cmd:"" help:"Encrypt a private set and write its public commitment."`
	Open    TrajectoriesOpenCmd    `cmd:"" help:"Decrypt a sealed set into a native file."`
	Reveal  TrajectoriesRevealCmd  `cmd:"" help:"Show one trajectory of a sealed set, with the proof that it is in it."`
	Verify  TrajectoriesVerifyCmd  `cmd:"" help:"Check a revealed trajectory against a commitment."`
	Schema  TrajectoriesSchemaCmd  `cmd:"" help:"Print the JSON Schema of the native format."`
}

// tokenizerFlag chooses how tokens are counted.
type tokenizerFlag struct {
	Tokenizer string `name:"tokenizer" placeholder:"NAME|FILE" help:"Count tokens: bytes4, o200k, or a Hugging Face tokenizer.json. Default: the recorded counts, bytes4 where there are none."`
}

// counter returns the asked counter, nil where none was.
func (f tokenizerFlag) counter() (token.Counter, error) {
	if f.Tokenizer == "" {
		return nil, nil
	}
	c, err := token.Named(f.Tokenizer)
	if err != nil {
		return nil, &ExitError{exitUsage, err}
	}
	return c, nil
}

// read reads a file in any format as it was recorded.
func (f tokenizerFlag) read(path string) (*trajectory.Set, error) {
	ts, _, err := importer.Import(path, "auto")
	if err != nil {
		return nil, err
	}
	return f.set(trajectory.SetName(path), ts)
}

func (f tokenizerFlag) set(name string, ts []*plimsoll.Trajectory) (*trajectory.Set, error) {
	c, err := f.counter()
	if err != nil {
		return nil, err
	}
	if c == nil {
		for _, t := range ts {
			if t.TokenBasis == "" && trajectory.HasText(t) {
				token.Fill(token.Bytes4{}, t)
			}
		}
	}
	return trajectory.NewSet(name, ts, c)
}

// save writes a set to path, or to standard output where path is empty.
func save(io *IO, path string, set *trajectory.Set) error {
	for _, note := range set.Notes {
		fmt.Fprintln(io.Err, "note:", note)
	}
	if path == "" {
		return trajectory.Write(io.Out, set.Trajectories)
	}
	if err := trajectory.Save(path, set.Trajectories); err != nil {
		return err
	}
	fmt.Fprintf(io.Err, "%s: %d trajectories, %d turns, SHA-256 %s\n", path, len(set.Trajectories), set.Turns(), set.SHA256)
	return nil
}

// TrajectoriesImportCmd imports recordings.
type TrajectoriesImportCmd struct {
	tokenizerFlag `embed:""`
	Files         []string `arg:"" name:"file" type:"somewhere" help:"Recordings: files (plain or .zst) or folders."`
	Format        string   `name:"format" default:"auto" enum:"auto,native,${formats}" help:"Format of the files; auto tells it by their content."`
	Out           string   `short:"o" name:"out" placeholder:"OUT" help:"Native file to write, compressed when it ends in .zst. Default: standard output."`
}

// Help lists the formats.
func (*TrajectoriesImportCmd) Help() string {
	var b strings.Builder
	b.WriteString("Formats, tested on files that the named version wrote and on bytes in its documented form:\n\n")
	list := func(unseen bool) {
		for _, f := range importer.Formats() {
			if f.Unseen == unseen {
				fmt.Fprintf(&b, "  %-17s %s [%s]\n", f.Name, f.About, f.Version)
			}
		}
	}
	list(false)
	b.WriteString("\nTested on bytes in the documented form only; no file that the tool itself wrote was read yet:\n\n")
	list(true)
	b.WriteString("\nWhat a recording does not hold (tool schemas, system prompt, times) is said, not invented.")
	return b.String()
}

// Run imports all files or none.
func (c *TrajectoriesImportCmd) Run(_ context.Context, io *IO) error {
	var all []*plimsoll.Trajectory
	ids := map[string]int{}
	for _, path := range c.Files {
		ts, format, err := importer.Import(path, c.Format)
		if err != nil {
			return err
		}
		for _, t := range ts {
			// Files of one harness may use the same id: the later ones get a number.
			if n := ids[t.ID]; n > 0 {
				t.ID = fmt.Sprintf("%s#%d", t.ID, n+1)
			}
			ids[t.ID]++
		}
		fmt.Fprintf(io.Err, "%s: %s, %d trajectories%s\n", path, format, len(ts), unknowns(ts))
		all = append(all, ts...)
	}
	set, err := c.set("import", all)
	if err != nil {
		return err
	}
	return save(io, c.Out, set)
}

// unknowns says which fields the recording could not tell.
func unknowns(ts []*plimsoll.Trajectory) string {
	marks := map[plimsoll.Fidelity]map[string]bool{plimsoll.Missing: {}, plimsoll.Derived: {}}
	for _, t := range ts {
		for field, mark := range t.Fidelity {
			if m := marks[mark]; m != nil {
				m[field] = true
			}
		}
	}
	out := ""
	for _, mark := range [...]plimsoll.Fidelity{plimsoll.Derived, plimsoll.Missing} {
		if names := slices.Sorted(maps.Keys(marks[mark])); len(names) > 0 {
			out += fmt.Sprintf("; %s: %s", mark, strings.Join(names, ", "))
		}
	}
	return out
}

// TrajectoriesStatsCmd shows statistics.
type TrajectoriesStatsCmd struct {
	tokenizerFlag `embed:""`
	Path          string `arg:"" type:"somewhere" help:"File or folder in any format."`
	JSON          bool   `name:"json" help:"Print JSON."`
}

// Run prints them.
func (c *TrajectoriesStatsCmd) Run(_ context.Context, io *IO) error {
	set, err := c.read(c.Path)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(io.Out, set.Stats())
	}
	return set.Stats().Print(io.Out)
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// TrajectoriesCheckCmd checks files.
type TrajectoriesCheckCmd struct {
	Paths []string `arg:"" name:"path" type:"somewhere" help:"Files; what is not native must import."`
	JSON  bool     `name:"json" help:"Print JSON."`
}

// Run prints every problem; the exit code is 6 when there is one.
func (c *TrajectoriesCheckCmd) Run(_ context.Context, io *IO) error {
	problems := []trajectory.Problem{}
	for _, path := range c.Paths {
		found, err := importer.Check(path)
		if err != nil {
			return err
		}
		problems = append(problems, found...)
	}
	if c.JSON {
		if err := printJSON(io.Out, problems); err != nil {
			return err
		}
	} else {
		for _, p := range problems {
			fmt.Fprintln(io.Out, p)
		}
	}
	if len(problems) > 0 {
		return &ExitError{exitCheck, fmt.Errorf("%d problems", len(problems))}
	}
	if !c.JSON {
		fmt.Fprintln(io.Out, "no problems")
	}
	return nil
}

// TrajectoriesSynthCmd draws trajectories.
type TrajectoriesSynthCmd struct {
	tokenizerFlag `embed:""`
	Preset        string `name:"preset" default:"mini" help:"Preset (aa, claude-code, swe-bench, mini) or a distribution file such as ./mine.yaml."`
	Count         int    `name:"count" default:"64" help:"Trajectories."`
	Seed          uint64 `name:"seed" default:"42" help:"Seed: the same gives the same bytes."`
	Out           string `short:"o" name:"out" placeholder:"OUT" help:"Native file to write. Default: standard output."`
}

// Run draws and writes them.
func (c *TrajectoriesSynthCmd) Run(_ context.Context, io *IO) error {
	preset, err := synth.LoadPreset(c.Preset)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	set, err := preset.Generate(c.Seed, c.Count)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	counter, err := c.counter()
	if err != nil {
		return err
	}
	if counter != nil {
		if set, err = set.Recount(counter); err != nil {
			return err
		}
	}
	return save(io, c.Out, set)
}

// TrajectoriesSchemaCmd prints the native format's JSON Schema.
type TrajectoriesSchemaCmd struct{}

// Run prints it.
func (*TrajectoriesSchemaCmd) Run(_ context.Context, io *IO) error {
	_, err := fmt.Fprint(io.Out, trajectory.Schema())
	return err
}
