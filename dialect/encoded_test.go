package dialect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll"
)

// conversation is a trajectory with every kind of segment and two turns.
func conversation() *plimsoll.Trajectory {
	return &plimsoll.Trajectory{
		ID: "c",
		Segments: []plimsoll.Segment{
			{Message: 0, Role: plimsoll.System, Kind: plimsoll.KindTools, Text: `[ {"type":"function","function":{"name":"ls"}} ]`},
			{Message: 0, Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: "You \"are\" an agent.\n"},
			{Message: 1, Role: plimsoll.User, Kind: plimsoll.KindUser, Text: "häuser\t<b>"},
			{Message: 2, Role: plimsoll.Assistant, Kind: plimsoll.KindReasoning, Text: "hm"},
			{Message: 2, Role: plimsoll.Assistant, Kind: plimsoll.KindToolCall, Name: "ls", CallID: "c1", Text: `{"path":"."}`},
			{Message: 3, Role: plimsoll.Tool, Kind: plimsoll.KindToolResult, CallID: "c1", Text: "a\\b\x00\xff"},
			{Message: 4, Role: plimsoll.Assistant, Kind: plimsoll.KindText, Text: "done"},
		},
		Turns: []plimsoll.Turn{
			{Prompt: []plimsoll.Span{{From: 0, To: 3}}, Output: []plimsoll.Span{{From: 3, To: 5}}, OutputTokens: 7},
			{Prompt: []plimsoll.Span{{From: 1, To: 6}}, Output: []plimsoll.Span{{From: 6, To: 7}}, OutputTokens: 3},
			{Prompt: []plimsoll.Span{{From: 2, To: 3}, {From: 4, To: 6}}, OutputTokens: 3},
		},
	}
}

// salt is 64 bits as text.
func salt(bits uint64) []byte { return fmt.Appendf(nil, "[[%016x]]", bits) }

// body joins a request and checks its stated length.
func body(t testing.TB, e *Encoded, turn int, s Salts, o Output) string {
	slices, length := e.Request(nil, turn, s, o)
	joined := bytes.Join(slices, nil)
	if int64(len(joined)) != length {
		t.Fatalf("turn %d: length %d, body has %d bytes", turn, length, len(joined))
	}
	if !json.Valid(joined) {
		t.Fatalf("turn %d: body is no JSON: %s", turn, joined)
	}
	return string(joined)
}

func encodeChat(t testing.TB, tr *plimsoll.Trajectory, o Options) *Encoded {
	d, err := ByName("chat")
	if err != nil {
		t.Fatal(err)
	}
	e, err := d.Encode(tr, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestChatRequest(t *testing.T) {
	e := encodeChat(t, conversation(), Options{Model: "m", Usage: true, ReasoningEffort: "low", Extra: json.RawMessage(` {"temperature": 0.5, "top_p":1} `)})
	salts := Salts{Level: []byte("L!"), Walk: []byte("W!")}
	const head = `{"model":"m","stream":true,"stream_options":{"include_usage":true},"reasoning_effort":"low","temperature":0.5,"top_p":1,"tools":[{"type":"function","function":{"name":"ls"}}],"messages":[`
	const first = `{"role":"system","content":"L!You \"are\" an agent.\n"},{"role":"user","content":"W!häuser\t<b>"}`
	const call = `"content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"ls","arguments":"{\"path\":\".\"}"}}]}`
	result := `,{"role":"tool","tool_call_id":"c1","content":"a\\b\u0000` + "\ufffd" + `"}`
	for _, test := range []struct {
		turn int
		o    Output
		want string
	}{
		{0, Output{Policy: Recorded}, head + first + `],"max_tokens":7,"min_tokens":7,"ignore_eos":true}`},
		{0, Output{Policy: Primer}, head + first + `],"max_tokens":1}`},
		{1, Output{Policy: Free}, head + first + `,{"role":"assistant","reasoning_content":"hm",` + call + result + `],"max_tokens":16384}`},
		{2, Output{Policy: Recorded, Max: 9}, head + `{"role":"user","content":"L!W!häuser\t<b>"},{"role":"assistant",` + call + result + `],"max_tokens":9,"min_tokens":9,"ignore_eos":true}`},
	} {
		if diff := cmp.Diff(test.want, body(t, e, test.turn, salts, test.o)); diff != "" {
			t.Errorf("turn %d (-want +got):\n%s", test.turn, diff)
		}
	}
}

// A prompt that grows by its turns is few slices, whatever its length.
func TestRequestIsFewSlices(t *testing.T) {
	tr := &plimsoll.Trajectory{Segments: []plimsoll.Segment{{Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: "s"}}}
	for i := 1; i < 400; i++ {
		role, kind := plimsoll.User, plimsoll.KindUser
		if i%2 == 0 {
			role, kind = plimsoll.Assistant, plimsoll.KindText
		}
		tr.Segments = append(tr.Segments, plimsoll.Segment{Message: i, Role: role, Kind: kind, Text: strings.Repeat("x", i)})
		tr.Turns = append(tr.Turns, plimsoll.Turn{Prompt: []plimsoll.Span{{From: 0, To: i + 1}}, OutputTokens: 1})
	}
	e := encodeChat(t, tr, Options{Model: "m"})
	slices, _ := e.Request(nil, 398, Salts{Level: []byte("L"), Walk: []byte("W")}, Output{Policy: Recorded})
	if len(slices) > 7 {
		t.Errorf("%d slices", len(slices))
	}
	scratch := make([][]byte, 0, 16)
	salts := Salts{Level: salt(1), Walk: salt(2)}
	if n := testing.AllocsPerRun(100, func() { scratch, _ = e.Request(scratch[:0], 398, salts, Output{Policy: Recorded}) }); n != 0 {
		t.Errorf("%v allocations a request", n)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*plimsoll.Trajectory, *Options)
		want   string
	}{
		"model":   {func(_ *plimsoll.Trajectory, o *Options) { o.Model = "" }, "model is empty"},
		"extra":   {func(_ *plimsoll.Trajectory, o *Options) { o.Extra = json.RawMessage(`[1]`) }, "one JSON object"},
		"clash":   {func(_ *plimsoll.Trajectory, o *Options) { o.Extra = json.RawMessage(`{"stream":false}`) }, `"stream"`},
		"tools":   {func(t *plimsoll.Trajectory, _ *Options) { t.Segments[0].Text = "{" }, "no JSON array"},
		"span":    {func(t *plimsoll.Trajectory, _ *Options) { t.Turns[0].Prompt[0].To = 99 }, "outside"},
		"no text": {func(t *plimsoll.Trajectory, _ *Options) { t.Segments[2].Text, t.Segments[2].Blocks = "", []uint64{1} }, "shape-only"},
		"empty":   {func(t *plimsoll.Trajectory, _ *Options) { t.Turns[0].Prompt = nil }, "prompt is empty"},
	} {
		tr, o := conversation(), Options{Model: "m"}
		test.change(tr, &o)
		if _, err := (chat{}).Encode(tr, o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q in it", name, err, test.want)
		}
	}
}

// What goes up decodes to the trajectory's own text, salts apart.
func TestTextSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		tr := conversation()
		tr.Segments[2].Text = text
		e, err := chat{}.Encode(tr, Options{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		slices, _ := e.Request(nil, 1, Salts{Level: salt(1), Walk: salt(2)}, Output{Policy: Recorded})
		var request struct {
			Messages []struct{ Content *string }
		}
		if err := json.Unmarshal(bytes.Join(slices, nil), &request); err != nil {
			t.Fatal(err)
		}
		if got, want := *request.Messages[1].Content, string(salt(2))+strings.ToValidUTF8(text, "\ufffd"); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}
