package trajectory

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"plimsoll"
)

// maxWindow bounds the memory that a zstd frame may ask for.
const maxWindow = 128 << 20

// Open opens a file for reading; one whose name ends in .zst is decompressed on
// the way.
func Open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open trajectories: %w", err)
	}
	if !strings.HasSuffix(path, ".zst") {
		return f, nil
	}
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open trajectories %s: %w", path, err), f.Close())
	}
	return unpacked{z, f}, nil
}

type unpacked struct {
	*zstd.Decoder
	file *os.File
}

func (u unpacked) Close() error {
	u.Decoder.Close()
	return u.file.Close()
}

// SetName is a set's name by its file's: the base name without .zst, .jsonl, .json.
func SetName(path string) string {
	name := filepath.Base(path)
	for _, suffix := range [...]string{".zst", ".age", ".jsonl", ".json"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

// Save writes ts to path, compressed when the name ends in .zst. The file appears
// whole or not at all.
func Save(path string, ts []*plimsoll.Trajectory) error {
	return SaveTo(path, func(w io.Writer) error { return Write(w, ts) })
}

// SaveTo writes a file through write, compressed when the name ends in .zst; the
// file appears whole or not at all.
func SaveTo(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".plimsoll-*")
	if err != nil {
		return fmt.Errorf("save trajectories: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(f.Close()), os.Remove(f.Name()))
		}
	}()
	if err = writePacked(f, path, write); err != nil {
		return err
	}
	if err = errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("save trajectories to %s: %w", path, err)
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("save trajectories: %w", err)
	}
	return nil
}

func writePacked(f io.Writer, path string, write func(io.Writer) error) error {
	if !strings.HasSuffix(path, ".zst") {
		return write(f)
	}
	z, err := zstd.NewWriter(f)
	if err != nil {
		return fmt.Errorf("save trajectories to %s: %w", path, err)
	}
	if err := write(z); err != nil {
		return errors.Join(err, z.Close())
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("save trajectories to %s: %w", path, err)
	}
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
