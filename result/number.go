package result

import (
	"encoding/json"
	"math"
)

// Number is a figure that may not exist. JSON has no infinity and no NaN: both are
// written null, and null is read as NaN.
type Number float64

// None is the Number of a figure that does not exist.
func None() Number { return Number(math.NaN()) }

// Known reports whether the figure is finite.
func (n Number) Known() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON writes a finite number or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads a number or null.
func (n *Number) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*n = None()
		return nil
	}
	return json.Unmarshal(data, (*float64)(n))
}
