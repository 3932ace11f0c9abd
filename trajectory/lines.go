package trajectory

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxLine is the longest line, in bytes, that is read from a JSONL file: a
// trajectory of a million tokens is some 5 MB.
const MaxLine = 256 << 20

// Lines reads lines with their numbers. A line longer than the cap, and nothing
// else, is an error of its own.
type Lines struct {
	r      *bufio.Reader
	name   string
	max    int
	number int
	buf    []byte
}

// NewLines reads r, called name in errors, with lines of at most max bytes.
func NewLines(name string, r io.Reader, max int) *Lines {
	return &Lines{r: bufio.NewReaderSize(r, 1<<16), name: name, max: max}
}

// Next returns the next line that is not blank, without its end; the bytes are
// valid until the next call. The error is io.EOF at the end.
func (l *Lines) Next() ([]byte, error) {
	for {
		line, err := l.next()
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) > 0 {
			return line, nil
		}
	}
}

func (l *Lines) next() ([]byte, error) {
	l.number++
	l.buf = l.buf[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		if len(l.buf)+len(part) > l.max {
			return nil, fmt.Errorf("%s: the line is longer than %d bytes; split it or check that it is JSONL", l.Place(), l.max)
		}
		if err == nil && len(l.buf) == 0 {
			return bytes.TrimRight(part, "\r\n"), nil
		}
		l.buf = append(l.buf, part...)
		switch {
		case err == nil, errors.Is(err, io.EOF) && len(l.buf) > 0:
			return bytes.TrimRight(l.buf, "\r\n"), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil, io.EOF
		default:
			return nil, fmt.Errorf("%s: %w", l.Place(), err)
		}
	}
}

// Number is the number of the line that Next returned, from 1.
func (l *Lines) Number() int { return l.number }

// Place is "file:line" of the line that Next returned.
func (l *Lines) Place() string { return fmt.Sprintf("%s:%d", l.name, l.number) }
