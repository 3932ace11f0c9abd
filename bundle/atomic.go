package bundle

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// replace writes a file beside its place, syncs it and renames it into place:
// after a crash there is the old file, the new one, or none, never half of one.
func replace(path string, write func(io.Writer) error) error {
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	if err := create(temp, write); err != nil {
		os.Remove(temp) // best effort: the hidden file is no part of the folder
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return hint("rename into place", path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// create writes and syncs one new file.
func create(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return hint("create", path, err)
	}
	if err := write(f); err != nil {
		f.Close()
		return hint("write", path, err)
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return hint("sync", path, err)
	}
	return hint("close", path, f.Close())
}

// syncFolder makes renames inside the folder durable. Windows has no such thing.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return hint("open", path, err)
	}
	defer f.Close()
	return hint("sync", path, f.Sync())
}

// hint wraps an I/O error with the file and, where it is known, what to do.
func hint(verb, path string, err error) error {
	var advice string
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		advice = "; the disk is full: free some space or choose another folder with --out"
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		advice = "; choose a folder that you may write to with --out"
	case errors.Is(err, syscall.EFBIG):
		advice = "; files may not be that large here: raise the limit with ulimit -f"
	case errors.Is(err, syscall.EMFILE):
		advice = "; too many open files: raise the limit with ulimit -n"
	}
	var inner *os.PathError // the path is already in our sentence
	if errors.As(err, &inner) {
		return fmt.Errorf("run folder: %s %s: %w%s", verb, path, inner.Err, advice)
	}
	return fmt.Errorf("run folder: %s %s: %w%s", verb, path, err, advice)
}
