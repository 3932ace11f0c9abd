package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/result"
)

// What we are willing to read of a folder that anybody may have made, in bytes.
const (
	maxJSON   = 64 << 20
	maxReport = 64 << 20
)

// errNoRun is what every name that is no run folder gets, whatever else it is.
var errNoRun = errors.New("there is no such run")

// folder is one run folder, opened so that no path leads out of it. Close it.
type folder struct {
	name string
	path string
	root *os.Root
}

// open opens a run folder directly under the site's.
func (s *Site) open(name string) (*folder, error) {
	if name == "" || strings.HasPrefix(name, ".") || strings.ContainsAny(name, "/\\\x00") || !filepath.IsLocal(name) {
		return nil, errNoRun
	}
	info, err := s.root.Lstat(name)
	if err != nil || !info.IsDir() { // a symbolic link is no run folder
		return nil, errNoRun
	}
	root, err := s.root.OpenRoot(name)
	if err != nil {
		return nil, errNoRun
	}
	f := &folder{name: name, path: filepath.Join(s.config.Dir, name), root: root}
	if _, err := f.stat(bundle.FactsFile); err != nil {
		root.Close()
		return nil, errNoRun
	}
	return f, nil
}

func (f *folder) close() { f.root.Close() }

// stat describes a regular file of the folder. Anything else, such as a pipe that
// would block its reader, does not exist.
func (f *folder) stat(name string) (fs.FileInfo, error) {
	info, err := f.root.Lstat(name)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", f.name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("run %s: %s is no regular file: %w", f.name, name, fs.ErrNotExist)
	}
	return info, nil
}

func (f *folder) read(name string, most int64) ([]byte, error) {
	if _, err := f.stat(name); err != nil {
		return nil, err
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", f.name, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, fmt.Errorf("run %s: %s: %w", f.name, name, err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("run %s: %s is larger than %d bytes", f.name, name, most)
	}
	return data, nil
}

func (f *folder) decode(name, schema string, into any) error {
	data, err := f.read(name, maxJSON)
	if err != nil {
		return err
	}
	var head struct{ Schema string }
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("run %s: %s is damaged: %w", f.name, name, err)
	}
	if head.Schema != schema {
		return fmt.Errorf("run %s: %s: schema %q is not %q; use the version of plimsoll that wrote it", f.name, name, head.Schema, schema)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("run %s: %s is damaged: %w", f.name, name, err)
	}
	return nil
}

func (f *folder) facts() (facts plimsoll.Facts, err error) {
	err = f.decode(bundle.FactsFile, plimsoll.FactsSchema, &facts)
	return facts, err
}

// result reads result.json; fs.ErrNotExist where the run has none yet.
func (f *folder) result() (r result.Result, err error) {
	err = f.decode(bundle.ResultFile, plimsoll.ResultSchema, &r)
	return r, err
}

// events reads the events past offset; read is 0 and the error fs.ErrNotExist where
// there is no file, or it is shorter than offset because it was begun anew.
func (f *folder) events(offset int64, yield func(plimsoll.Event)) (read int64, changed time.Time, err error) {
	info, err := f.stat(bundle.EventsFile)
	if err != nil {
		return 0, time.Time{}, err
	}
	if info.Size() < offset {
		return 0, info.ModTime(), fmt.Errorf("run %s: %s was begun anew: %w", f.name, bundle.EventsFile, fs.ErrNotExist)
	}
	file, err := f.root.Open(bundle.EventsFile)
	if err != nil {
		return 0, info.ModTime(), fmt.Errorf("run %s: %w", f.name, err)
	}
	defer file.Close()
	read, err = bundle.ReadEvents(io.NewSectionReader(file, offset, math.MaxInt64-offset), func(e plimsoll.Event) error {
		yield(e)
		return nil
	})
	if err != nil {
		err = fmt.Errorf("run %s: %s: %w", f.name, bundle.EventsFile, err)
	}
	return read, info.ModTime(), err
}

// plainTree reports whether the folder holds regular files and folders alone, so
// that a reader that goes by paths stays in it.
func (f *folder) plainTree() error {
	return fs.WalkDir(f.root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("run %s: %w", f.name, err)
		}
		if !d.IsDir() && !d.Type().IsRegular() {
			return fmt.Errorf("run %s: %s is neither file nor folder; it is not read", f.name, path)
		}
		return nil
	})
}

// bundle opens the folder for readers of its levels.
func (f *folder) bundle() (*bundle.Dir, error) {
	if err := f.plainTree(); err != nil {
		return nil, err
	}
	return bundle.Open(f.path)
}
