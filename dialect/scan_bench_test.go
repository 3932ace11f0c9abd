package dialect

import (
	"fmt"
	"strings"
	"testing"

	"plimsoll"
)

// BenchmarkScan reads a stream of 1,000 chat events as vLLM writes them, 16 KiB a
// read: alike but for their text, and with usage in each, so that each is walked.
// events/s is per core: one goroutine does it.
func BenchmarkScan(b *testing.B) {
	var alike, counted strings.Builder
	for i := range 1000 {
		const event = `data: {"id":"chatcmpl-0123456789abcdef0123456789abcdef","object":"chat.completion.chunk","created":1764000000,"model":"deepseek-v4-pro","choices":[{"index":0,"delta":{"content":" w%d"},"logprobs":null,"finish_reason":null,"token_ids":null}]%s}` + "\n\n"
		fmt.Fprintf(&alike, event, i, "")
		fmt.Fprintf(&counted, event, i, fmt.Sprintf(`,"usage":{"prompt_tokens":27000,"total_tokens":%d,"completion_tokens":%d}`, 27_001+i, 1+i))
	}
	b.Run("alike", func(b *testing.B) { scan(b, []byte(alike.String())) })
	b.Run("counted", func(b *testing.B) { scan(b, []byte(counted.String())) })
}

func scan(b *testing.B, stream []byte) {
	s := NewScanner(chat{}, Caps{})
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		s.Reset()
		for at := 0; at < len(stream); at += 16 << 10 {
			if err := s.Feed(stream[at:min(at+16<<10, len(stream))], 1); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkEncode encodes a trajectory of 300 turns with a context that grows to
// 100K tokens.
func BenchmarkEncode(b *testing.B) {
	tr := &plimsoll.Trajectory{Segments: []plimsoll.Segment{{Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: strings.Repeat("You are an agent.\n", 500)}}}
	for i := 1; i <= 600; i++ {
		role, kind := plimsoll.User, plimsoll.KindUser
		if i%2 == 0 {
			role, kind = plimsoll.Assistant, plimsoll.KindText
		}
		tr.Segments = append(tr.Segments, plimsoll.Segment{Message: i, Role: role, Kind: kind, Text: strings.Repeat("if x > 0 {\n\treturn \"y\"\n}\n", 26)})
		if role == plimsoll.User {
			tr.Turns = append(tr.Turns, plimsoll.Turn{Prompt: []plimsoll.Span{{From: 0, To: i + 1}}, OutputTokens: 100})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		e, err := chat{}.Encode(tr, Options{Model: "m"})
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(e.arena)))
	}
}
