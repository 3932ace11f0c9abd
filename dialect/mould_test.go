package dialect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll"
)

// walked feeds events one by one to a scanner that walks each.
func walked(d Dialect, events []string) (Reply, string, error) {
	s := NewScanner(d, Caps{})
	for i, e := range events {
		s.mould.begin()
		if err := s.Feed([]byte(e), plimsoll.Instant(i)); err != nil {
			return s.Reply(), string(s.Text()), err
		}
	}
	return s.Reply(), string(s.Text()), nil
}

// moulded feeds them to one that knows moulds, and says how many were of one.
func moulded(d Dialect, events []string) (r Reply, text string, fitting int, err error) {
	s := NewScanner(d, Caps{})
	for i, e := range events {
		data := strings.TrimSuffix(strings.TrimPrefix(e, "data: "), "\n\n")
		if _, ok := s.mould.fits([]byte(data)); ok {
			fitting++
		}
		if err := s.Feed([]byte(e), plimsoll.Instant(i)); err != nil {
			return s.Reply(), string(s.Text()), fitting, err
		}
	}
	return s.Reply(), string(s.Text()), fitting, nil
}

func compareMoulded(t rapid.TB, d Dialect, events []string) (fitting int) {
	want, wantText, wantErr := walked(d, events)
	got, gotText, fitting, gotErr := moulded(d, events)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Reply{})); diff != "" || gotText != wantText || gotErr != wantErr {
		t.Fatalf("%T %q (-walked +moulded):\n%s\ntext %q and %q, error %v and %v", d, events, diff, wantText, gotText, wantErr, gotErr)
	}
	return fitting
}

// shapesOf are events with places for texts (%s), by dialect.
var shapesOf = map[string][]string{
	"chat": {
		`{"id":"a","choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}`,
		`{"id":"a","choices":[{"delta":{"content":"%s"}}],"usage":{"completion_tokens":3}}`,
		`{"id":"a","choices":[{"delta":{"content":"%s"}}],"usage":{"completion_tokens":4}}`,
		`{"choices":[{"delta":{"reasoning":"%s","reasoning_content":"%s"}}]}`,
		`{"choices":[{"delta":{"reasoning":"%s","reasoning_content":"a"}}]}`,
		`{"choices":[{"delta":{"content":"","reasoning_content":"%s"}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"%s"}}]}}]}`,
		`{"choices":[{"delta":{"content":"%s","refusal":"%s"}}]}`,
		`{"choices":[{"delta":{"content":"%s"},"finish_reason":"length"}]}`,
		`{"choices":[{"delta":{"%s":"b"}}]}`,
		`{"error":"%s"}`,
	},
	"completions": {`{"choices":[{"text":"%s","finish_reason":null}]}`, `{"choices":[{"text":"%s","finish_reason":"stop"}]}`},
	"responses":   {`{"type":"response.output_text.delta","delta":"%s"}`, `{"delta":"%s","type":"response.reasoning_text.delta"}`, `{"type":"response.output_item.added","item":{"type":"function_call","name":"%s"}}`},
	"messages":    {`{"type":"content_block_delta","delta":{"type":"text_delta","text":"%s"}}`, `{"type":"content_block_delta","delta":{"text":"%s","type":"thinking_delta"}}`, `{"type":"message_delta","usage":{"output_tokens":4},"delta":{"stop_reason":"%s"}}`},
}

var textsOf = []string{"", "a", "b", "abc", `\n`, `\\`, `a\`, `\"`, `a","x":"`, `\ud83d\ude00`, "ä", "}", "content"}

// Whatever comes after whatever: an event of the last one's mould is booked as the
// walk books it.
func TestMouldIsTheWalk(t *testing.T) {
	fitting := 0
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(Names()).Draw(t, "dialect")
		d, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		shapes := shapesOf[name]
		var events []string
		for range rapid.IntRange(2, 12).Draw(t, "events") {
			shape := shapes[min(rapid.IntRange(0, len(shapes)).Draw(t, "shape"), len(shapes)-1)]
			for strings.Contains(shape, "%s") {
				shape = strings.Replace(shape, "%s", rapid.SampledFrom(textsOf).Draw(t, "text"), 1)
			}
			events = append(events, "data: "+shape+"\n\n")
		}
		fitting += compareMoulded(t, d, events)
	})
	if fitting == 0 {
		t.Error("no event was of a mould")
	}
}

// The streams of every engine that is known, and a plain one, of which all but the
// first event have its mould.
func TestMouldOfEngines(t *testing.T) {
	for _, v := range voices() {
		d, err := ByName(v.dialect)
		if err != nil {
			t.Fatal(err)
		}
		var events []string
		for _, e := range v.events {
			events = append(events, e+"\n\n")
		}
		compareMoulded(t, d, events)
	}
	var events []string
	for i := range 20 {
		events = append(events, fmt.Sprintf("data: "+shapesOf["chat"][0]+"\n\n", fmt.Sprint("w", i)))
	}
	if n := compareMoulded(t, chat{}, events); n != 19 {
		t.Errorf("%d of 20 events were of the first one's mould", n)
	}
}

// A mould is of one reply: the next one's finish and usage are its own.
func TestMouldEndsWithItsReply(t *testing.T) {
	event := []byte(`data: {"choices":[{"delta":{"content":"a"},"finish_reason":"length"}],"usage":{"completion_tokens":3}}` + "\n\n")
	s := NewScanner(chat{}, Caps{})
	for range 2 {
		s.Reset()
		if err := s.Feed(event, 1); err != nil {
			t.Fatal(err)
		}
		if r := s.Reply(); r.Finish != "length" || r.Usage.Completion != 3 {
			t.Fatalf("%+v", r)
		}
	}
}

// Any two events, one after the other.
func FuzzMould(f *testing.F) {
	for name, shapes := range shapesOf {
		for _, s := range shapes {
			f.Add(name, []byte(strings.ReplaceAll(s, "%s", "a")), []byte(strings.ReplaceAll(s, "%s", `b\`)))
		}
	}
	f.Fuzz(func(t *testing.T, name string, one, two []byte) {
		d, err := ByName(name)
		if err != nil || strings.ContainsAny(string(one)+string(two), "\r\n") {
			return
		}
		compareMoulded(t, d, []string{fmt.Sprintf("data: %s\n\n", one), fmt.Sprintf("data: %s\n\n", two), fmt.Sprintf("data: %s\n\n", one)})
	})
}
