package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFlippedByteIsNamed changes one bit of one byte, at places spread over every file
// of a run folder; verify finds each and names the file. In the manifest itself the
// file that no longer agrees with it may be named instead.
func TestFlippedByteIsNamed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	if code, _, said := call(t, nil, "run", "--virtual", "--levels", "2,8", "--out", dir); code != exitUndecided && code != 0 {
		t.Fatalf("exit %d\n%s", code, said)
	}
	if said, err := verified(t, dir); err != nil {
		t.Fatalf("the whole folder: %v\n%s", err, said)
	}
	files, flips := 0, 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files++
		const places = 9
		for i := range places {
			at := i * (len(whole) - 1) / (places - 1)
			bad := append([]byte{}, whole...)
			bad[at] ^= 1 << (i % 7)
			if err := os.WriteFile(path, bad, 0o644); err != nil {
				return err
			}
			said, err := verified(t, dir)
			named := strings.Contains(said, filepath.ToSlash(name)) || name == "manifest.json" && strings.Contains(said, "manifest")
			if code(err) != exitCheck || !named {
				t.Errorf("byte %d of %s: %v\n%s", at, name, err, said)
			}
			flips++
		}
		return os.WriteFile(path, whole, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 13 {
		t.Errorf("only %d files, %d flips: the folder is not whole", files, flips)
	}
	if said, err := verified(t, dir); err != nil {
		t.Errorf("put back: %v\n%s", err, said)
	}
}
