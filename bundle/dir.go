package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"plimsoll"
)

// The names of the files in a run folder.
const (
	FactsFile      = "facts.json"
	RunFile        = "run.yaml"
	SystemFile     = "system.yaml"
	EventsFile     = "events.jsonl"
	ResultFile     = "result.json"
	ReportFile     = "report.html"
	ManifestFile   = "manifest.json"
	LevelsDir      = "levels"
	SignaturesDir  = "signatures"
	turnsFile      = "turns.parquet"
	powerFile      = "power.parquet"
	engineFile     = "engine.parquet"
	levelFile      = "level.json"
	maxSmallFile   = 64 << 20 // bytes of a JSON or YAML file that we are willing to read
	tempLevelStart = "."
)

// ErrReadOnly is returned by writes to a folder that was opened for reading.
var ErrReadOnly = errors.New("run folder was opened for reading")

// ErrNoRun is wrapped by Open where the path holds no facts.json.
var ErrNoRun = errors.New("is no run folder")

// Dir is a run folder. Its methods may be called concurrently.
type Dir struct {
	path     string
	facts    plimsoll.Facts
	writable bool

	mu     sync.Mutex
	events *os.File // nil until the first Append
}

// Create makes a run folder. The folder must be new or empty. systemYAML may be
// nil.
func Create(path string, facts plimsoll.Facts, runYAML, systemYAML []byte) (*Dir, error) {
	if entries, err := os.ReadDir(path); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("run folder %s is not empty; choose another with --out, or go on with it by --resume", path)
	}
	if err := os.MkdirAll(filepath.Join(path, LevelsDir), 0o755); err != nil {
		return nil, hint("create", path, err)
	}
	facts.Schema = plimsoll.FactsSchema
	d := &Dir{path: path, facts: facts, writable: true}
	if err := d.WriteFile(RunFile, bytesWriter(runYAML)); err != nil {
		return nil, err
	}
	if systemYAML != nil {
		if err := d.WriteFile(SystemFile, bytesWriter(systemYAML)); err != nil {
			return nil, err
		}
	}
	return d, d.writeJSON(FactsFile, facts) // last: a folder with facts has its configuration
}

// Open opens a run folder for reading.
func Open(path string) (*Dir, error) {
	d := &Dir{path: path}
	if err := d.readJSON(FactsFile, &d.facts); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s %w: it has no %s; give the folder that plimsoll run named", path, ErrNoRun, FactsFile)
		}
		return nil, err
	}
	if d.facts.Schema != plimsoll.FactsSchema {
		return nil, fmt.Errorf("%s: schema %q is not %q; use the version of plimsoll that wrote it", filepath.Join(path, FactsFile), d.facts.Schema, plimsoll.FactsSchema)
	}
	return d, nil
}

// Resume opens a run folder for writing: what a killed process left half written
// is removed, and so are manifest and result, since the folder is partial again.
func Resume(path string) (*Dir, error) {
	d, err := Open(path)
	if err != nil {
		return nil, err
	}
	d.writable = true
	if err := d.sweep(); err != nil {
		return nil, err
	}
	for _, name := range []string{ManifestFile, ResultFile, ReportFile} {
		if err := os.Remove(filepath.Join(path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, hint("remove", filepath.Join(path, name), err)
		}
	}
	return d, nil
}

// Path returns the folder.
func (d *Dir) Path() string { return d.path }

// Facts returns what was known before the first level.
func (d *Dir) Facts() plimsoll.Facts { return d.facts }

// Close closes the folder's files. It does not make the folder complete: Finish
// does.
func (d *Dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.events == nil {
		return nil
	}
	err := d.events.Close()
	d.events = nil
	return hint("close", filepath.Join(d.path, EventsFile), err)
}

// WriteResult writes result.json in one step.
func (d *Dir) WriteResult(v any) error { return d.writeJSON(ResultFile, v) }

// ReadResult reads result.json into v.
func (d *Dir) ReadResult(v any) error { return d.readJSON(ResultFile, v) }

// WriteFile writes a file at the top of the folder in one step: it is there whole
// or not at all.
func (d *Dir) WriteFile(name string, write func(io.Writer) error) error {
	if !d.writable {
		return fmt.Errorf("write %s: %w", name, ErrReadOnly)
	}
	if name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return fmt.Errorf("run folder: %q is no plain file name", name)
	}
	return replace(filepath.Join(d.path, name), write)
}

// ReadFile reads a small file at the top of the folder.
func (d *Dir) ReadFile(name string) ([]byte, error) {
	return readSmall(filepath.Join(d.path, name))
}

func (d *Dir) writeJSON(name string, v any) error {
	data, err := marshal(v)
	if err != nil {
		return fmt.Errorf("run folder: %s: %w", name, err)
	}
	return d.WriteFile(name, bytesWriter(data))
}

func (d *Dir) readJSON(name string, v any) error {
	return readJSON(filepath.Join(d.path, name), v)
}

// sweep removes what a broken write left behind: hidden files and folders of ours.
func (d *Dir) sweep() error {
	for _, pattern := range []string{".*.tmp", filepath.Join(LevelsDir, ".*.tmp")} {
		found, err := filepath.Glob(filepath.Join(escapeGlob(d.path), pattern))
		if err != nil {
			return fmt.Errorf("run folder: sweep %s: %w", d.path, err)
		}
		for _, path := range found {
			if err := os.RemoveAll(path); err != nil {
				return hint("remove", path, err)
			}
		}
	}
	return nil
}

// escapeGlob makes a path match only itself.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// marshal writes JSON as it stands in the folder: indented, ending in a newline.
func marshal(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	return append(data, '\n'), err
}

func bytesWriter(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// readSmall reads a whole file, refusing one that no run of ours could have made.
func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, hint("open", path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSmallFile+1))
	if err != nil {
		return nil, hint("read", path, err)
	}
	if len(data) > maxSmallFile {
		return nil, fmt.Errorf("run folder: %s is larger than %d bytes; it was not written by plimsoll", path, maxSmallFile)
	}
	return data, nil
}

func readJSON(path string, v any) error {
	data, err := readSmall(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("run folder: %s is damaged: %w", path, err)
	}
	return nil
}
