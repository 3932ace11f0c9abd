package client

import (
	"fmt"
	"io"
)

// Secret is a value that no output may show: every way to print it writes a mask.
type Secret string

const mask = "[secret]"

// Format writes the mask for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, mask) }

// String returns the mask.
func (s Secret) String() string { return mask }

// GoString returns the mask.
func (s Secret) GoString() string { return mask }

// MarshalText writes the mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }

// UnmarshalText takes the value.
func (s *Secret) UnmarshalText(text []byte) error { *s = Secret(text); return nil }

func (s Secret) reveal() string { return string(s) }
