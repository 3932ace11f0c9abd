package bundle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"plimsoll"
)

// maxEvent bounds one line of events.jsonl.
const maxEvent = 4 << 20

// Append adds one event as one line in one write. It fills the schema.
func (d *Dir) Append(e plimsoll.Event) error {
	if !d.writable {
		return fmt.Errorf("append event: %w", ErrReadOnly)
	}
	e.Schema = plimsoll.EventSchema
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("run folder: event %s: %w", e.Kind, err)
	}
	path := filepath.Join(d.path, EventsFile)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.events == nil {
		if d.events, err = openEvents(path); err != nil {
			return err
		}
	}
	_, err = d.events.Write(append(line, '\n'))
	return hint("append to", path, err)
}

// openEvents opens the file for appending and cuts a line that a killed process
// left torn, so that the next one stands alone.
func openEvents(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, hint("open", path, err)
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		f.Close()
		return nil, hint("read", path, err)
	}
	tail := make([]byte, min(end, maxEvent))
	if _, err := f.ReadAt(tail, end-int64(len(tail))); err != nil && err != io.EOF {
		f.Close()
		return nil, hint("read", path, err)
	}
	whole := end - int64(len(tail)) + int64(bytes.LastIndexByte(tail, '\n')+1)
	if whole == end {
		return f, nil
	}
	if err := f.Truncate(whole); err != nil {
		f.Close()
		return nil, hint("truncate", path, err)
	}
	return f, nil
}

// Events calls yield for each event in order. A torn last line is not an event; a
// broken line elsewhere is an error with its number. No file is no events.
func (d *Dir) Events(yield func(plimsoll.Event) error) error {
	path := filepath.Join(d.path, EventsFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return hint("open", path, err)
	}
	defer f.Close()
	_, err = ReadEvents(f, yield)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// ReadEvents reads whole lines from r and returns how many bytes they took, so
// that a reader of a growing file can go on there.
func ReadEvents(r io.Reader, yield func(plimsoll.Event) error) (read int64, err error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for n := 1; ; n++ {
		line, err := readLine(lines)
		if err == io.EOF {
			return read, nil
		}
		if err != nil {
			return read, fmt.Errorf("line %d: %w", n, err)
		}
		var e plimsoll.Event
		if err := json.Unmarshal(line, &e); err != nil {
			return read, fmt.Errorf("line %d is no event: %w", n, err)
		}
		if e.Schema != plimsoll.EventSchema {
			return read, fmt.Errorf("line %d: schema %q is not %q", n, e.Schema, plimsoll.EventSchema)
		}
		if err := yield(e); err != nil {
			return read, err
		}
		read += int64(len(line))
	}
}

// readLine returns the next line with its end, io.EOF where there is no whole one.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxEvent:
			return nil, fmt.Errorf("longer than %d bytes", maxEvent)
		case err == bufio.ErrBufferFull:
			continue
		case err != nil:
			return nil, err
		}
		return line, nil
	}
}
