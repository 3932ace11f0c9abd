package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"

	"plimsoll"
)

// Sealed is a level attempt of the folder.
type Sealed struct {
	ID       string // "0007.1"
	Stage    plimsoll.Stage
	Observed plimsoll.Observed
	Files    []LevelFile
	path     string
}

// levelName is what a sealed level's folder is called.
var levelName = regexp.MustCompile(`^[0-9]{4,9}\.[0-9]{1,4}$`)

// Levels returns the sealed levels in order of number and attempt.
func (d *Dir) Levels() ([]Sealed, error) {
	path := filepath.Join(d.path, LevelsDir)
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, hint("read", path, err)
	}
	var levels []Sealed
	for _, entry := range entries {
		if !entry.IsDir() || !levelName.MatchString(entry.Name()) {
			continue
		}
		level, err := readLevel(filepath.Join(path, entry.Name()), entry.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue // no level.json: it does not exist
		}
		if err != nil {
			return nil, err
		}
		levels = append(levels, level)
	}
	sort.Slice(levels, func(i, j int) bool {
		a, b := levels[i].Stage, levels[j].Stage
		return a.Level < b.Level || a.Level == b.Level && a.Attempt < b.Attempt
	})
	return levels, nil
}

func readLevel(path, id string) (Sealed, error) {
	var record levelRecord
	file := filepath.Join(path, levelFile)
	if err := readJSON(file, &record); err != nil {
		return Sealed{}, err
	}
	switch {
	case record.Schema != plimsoll.LevelSchema:
		return Sealed{}, fmt.Errorf("run folder: %s: schema %q is not %q", file, record.Schema, plimsoll.LevelSchema)
	case ID(record.Stage.Level, record.Stage.Attempt) != id:
		return Sealed{}, fmt.Errorf("run folder: %s describes level %s", file, ID(record.Stage.Level, record.Stage.Attempt))
	}
	return Sealed{ID: id, Stage: record.Stage, Observed: record.Observed, Files: record.Files, path: path}, nil
}

// Rows calls yield for every turn of the level, in the order they were stored.
func (l Sealed) Rows(yield func(*plimsoll.Row) error) error { return read(l, turnsFile, yield) }

// Samples calls yield for every meter reading of the level.
func (l Sealed) Samples(yield func(*plimsoll.Sample) error) error { return read(l, powerFile, yield) }

// Engine calls yield for every scrape of the engine's metrics; a level without
// any has none.
func (l Sealed) Engine(yield func(*plimsoll.EngineReading) error) error {
	if _, scraped := l.file(engineFile); !scraped {
		return nil
	}
	return read(l, engineFile, yield)
}

// read checks the file against level.json, then decodes it batch by batch. What
// yield gets is overwritten by the next call.
func read[T any](l Sealed, name string, yield func(*T) error) error {
	path := filepath.Join(l.path, name)
	f, err := os.Open(path)
	if err != nil {
		return hint("open", path, err)
	}
	defer f.Close()
	want, ok := l.file(name)
	if !ok {
		return fmt.Errorf("run folder: %s is not listed in its %s", path, levelFile)
	}
	got, size, err := digest(f)
	if err != nil {
		return hint("read", path, err)
	}
	if got != want.SHA256 || size != want.Size {
		return fmt.Errorf("run folder: %s differs from its %s (SHA-256 %.12s, want %.12s)", path, levelFile, got, want.SHA256)
	}
	rows, err := decode(f, size, yield)
	if err != nil {
		return fmt.Errorf("run folder: %s: %w", path, err)
	}
	if rows != want.Rows {
		return fmt.Errorf("run folder: %s holds %d rows, its %s says %d", path, rows, levelFile, want.Rows)
	}
	return nil
}

func (l Sealed) file(name string) (LevelFile, bool) {
	for _, f := range l.Files {
		if f.Name == name {
			return f, true
		}
	}
	return LevelFile{}, false
}

// digest returns the SHA-256 of what is left of r, in hex, and its length.
func digest(r io.Reader) (string, int64, error) {
	sum := sha256.New()
	n, err := io.Copy(sum, r)
	return hex.EncodeToString(sum.Sum(nil)), n, err
}

// RowCount returns how many turns level.json says there are, at most a million:
// it sizes a buffer and is not to be believed.
func (l Sealed) RowCount() int {
	f, _ := l.file(turnsFile)
	return int(min(max(f.Rows, 0), 1<<20))
}
