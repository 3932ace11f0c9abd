package main

import (
	"fmt"
	"strings"
	"time"

	"plimsoll/dialect"
)

// scanRate measures the scanner on one core for a third of a second, many events a
// read, in events/s. Counted, each event has its own usage and must be walked; else
// events differ in their text alone, which the scanner makes use of.
func scanRate(counted bool) float64 {
	chat, err := dialect.ByName(dialect.Default)
	if err != nil {
		return 0
	}
	const events = 1000
	var block strings.Builder
	for i := range events {
		usage := "null"
		if counted {
			usage = fmt.Sprintf(`{"prompt_tokens":27000,"completion_tokens":%d,"total_tokens":%d}`, i+1, i+27_001)
		}
		fmt.Fprintf(&block, `data: {"id":"chatcmpl-0123456789abcdef0123456789abcdef","object":"chat.completion.chunk","created":1764000000,"model":"metronome","choices":[{"index":0,"delta":{"content":" %d"},"finish_reason":null}],"usage":%s}`+"\n\n", i, usage)
	}
	read, s := []byte(block.String()), dialect.NewScanner(chat, dialect.Caps{})
	n, began := 0, time.Now()
	for ; time.Since(began) < 300*time.Millisecond; n += events {
		s.Reset()
		if s.Feed(read, 1) != nil {
			return 0
		}
	}
	return float64(n) / time.Since(began).Seconds()
}
