package power

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"plimsoll"
)

//go:embed provisioned.yaml
var provisionedYAML []byte // never written

// Table is what has to be provisioned for one accelerator of each sort, as dated
// data with sources.
type Table struct {
	Date    string      `yaml:"date"`
	Source  string      `yaml:"source"`
	Entries []Provision `yaml:"entries"`
}

// Provision is one line of a Table. Its figure cannot be had without its boundary
// and source.
type Provision struct {
	Accelerator string            `yaml:"accelerator"`
	Boundary    plimsoll.Boundary `yaml:"boundary"`
	Watts       float64           `yaml:"watts"` // for one accelerator
	Source      string            `yaml:"source"`
	Date        string            `yaml:"date"`
}

// Provisioned returns the built-in table.
func Provisioned() (Table, error) { return readTable(bytes.NewReader(provisionedYAML)) }

// readTable reads a table and refuses unknown fields and incomplete lines.
func readTable(r io.Reader) (Table, error) {
	text, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return Table{}, fmt.Errorf("provisioned table: %w", err)
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithKnownFields(), yaml.WithUniqueKeys())
	if err != nil {
		return Table{}, fmt.Errorf("provisioned table: %w", err)
	}
	var t Table
	if err := loader.Load(&t); err != nil {
		return Table{}, fmt.Errorf("provisioned table: %w", err)
	}
	for i, p := range t.Entries {
		if p.Accelerator == "" || !p.Boundary.Known() || !(p.Watts > 0) || p.Source == "" || p.Date == "" {
			return Table{}, fmt.Errorf("provisioned table: entry %d (%s) lacks accelerator, a known boundary, watts above 0, source or date", i+1, p.Accelerator)
		}
	}
	return t, nil
}

// Find returns the line of an accelerator at a boundary, with its date.
func (t Table) Find(accelerator string, at plimsoll.Boundary) (Provision, error) {
	var known []string
	for _, p := range t.Entries {
		if strings.EqualFold(p.Accelerator, accelerator) && p.Boundary == at {
			return p, nil
		}
		known = append(known, p.Accelerator+"@"+string(p.Boundary))
	}
	slices.Sort(known)
	return Provision{}, &Error{Problem: fmt.Sprintf("the table of %s has no %s@%s", t.Date, accelerator, at), Hint: "it has " + strings.Join(known, " ") + "; or name your own with ?table_file=PATH"}
}

// provisionedKind takes a figure from a table.
func provisionedKind() kind {
	return kind{
		name: "provisioned", form: "provisioned:GB300@facility", about: "what a dated table says has to be provisioned for the accelerators",
		covers: plimsoll.BoundaryFacility, claims: anywhere(), basis: plimsoll.Provisioned, grade: plimsoll.G0,
		refine: func(t target, _ plimsoll.PowerSpec, e *Expect) error {
			e.Source = "provisioned power of " + t.base + " from a table"
			if t.params.Get("table_file") == "" {
				built, err := Provisioned()
				e.Source += " of " + built.Date
				return err
			}
			e.Source += " of the user's"
			return nil
		},
		open: func(j job) (reader, error) {
			table, err := j.table()
			if err != nil {
				return nil, err
			}
			p, err := table.Find(j.target.base, j.expect.Boundary)
			if err != nil {
				return nil, err
			}
			list, err := perAccelerator(p.Watts, j.cfg.Accelerators)
			return constant(list), err
		},
	}
}

func (j job) table() (Table, error) {
	path := j.target.params.Get("table_file")
	if path == "" {
		return Provisioned()
	}
	f, err := os.Open(path)
	if err != nil {
		return Table{}, j.fail("cannot read table_file", "give a YAML file like the built-in one in docs/power.md", err)
	}
	defer f.Close()
	return readTable(f)
}
