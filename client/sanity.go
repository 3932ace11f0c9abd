package client

import "bytes"

// The shortest text that can be called looping, and the longest period, in bytes.
const (
	loopTail   = 768
	loopPeriod = 96
)

// sanity looks at a reply's text: "" well, "empty" nothing but white space,
// "looping" an end that repeats one piece of at most 96 bytes over 768 bytes.
func sanity(text []byte) string {
	if len(bytes.TrimSpace(text)) == 0 {
		return "empty"
	}
	if len(text) < loopTail {
		return ""
	}
	tail := text[len(text)-loopTail:]
	for period := 1; period <= loopPeriod; period++ {
		if bytes.Equal(tail[period:], tail[:len(tail)-period]) {
			return "looping"
		}
	}
	return ""
}
