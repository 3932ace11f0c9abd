package dialect

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll"
)

// stream is a reply as vLLM sends it, with all that a chat stream can hold.
const stream = ": comment\n\n" +
	`data: {"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}` + "\n\n" +
	`data:{"choices":[{"delta":{"reasoning_content":"h\u00e4m"}}]}` + "\n\n" +
	"event: x\nid: 7\n" + `data: {"choices":[{"delta":{"content":"a\n\"\ud83d\ude00"}}]}` + "\n\n" +
	"data: {\"choices\":[{\"delta\":\ndata: {\"content\":\"bc\"}}]}\n\n" +
	`data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"ls","arguments":""}}]}}]}` + "\n\n" +
	`data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},"finish_reason":"tool_calls"}]}` + "\n\n" +
	`data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":6,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}}` + "\n\n" +
	"data: [DONE]\n\n"

func feed(t testing.TB, pieces ...string) (*Scanner, Reply) {
	s := NewScanner(chat{}, Caps{})
	for i, p := range pieces {
		if err := s.Feed([]byte(p), plimsoll.Instant(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s, s.Reply()
}

var ignoreInternal = cmp.Options{cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".tokens" }, cmp.Ignore()), cmp.AllowUnexported(Reply{})}

func TestScanWholeStream(t *testing.T) {
	s, got := feed(t, stream)
	want := Reply{
		Events: 8, silent: 2, TokenReads: 1, bytes: [channels]int{content: 9, reasoning: 4, tool: 4}, FirstBytes: 17,
		Finish: "tool_calls", Done: true, Usage: Usage{11, 3, 6, 2}, FirstUsage: Usage{11, 3, 6, 2},
	}
	if diff := cmp.Diff(want, got, ignoreInternal); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := string(s.Text()); got != "häma\n\"😀bcls{}" {
		t.Errorf("text %q", got)
	}
}

// Any split, and any way to end a line, gives the same reply.
func TestScanAnySplit(t *testing.T) {
	_, whole := feed(t, stream)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.ReplaceAll(stream, "\n", rapid.SampledFrom([]string{"\n", "\r", "\r\n"}).Draw(t, "end"))
		s := NewScanner(chat{}, Caps{})
		for at := 0; at < len(text); {
			n := min(rapid.IntRange(1, 90).Draw(t, "read"), len(text)-at)
			if err := s.Feed([]byte(text[at:at+n]), 0); err != nil {
				t.Fatal(err)
			}
			at += n
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole, s.Reply(), ignoreInternal); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func TestScanEveryByteAlone(t *testing.T) {
	_, whole := feed(t, stream)
	_, got := feed(t, strings.Split(stream, "")...)
	if got.Events != whole.Events || got.bytes != whole.bytes || got.Finish != whole.Finish || got.Usage != whole.Usage || got.TokenReads != 5 {
		t.Errorf("got %+v, want %+v", got, whole)
	}
	if got.FirstBytes != 4 || !(got.FirstToken < got.FirstVisible && got.FirstVisible < got.LastToken) {
		t.Errorf("instants %+v", got)
	}
}

// The first chunk is what came in the read of the first token.
func TestFirstChunk(t *testing.T) {
	event := func(text string, n int) string {
		return fmt.Sprintf(`data: {"choices":[{"delta":{"content":%q}}],"usage":{"completion_tokens":%d}}`+"\n\n", text, n)
	}
	_, r := feed(t, event("", 0), event("aaaa", 100)+event("bbbb", 104), event("cccc", 110), "data: [DONE]")
	if r.FirstToken != 1 || r.LastToken != 2 || r.FirstBytes != 8 || r.FirstUsage.Completion != 104 || r.Usage.Completion != 110 || !r.Done || r.TokenReads != 2 {
		t.Errorf("%+v", r)
	}
}

func TestScanQuirks(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want Reply
	}{
		"role only":       {`{"choices":[{"delta":{"role":"assistant"}}]}`, Reply{silent: 1}},
		"null fields":     {`{"choices":[{"delta":{"content":null,"reasoning":null,"tool_calls":null},"finish_reason":null}],"usage":null}`, Reply{silent: 1}},
		"reasoning":       {`{"choices":[{"delta":{"reasoning":"abc"}}]}`, Reply{bytes: [channels]int{reasoning: 3}}},
		"both reasonings": {`{"choices":[{"delta":{"reasoning":"abc","reasoning_content":"abc"}}]}`, Reply{bytes: [channels]int{reasoning: 3}}},
		"no choices":      {`{"usage":{"prompt_tokens":1,"completion_tokens":2}}`, Reply{silent: 1, Usage: Usage{1, -1, 2, -1}}},
		"error object":    {`{"error":{"code":500,"message":"out of\nmemory"}}`, Reply{silent: 1, Error: "out of memory"}},
		"error string":    {`{"error":"boom"}`, Reply{silent: 1, Error: "boom"}},
		"error nameless":  {`{"error":{}}`, Reply{silent: 1, Error: "error without a message"}},
		"null error":      {`{"error":null}`, Reply{silent: 1}},
		"odd order":       {`{"usage":{},"choices":[{"finish_reason":"stop","delta":{"x":[{"content":"no"}],"content":"yes"}}]}`, Reply{bytes: [channels]int{content: 3}, Finish: "stop"}},
		"escaped key":     {`{"choices":[{"delta":{"\u0063ontent":"abc"}}]}`, Reply{bytes: [channels]int{content: 3}}},
		"content inside":  {`{"choices":[{"delta":{"content":"\"content\":\"x\""}}]}`, Reply{bytes: [channels]int{content: 13}}},
		"half surrogate":  {`{"choices":[{"delta":{"content":"\ud83dx"}}]}`, Reply{bytes: [channels]int{content: 4}}},
		"name only":       {`{"choices":[{"delta":{"tool_calls":[{"function":{"name":"ls"}}]}}]}`, Reply{bytes: [channels]int{tool: 2}}},
	} {
		_, got := feed(t, "data: "+test.in+"\n\n")
		none := Usage{-1, -1, -1, -1}
		if test.want.Usage == (Usage{}) {
			test.want.Usage = none
		}
		got.FirstUsage, test.want.FirstUsage, test.want.Events = none, none, 1
		if got.TextBytes() > 0 {
			test.want.TokenReads, test.want.FirstBytes = 1, test.want.TextBytes()
			if test.want.bytes[reasoning] > 0 {
				test.want.FirstVisible = plimsoll.Never
			}
		} else {
			test.want.FirstToken, test.want.FirstVisible, test.want.LastToken = plimsoll.Never, plimsoll.Never, plimsoll.Never
		}
		if diff := cmp.Diff(test.want, got, ignoreInternal); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestScanRefuses(t *testing.T) {
	small := Caps{Line: 64, Event: 96, Total: 300}
	for name, test := range map[string]struct {
		in   string
		want error
	}{
		"no JSON":     {"data: hello\n\n", errJSON},
		"cut JSON":    {`data: {"choices":[{"delta":{"content":"x` + "\n\n", errJSON},
		"long line":   {"data: " + strings.Repeat("x", 100), ErrCap},
		"long event":  {strings.Repeat("data: "+strings.Repeat("x", 40)+"\n", 4), ErrCap},
		"long stream": {strings.Repeat(": comment\n", 40), ErrCap},
	} {
		for _, size := range []int{1, 7, 1000} {
			s := NewScanner(chat{}, small)
			var err error
			for at := 0; at < len(test.in) && err == nil; at += size {
				err = s.Feed([]byte(test.in[at:min(at+size, len(test.in))]), 0)
			}
			if err == nil {
				err = s.Close()
			}
			if name == "long line" && size == 1000 {
				continue // an unsplit line inside one read is bounded by the read
			}
			if !errors.Is(err, test.want) {
				t.Errorf("%s by %d: error %v, want %v", name, size, err, test.want)
			}
		}
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	s := NewScanner(chat{}, Caps{})
	bytes := []byte(stream)
	once := func() {
		s.Reset()
		if err := s.Feed(bytes, 1); err != nil {
			t.Fatal(err)
		}
	}
	once()
	if n := testing.AllocsPerRun(100, once); n != 0 {
		t.Errorf("%v allocations a stream", n)
	}
}

// reference is what encoding/json makes of an event.
type reference struct {
	Choices []struct {
		Delta struct {
			Content          string
			Refusal          string
			Reasoning        string
			ReasoningContent string `json:"reasoning_content"`
			ToolCalls        []struct {
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
		}
		Text         string
		FinishReason string `json:"finish_reason"`
	}
}

func FuzzChatEvent(f *testing.F) {
	for _, line := range strings.Split(stream, "\n") {
		if data, ok := strings.CutPrefix(line, "data:"); ok {
			f.Add([]byte(strings.TrimSpace(data)))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := NewScanner(chat{}, Caps{})
		err := chat{}.event(data, s)                // never panics, whatever comes
		if !json.Valid(data) || !utf8.Valid(data) { // encoding/json mends what is no UTF-8
			return
		}
		var want reference
		if json.Unmarshal(data, &want) != nil || !plain(data) {
			return
		}
		if data[0] == '{' && err != nil {
			t.Fatalf("valid event refused: %v", err)
		}
		n := [channels]int{}
		finish := ""
		for _, c := range want.Choices {
			n[content] += len(c.Delta.Content) + len(c.Delta.Refusal) + len(c.Text)
			n[reasoning] += len(c.Delta.Reasoning)
			if c.Delta.Reasoning != c.Delta.ReasoningContent {
				n[reasoning] += len(c.Delta.ReasoningContent)
			}
			for _, call := range c.Delta.ToolCalls {
				n[tool] += len(call.Function.Name) + len(call.Function.Arguments)
			}
			if c.FinishReason != "" {
				finish = c.FinishReason
			}
		}
		if s.reply.bytes != n {
			t.Fatalf("bytes %v, encoding/json has %v", s.reply.bytes, n)
		}
		if (finish == "") != (s.reply.Finish == "") {
			t.Fatalf("finish %q, encoding/json has %q", s.reply.Finish, finish)
		}
	})
}

// plain reports whether no object of a valid JSON text names a member twice in any
// letter case: encoding/json folds case and lets the last one win.
func plain(data []byte) bool {
	d := json.NewDecoder(strings.NewReader(string(data)))
	type level struct {
		object bool
		seen   map[string]bool
		key    bool
	}
	var stack []level
	for {
		token, err := d.Token()
		if err != nil {
			return true
		}
		top := len(stack) - 1
		if top >= 0 && stack[top].object && stack[top].key {
			if name, ok := token.(string); ok {
				if name != strings.ToLower(name) || stack[top].seen[name] {
					return false
				}
				for _, r := range name {
					if r > 0x7f { // folds onto ASCII in places (long s, Kelvin)
						return false
					}
				}
				stack[top].seen[name], stack[top].key = true, false
				continue
			}
		}
		if delim, ok := token.(json.Delim); ok && (delim == '{' || delim == '[') {
			if top >= 0 {
				stack[top].key = true
			}
			stack = append(stack, level{delim == '{', map[string]bool{}, true})
			continue
		}
		if delim, ok := token.(json.Delim); ok && (delim == '}' || delim == ']') {
			stack = stack[:top]
			continue
		}
		if top >= 0 {
			stack[top].key = true
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte(stream), uint8(3))
	f.Add([]byte(": 0123456789012345\ndata:00\r\n\n"), uint8(27)) // a read ends in CRLF, the next begins with LF
	f.Fuzz(func(t *testing.T, data []byte, size uint8) {
		step := int(size)%64 + 1
		d := []Dialect{chat{}, completions{}, responses{}, messages{}}[size%4]
		whole, split := NewScanner(d, Caps{}), NewScanner(d, Caps{})
		errWhole := whole.Feed(data, 0)
		var errSplit error
		for at := 0; at < len(data) && errSplit == nil; at += step {
			errSplit = split.Feed(data[at:min(at+step, len(data))], 0)
		}
		if (errWhole == nil) != (errSplit == nil) {
			t.Fatalf("whole: %v, split: %v", errWhole, errSplit)
		}
		if errWhole == nil && whole.reply != split.reply {
			t.Fatalf("whole %+v, split %+v", whole.reply, split.reply)
		}
	})
}
