package importer

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"plimsoll/trajectory"
)

// maxDocument is the largest file, in bytes, that is read as one JSON document.
const maxDocument = 1 << 30

// input is a file under import: its name in errors, and how to open it. A line, or a
// JSON value, longer than max bytes is refused: it is held as a whole.
type input struct {
	path string
	open func() (io.ReadCloser, error)
	max  int
}

func fileInput(path string) *input {
	return &input{path, func() (io.ReadCloser, error) { return trajectory.Open(path) }, trajectory.MaxLine}
}

// eachLine calls do with every line; an error gets the line's place.
func (in *input) eachLine(do func(n int, line []byte) error) error {
	r, err := in.open()
	if err != nil {
		return err
	}
	defer r.Close()
	lines := trajectory.NewLines(in.path, r, in.max)
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(lines.Number(), line); err != nil {
			return fmt.Errorf("%s: %w", lines.Place(), err)
		}
	}
}

// document decodes a file that is one JSON value.
func (in *input) document(v any) error {
	r, err := in.open()
	if err != nil {
		return err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return fmt.Errorf("%s: %w", in.path, err)
	}
	if len(data) > maxDocument {
		return fmt.Errorf("%s: the document is larger than %d bytes", in.path, maxDocument)
	}
	if err := decode(data, v); err != nil {
		return fmt.Errorf("%s: %w", in.path, err)
	}
	return nil
}

// decode decodes one JSON value. Duplicate names and bytes that are not UTF-8 are
// errors: a recording that has them cannot be replayed as it was.
func decode(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return trajectory.PlainJSON(err)
	}
	return nil
}

// inSeconds converts a recorded time that checkSeconds has let pass, to the
// nearest nanosecond.
func inSeconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

// checkSeconds refuses what is no recorded time.
func checkSeconds(name string, s float64) error {
	if !(s >= 0 && s <= 1e9) {
		return fmt.Errorf("%s is %g; it must be 0 to 1e9 seconds", name, s)
	}
	return nil
}

// eachValue calls do with every JSON value of a file that is JSONL or one
// document; an array stands for its elements. n counts from 1.
func (in *input) eachValue(do func(n int, raw []byte) error) error {
	r, err := in.open()
	if err != nil {
		return err
	}
	defer r.Close()
	capped := &cappedReader{r: r, max: in.max, left: in.max}
	d := jsontext.NewDecoder(capped)
	n := 0
	call := func() error {
		at := d.InputOffset()
		raw, err := d.ReadValue()
		if err != nil {
			return fmt.Errorf("%s: value %d: %w", in.path, n+1, trajectory.PlainJSON(err))
		}
		capped.left = in.max
		n++
		if err := do(n, raw); err != nil {
			return fmt.Errorf("%s: value %d (byte %d): %w", in.path, n, at, err)
		}
		return nil
	}
	for {
		switch d.PeekKind() {
		case 0:
			if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
				return fmt.Errorf("%s: value %d: %w", in.path, n+1, trajectory.PlainJSON(err))
			}
			return nil
		case '[', ']':
			if _, err := d.ReadToken(); err != nil {
				return fmt.Errorf("%s: %w", in.path, trajectory.PlainJSON(err))
			}
		default:
			if err := call(); err != nil {
				return err
			}
		}
	}
}

// cappedReader refuses to read on when what it may read is used up.
type cappedReader struct {
	r         io.Reader
	max, left int
}

func (c *cappedReader) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, fmt.Errorf("a JSON value is longer than %d bytes; split the file", c.max)
	}
	n, err := c.r.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// baseName is a file's name without its folders and known suffixes.
func baseName(path string) string { return trajectory.SetName(path) }
