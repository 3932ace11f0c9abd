package importer

import (
	"io"
	"strings"
	"testing"
)

// endless is a file that never ends: one JSON string.
type endless struct {
	text  string
	begun bool
}

func (e *endless) Read(p []byte) (int, error) {
	if !e.begun {
		e.begun = true
		return copy(p, `"`), nil
	}
	return copy(p, e.text), nil
}

func (*endless) Close() error { return nil }

// TestAnEndlessValueIsRefused reads a value without an end; it must not be held.
func TestAnEndlessValueIsRefused(t *testing.T) {
	in := &input{"endless.json", func() (io.ReadCloser, error) { return &endless{text: strings.Repeat("a", 1<<20)}, nil }, 4 << 20}
	err := in.eachValue(func(int, []byte) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("values: error %v", err)
	}
	if err := in.eachLine(func(int, []byte) error { return nil }); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("lines: error %v", err)
	}
}
