package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// ManifestSchema names the form of manifest.json.
const ManifestSchema = "plimsoll-manifest/1"

// Manifest lists every file of a folder but itself and the signatures.
type Manifest struct {
	Schema string     `json:"schema"`
	Files  []FileHash `json:"files"` // by path, ascending
}

// FileHash is one file of the folder.
type FileHash struct {
	Path   string `json:"path"` // slashes, relative to the folder
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Difference is a file that is not as the manifest says.
type Difference struct {
	Path string `json:"path"`
	What string `json:"what"` // one sentence
}

// Finish makes the folder complete: it removes what broken levels left, lists and
// hashes every file and writes manifest.json last.
func (d *Dir) Finish() error {
	if !d.writable {
		return fmt.Errorf("finish: %w", ErrReadOnly)
	}
	if err := d.sweep(); err != nil {
		return err
	}
	files, err := d.list()
	if err != nil {
		return err
	}
	return d.writeJSON(ManifestFile, Manifest{Schema: ManifestSchema, Files: files})
}

// Complete reports whether the folder has a manifest.
func (d *Dir) Complete() bool {
	_, err := os.Stat(filepath.Join(d.path, ManifestFile))
	return err == nil
}

// Check compares every file with the manifest and names each one that differs, is
// missing or is not listed. A folder without a manifest is one difference.
func (d *Dir) Check() ([]Difference, error) {
	data, err := d.ReadFile(ManifestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return []Difference{{ManifestFile, "is missing: the run is partial, or was changed after it ended"}}, nil
	}
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil || m.Schema != ManifestSchema {
		return []Difference{{ManifestFile, "is damaged: it is no " + ManifestSchema}}, nil
	}
	var found []Difference
	if canonical, err := marshal(m); err != nil || !bytes.Equal(canonical, data) {
		found = append(found, Difference{ManifestFile, "was changed: it is not in the form that plimsoll writes"})
	}
	files, err := d.list()
	if err != nil {
		return nil, err
	}
	return append(found, compareFiles(m.Files, files)...), nil
}

// compareFiles names the differences between two lists, ascending by path.
func compareFiles(want, got []FileHash) []Difference {
	byPath := make(map[string]FileHash, len(got))
	for _, f := range got {
		byPath[f.Path] = f
	}
	var found []Difference
	for _, w := range want {
		g, there := byPath[w.Path]
		delete(byPath, w.Path)
		switch {
		case !there:
			found = append(found, Difference{w.Path, "is missing"})
		case g.Size != w.Size:
			found = append(found, Difference{w.Path, fmt.Sprintf("differs: %d bytes, the manifest says %d", g.Size, w.Size)})
		case g.SHA256 != w.SHA256:
			found = append(found, Difference{w.Path, fmt.Sprintf("differs: SHA-256 %.12s, the manifest says %.12s", g.SHA256, w.SHA256)})
		}
	}
	for path := range byPath {
		found = append(found, Difference{path, "is not in the manifest"})
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].Path < found[j].Path })
	return found
}

// list hashes every file of the folder but manifest and signatures.
func (d *Dir) list() ([]FileHash, error) {
	var files []FileHash
	err := filepath.WalkDir(d.path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return hint("read", path, err)
		}
		name, err := filepath.Rel(d.path, path)
		if err != nil {
			return hint("read", path, err)
		}
		name = filepath.ToSlash(name)
		switch {
		case name == ManifestFile, strings.HasPrefix(name, SignaturesDir+"/"), entry.IsDir():
			return nil
		case !entry.Type().IsRegular():
			return fmt.Errorf("run folder: %s is neither a file nor a folder; remove it", path)
		}
		f, err := os.Open(path)
		if err != nil {
			return hint("open", path, err)
		}
		defer f.Close()
		sum, size, err := digest(f)
		files = append(files, FileHash{Path: name, Size: size, SHA256: sum})
		return hint("read", path, err)
	})
	sort.Slice(files, func(i, j int) bool { return files[i].Path < files[j].Path })
	return files, err
}
