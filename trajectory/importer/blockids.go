package importer

import (
	"fmt"
	"math"
)

// blockIDs is a JSON array of block identities. Shape-only recordings are made of
// little else, so they are decoded by hand: several times as fast as by
// reflection.
type blockIDs []uint64

// UnmarshalJSON reads an array of whole numbers, or null.
func (b *blockIDs) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*b = nil
		return nil
	}
	if len(data) == 0 || data[0] != '[' {
		return fmt.Errorf("block ids are an array of whole numbers, not %.20q", data)
	}
	n := 1
	for _, c := range data {
		if c == ',' {
			n++
		}
	}
	out := make(blockIDs, 0, n)
	value, digits := uint64(0), 0
	for _, c := range data[1:] {
		switch {
		case c >= '0' && c <= '9':
			d := uint64(c - '0')
			if value > (math.MaxUint64-d)/10 {
				return fmt.Errorf("block id %d is above 2^64 - 1", len(out))
			}
			value, digits = value*10+d, digits+1
		case c == ',' || c == ']':
			if digits > 0 {
				out = append(out, value)
			}
			value, digits = 0, 0
		case c != ' ' && c != '\n' && c != '\t' && c != '\r':
			return fmt.Errorf("block id %d is no whole number", len(out))
		}
	}
	*b = out
	return nil
}
