package power

import "fmt"

// Error is a meter that cannot be used as it was asked for: what is wrong, and
// what to do about it.
type Error struct {
	Spec    string // the meter's spec without secrets
	Problem string
	Hint    string
	Err     error // cause, may be nil
}

// Error says what, where and what to do.
func (e *Error) Error() string {
	s := fmt.Sprintf("power %s: %s", e.Spec, e.Problem)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
