package dialect

import (
	"encoding/json"

	"plimsoll"
)

// channel is what a piece of a reply belongs to.
type channel int

const (
	content channel = iota
	reasoning
	tool // tool-call names and arguments
	channels
)

// Reply is what a stream held.
type Reply struct {
	// What every event touches, together.
	tokens       int              // token-bearing pieces
	Done         bool             // the end mark was seen
	TextCut      bool             // more text came than was kept
	FirstToken   plimsoll.Instant // first read with content, reasoning, tool name or arguments
	FirstVisible plimsoll.Instant // first such read that was not reasoning alone
	LastToken    plimsoll.Instant
	Events       int           // all events, the end mark included
	TokenReads   int           // reads that brought tokens
	bytes        [channels]int // text bytes by channel

	silent     int    // events without a token: role, empty, usage, error
	FirstBytes int    // text bytes that arrived in the read of FirstToken
	Finish     string // finish_reason, "" none
	Error      string // message of an error object, at most 200 bytes, "" none
	Usage      Usage  // the last usage object
	FirstUsage Usage  // the one in force at the end of FirstToken's read
}

// TextBytes returns the size of the reply's text over all channels.
func (r *Reply) TextBytes() int {
	n := 0
	for _, b := range r.bytes {
		n += b
	}
	return n
}

// Usage is a server's token count; -1 where it said nothing. Completion includes
// reasoning.
type Usage struct{ Prompt, Cached, Completion, Reasoning int32 }

// wireUsage is the union of the usage objects of all dialects.
type wireUsage struct {
	Prompt     *int32 `json:"prompt_tokens"`
	Completion *int32 `json:"completion_tokens"`
	Input      *int32 `json:"input_tokens"`
	Output     *int32 `json:"output_tokens"`
	// Anthropic's input leaves out what was read from and written to the cache.
	CacheRead  *int32 `json:"cache_read_input_tokens"`
	CacheWrite *int32 `json:"cache_creation_input_tokens"`

	PromptMore     wireDetails `json:"prompt_tokens_details"`
	InputMore      wireDetails `json:"input_tokens_details"`
	CompletionMore wireDetails `json:"completion_tokens_details"`
	OutputMore     wireDetails `json:"output_tokens_details"`
	Reasoning      *int32      `json:"reasoning_tokens"` // SGLang
}

type wireDetails struct {
	Cached    *int32 `json:"cached_tokens"`
	Reasoning *int32 `json:"reasoning_tokens"`
}

// and returns the usage with what a usage object says put over it. What cannot be
// read is unknown.
func (u Usage) and(raw []byte) Usage {
	var w wireUsage
	if len(raw) == 0 || json.Unmarshal(raw, &w) != nil {
		return u
	}
	prompt := w.Input
	if prompt != nil {
		sum := *prompt
		for _, part := range []*int32{w.CacheRead, w.CacheWrite} {
			if part != nil {
				sum += *part
			}
		}
		prompt = &sum
	}
	put(&u.Prompt, w.Prompt, prompt)
	put(&u.Completion, w.Completion, w.Output)
	put(&u.Cached, w.PromptMore.Cached, w.InputMore.Cached, w.CacheRead)
	put(&u.Reasoning, w.Reasoning, w.CompletionMore.Reasoning, w.OutputMore.Reasoning)
	return u
}

// put sets dst to the first value that is there.
func put(dst *int32, values ...*int32) {
	for _, v := range values {
		if v != nil && *v >= 0 {
			*dst = *v
			return
		}
	}
}

// maxError bounds an engine's message that goes into a row, in bytes.
const maxError = 200

// scrub cuts an engine's message and removes control bytes.
func scrub(message []byte) string {
	out := make([]byte, 0, maxError)
	for _, r := range string(message) {
		if r < ' ' || r == 0x7f {
			r = ' '
		}
		if len(out)+len(string(r)) > maxError {
			break
		}
		out = append(out, string(r)...)
	}
	return string(out)
}

// finishReason returns the reason as a string without allocation for those that
// are known.
func finishReason(raw []byte) string {
	for _, known := range [...]string{"stop", "length", "tool_calls", "content_filter", "function_call", "abort", "error"} {
		if string(raw) == known {
			return known
		}
	}
	if len(raw) > 32 {
		raw = raw[:32]
	}
	return scrub(raw)
}

// ErrorMessage returns the message of an engine's error body, cut to 200 bytes and
// without control bytes; "" where there is none. Nothing else of a body is shown.
func ErrorMessage(body []byte) string {
	w := walker{b: body}
	var s Scanner
	w.members(func(name []byte) bool {
		switch {
		case string(name) == "error", string(name) == "detail":
			return w.failure(&s)
		case string(name) == "message" && w.kind() == '"':
			raw, ok := w.text()
			s.fail(raw)
			return ok
		}
		return w.skip()
	})
	return s.reply.Error
}
