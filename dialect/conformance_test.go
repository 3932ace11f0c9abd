package dialect

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"plimsoll"
)

// conformance is one dialect's wire form of what every dialect must be able to say.
type conformance struct {
	cutShort, fails []string // event data, in order
	full            []string // thought, text, call, usage, end
	usage           Usage    // as this dialect can tell it
	tail            string   // of a request of policy recorded, 7 tokens
}

func suites() map[string]conformance {
	return map[string]conformance{
		"chat": {
			full: []string{
				`{"choices":[{"delta":{"role":"assistant","content":""}}]}`, `{"choices":[{"delta":{"reasoning":"hm"}}]}`,
				`{"choices":[{"delta":{"content":"abc"}}]}`, `{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"ls","arguments":""}}]}}]}`,
				`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"p\":1}"}}]},"finish_reason":"tool_calls"}]}`,
				`{"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":6,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}}`, `[DONE]`},
			cutShort: []string{`{"choices":[{"delta":{"content":"abc"},"finish_reason":"length"}]}`, `[DONE]`},
			fails:    []string{`{"error":{"message":"boom","type":"server_error"}}`},
			usage:    Usage{11, 3, 6, 2},
			tail:     `"max_tokens":7,"min_tokens":7,"ignore_eos":true}`,
		},
		"completions": {
			full: []string{`{"choices":[{"text":"hm","index":0}]}`, `{"choices":[{"text":"abc"}]}`, `{"choices":[{"text":"ls{\"p\":1}","finish_reason":"stop"}]}`,
				`{"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":6,"prompt_tokens_details":{"cached_tokens":3}}}`, `[DONE]`},
			cutShort: []string{`{"choices":[{"text":"abc","finish_reason":"length"}]}`, `[DONE]`},
			fails:    []string{`{"error":"boom"}`},
			usage:    Usage{11, 3, 6, -1},
			tail:     `"max_tokens":7,"min_tokens":7,"ignore_eos":true}`,
		},
		"responses": {
			full: []string{
				`{"type":"response.created","response":{"status":"in_progress","usage":null}}`,
				`{"type":"response.output_item.added","item":{"type":"reasoning","summary":[]}}`, `{"type":"response.reasoning_text.delta","delta":"hm"}`,
				`{"type":"response.output_item.added","item":{"type":"message","content":[]}}`, `{"delta":"abc","type":"response.output_text.delta"}`,
				`{"type":"response.output_text.done","text":"abc"}`,
				`{"type":"response.output_item.added","item":{"name":"ls","type":"function_call","arguments":""}}`, `{"type":"response.function_call_arguments.delta","delta":"{\"p\":1}"}`,
				`{"type":"response.function_call_arguments.done","arguments":"{\"p\":1}"}`,
				`{"type":"response.completed","response":{"error":null,"incomplete_details":null,"usage":{"input_tokens":11,"input_tokens_details":{"cached_tokens":3},"output_tokens":6,"output_tokens_details":{"reasoning_tokens":2}}}}`},
			cutShort: []string{`{"type":"response.output_text.delta","delta":"abc"}`, `{"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"}}}`},
			fails:    []string{`{"type":"error","code":"x","message":"boom"}`},
			usage:    Usage{11, 3, 6, 2},
			tail:     `"max_output_tokens":7,"ignore_eos":true}`,
		},
		"messages": {
			full: []string{
				`{"type":"message_start","message":{"role":"assistant","content":[],"usage":{"input_tokens":6,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":1}}}`,
				`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}`, `{"type":"ping"}`,
				`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}`, `{"type":"content_block_delta","delta":{"type":"signature_delta","signature":"xx"}}`,
				`{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}`, `{"type":"content_block_delta","delta":{"type":"text_delta","text":"abc"}}`,
				`{"type":"content_block_start","content_block":{"type":"tool_use","id":"t","name":"ls","input":{}}}`, `{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{\"p\":1}"}}`,
				`{"type":"content_block_stop","index":2}`, `{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":6}}`, `{"type":"message_stop"}`},
			cutShort: []string{`{"type":"content_block_delta","delta":{"type":"text_delta","text":"abc"}}`, `{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":1}}`, `{"type":"message_stop"}`},
			fails:    []string{`{"type":"error","error":{"type":"overloaded_error","message":"boom"}}`},
			usage:    Usage{11, 3, 6, -1},
			tail:     `"max_tokens":7}`,
		},
	}
}

// play feeds events one a read, read i at instant i.
func play(t *testing.T, d Dialect, events []string) (*Scanner, Reply) {
	t.Helper()
	s := NewScanner(d, Caps{})
	for i, e := range events {
		if err := s.Feed([]byte("event: x\ndata: "+e+"\n\n"), plimsoll.Instant(i)); err != nil {
			t.Fatalf("event %s: %v", e, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s, s.Reply()
}

func TestConformance(t *testing.T) {
	suites := suites()
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			suite, ok := suites[name]
			if !ok {
				t.Fatal("no conformance suite")
			}
			d, err := ByName(name)
			if err != nil || d.Name() != name {
				t.Fatal(d, err)
			}
			t.Run("reply", func(t *testing.T) { replyConforms(t, d, suite) })
			t.Run("request", func(t *testing.T) { requestConforms(t, d, suite) })
		})
	}
}

func replyConforms(t *testing.T, d Dialect, suite conformance) {
	s, r := play(t, d, suite.full)
	if got := string(s.Text()); got != `hmabcls{"p":1}` {
		t.Errorf("text %q", got)
	}
	if !r.Done || r.Error != "" || r.Usage != suite.usage || r.Events != len(suite.full) {
		t.Errorf("reply %+v", r)
	}
	if r.FirstBytes != 2 || string(s.Text()[:r.FirstBytes]) != "hm" {
		t.Errorf("first chunk has %d bytes", r.FirstBytes)
	}
	typed := r.bytes[reasoning] > 0 // completions tell no channels apart
	if typed && (r.Finish != "tool_calls" || r.bytes != [channels]int{content: 3, reasoning: 2, tool: 9} || r.FirstVisible <= r.FirstToken) {
		t.Errorf("reply %+v", r)
	}
	if r.LastToken <= r.FirstVisible {
		t.Errorf("instants %+v", r)
	}
	if _, r := play(t, d, suite.cutShort); r.Finish != "length" || !r.Done {
		t.Errorf("cut short: %+v", r)
	}
	if _, r := play(t, d, suite.fails); r.Error != "boom" {
		t.Errorf("error: %+v", r)
	}
	if _, r := play(t, d, []string{`{}`, `{"type":"unknown.event","delta":"x"}`}); r.FirstToken != plimsoll.Never || r.Done {
		t.Errorf("unknown events: %+v", r)
	}
}

// requestConforms checks that everything recorded goes up, in order, once; that the
// salts stand where they should; and that two turns of one level share their bytes
// up to the walk salt.
func requestConforms(t *testing.T, d Dialect, suite conformance) {
	tr := conversation()
	e, err := d.Encode(tr, Options{Model: "m", Extra: json.RawMessage(`{"top_p":0.9}`), ReasoningEffort: "low"})
	if err != nil {
		t.Fatal(err)
	}
	salts := Salts{Level: salt(0xa), Walk: salt(0xb)}
	for turn := range tr.Turns {
		text := body(t, e, turn, salts, Output{Policy: Recorded, Max: 7})
		if !strings.HasSuffix(text, suite.tail) || !strings.HasPrefix(text, `{"model":"m","stream":true`) || !strings.Contains(text, `"top_p":0.9`) {
			t.Errorf("turn %d: %s", turn, text)
		}
		var order []string
		for _, span := range tr.Turns[turn].Prompt {
			for _, s := range tr.Segments[span.From:span.To] {
				if s.Kind != plimsoll.KindTools {
					order = append(order, strings.ToValidUTF8(s.Text, "\ufffd"))
				}
			}
		}
		rest := unescaped(t, text)
		for _, want := range order {
			at := strings.Index(rest, want)
			if at < 0 {
				t.Fatalf("turn %d: %q is missing or out of order in %s", turn, want, text)
			}
			rest = rest[at+len(want):]
		}
		if strings.Count(text, string(salts.Level)) != 1 || strings.Count(text, string(salts.Walk)) != 1 || !strings.Contains(text, string(salts.Walk)+"häuser") {
			t.Errorf("turn %d: salts in %s", turn, text)
		}
		if turn < 2 && !strings.Contains(text, string(salts.Level)+`You \"are\"`) {
			t.Errorf("turn %d: level salt in %s", turn, text)
		}
	}
	a, b := body(t, e, 0, salts, Output{Policy: Free}), body(t, e, 1, salts, Output{Policy: Free})
	same := 0
	for same < len(a) && a[same] == b[same] {
		same++
	}
	if walk := strings.Index(a, string(salts.Walk)); same < walk+len(salts.Walk)+len("häuser") {
		t.Errorf("turns part after %d bytes, the walk salt stands at %d", same, walk)
	}
}

// unescaped is a request's text with strings decoded, in the order in which they
// stand; nested JSON objects keep their own form.
func unescaped(t *testing.T, text string) string {
	var out bytes.Buffer
	d := json.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		if s, ok := token.(string); ok {
			out.WriteString(s)
			continue
		}
		if token != nil {
			out.WriteString("|")
		}
	}
	// Anthropic sends a call's arguments as an object, so its text is no string.
	return strings.ReplaceAll(out.String(), "|path.|", `{"path":"."}`)
}

func TestByName(t *testing.T) {
	if _, err := ByName("soap"); err == nil || !strings.Contains(err.Error(), "responses") {
		t.Errorf("error %v names no dialects", err)
	}
}

func TestMessagesRequest(t *testing.T) {
	e, err := messages{}.Encode(conversation(), Options{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"model":"m","stream":true,"tools":[{"name":"ls","description":"","input_schema":{"type":"object","properties":{}}}],"system":"LYou \"are\" an agent.\n","messages":[` +
		`{"role":"user","content":[{"type":"text","text":"Whäuser\t<b>"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":""},{"type":"tool_use","id":"c1","name":"ls","input":{"path":"."}}]},` +
		`{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"a\\b\u0000` + "\ufffd" + `"}]}],"max_tokens":16384}`
	if diff := cmp.Diff(want, body(t, e, 1, Salts{Level: []byte("L"), Walk: []byte("W")}, Output{Policy: Free})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzTypedEvent(f *testing.F) {
	for _, suite := range suites() {
		for _, e := range suite.full {
			f.Add([]byte(e))
		}
	}
	for _, v := range otherVoices() {
		for _, e := range v.events {
			_, data, _ := strings.Cut(e, "data: ")
			f.Add([]byte(data))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, d := range []Dialect{responses{}, messages{}} {
			s := NewScanner(d, Caps{})
			err := d.event(data, s) // never panics, whatever comes
			if !json.Valid(data) || data[0] != '{' {
				continue
			}
			if err != nil {
				t.Fatalf("%s: valid event refused: %v", d.Name(), err)
			}
			if want, ok := typedBytes(d, data); ok && s.reply.bytes != want {
				t.Fatalf("%s: bytes %v, encoding/json has %v", d.Name(), s.reply.bytes, want)
			}
		}
	})
}

// typedBytes is what encoding/json makes of a typed event; not ok where the two may
// well differ.
func typedBytes(d Dialect, data []byte) (n [channels]int, ok bool) {
	var e struct {
		Type  string
		Delta json.RawMessage
		Item  struct{ Type, Name string }
		Block struct{ Type, Name, Text, Thinking string } `json:"content_block"`
	}
	if !utf8.Valid(data) || !plain(data) || json.Unmarshal(data, &e) != nil {
		return n, false
	}
	if d.Name() == "messages" {
		var delta struct {
			Type, Text, Thinking string
			JSON                 string `json:"partial_json"`
		}
		if len(e.Delta) > 0 && json.Unmarshal(e.Delta, &delta) != nil {
			return n, false
		}
		switch e.Type + "/" + e.Block.Type + delta.Type {
		case "content_block_start/text":
			n[content] = len(e.Block.Text)
		case "content_block_start/thinking":
			n[reasoning] = len(e.Block.Thinking)
		case "content_block_start/tool_use":
			n[tool] = len(e.Block.Name)
		case "content_block_delta/text_delta":
			n[content] = len(delta.Text)
		case "content_block_delta/thinking_delta":
			n[reasoning] = len(delta.Thinking)
		case "content_block_delta/input_json_delta":
			n[tool] = len(delta.JSON)
		}
		return n, e.Block.Type == "" || delta.Type == ""
	}
	var delta string
	_ = json.Unmarshal(e.Delta, &delta) // a delta that is no string says nothing
	switch e.Type {
	case "response.output_text.delta", "response.refusal.delta":
		n[content] = len(delta)
	case "response.reasoning_text.delta", "response.reasoning_summary_text.delta":
		n[reasoning] = len(delta)
	case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta", "response.mcp_call_arguments.delta", "response.code_interpreter_call_code.delta":
		n[tool] = len(delta)
	case "response.output_item.added":
		if slices.Contains([]string{"function_call", "custom_tool_call", "mcp_call"}, e.Item.Type) {
			n[tool] = len(e.Item.Name)
		}
	}
	return n, true
}
