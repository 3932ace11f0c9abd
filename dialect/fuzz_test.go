package dialect

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// An error body of any kind gives a short clean message or none.
func FuzzErrorMessage(f *testing.F) {
	for _, body := range []string{
		`{"error":{"message":"boom"}}`, `{"error":"boom"}`, `{"object":"error","message":"boom"}`, `{"detail":"boom"}`, `{"detail":[{"msg":"boom"}]}`,
		`{"error":{"message":"\u0007\ud800x"}}`, `[]`, `<html>`, ``, `{"error":{"message":"` + strings.Repeat("ä", 300) + `"}}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := ErrorMessage(body)
		if len(got) > maxError || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("message %q", got)
		}
	})
}

// An extra body is refused, or every request with it is whole JSON and has its members.
func FuzzExtraBody(f *testing.F) {
	for _, extra := range []string{`{"top_p":0.9}`, `{}`, ` { "a" : [1, {"b":null}] , "c":"x\"y" } `, `{"model":"other"}`, `{"a":1,"a":2}`, `null`, `[1]`, `{"\u006dodel":"m"}`} {
		f.Add([]byte(extra))
	}
	f.Fuzz(func(t *testing.T, extra []byte) {
		o := Options{Model: "m", Usage: true, Extra: extra}
		if o.Validate() != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(extra, &want); err != nil {
			if len(extra) == 0 {
				return
			}
			t.Fatalf("accepted what is no object: %q", extra)
		}
		for _, name := range Names() {
			d, err := ByName(name)
			if err != nil {
				t.Fatal(err)
			}
			e, err := d.Encode(conversation(), o)
			if err != nil {
				t.Fatalf("%s: validated, then refused: %v", name, err)
			}
			text := body(t, e, 0, Salts{}, Output{Policy: Free})
			var got map[string]json.RawMessage
			if err := json.Unmarshal([]byte(text), &got); err != nil {
				t.Fatalf("%s: %q makes %q: %v", name, extra, text, err)
			}
			if string(got["model"]) != `"m"` {
				t.Fatalf("%s: the model became %s", name, got["model"])
			}
			for member := range want {
				if _, ok := got[member]; !ok {
					t.Fatalf("%s: member %q is lost in %q", name, member, text)
				}
			}
		}
	})
}

// Usage of any kind changes counts to what is not negative, or not at all.
func FuzzUsage(f *testing.F) {
	for _, usage := range []string{`{"prompt_tokens":1,"completion_tokens":2}`, `{"input_tokens":2147483647,"cache_read_input_tokens":2147483647}`, `{"completion_tokens":-5}`, `{"prompt_tokens":1e3}`, `null`, `{"completion_tokens":"7"}`} {
		f.Add([]byte(usage))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		none := Usage{-1, -1, -1, -1}
		got := none.and(raw)
		for _, n := range []int32{got.Prompt, got.Cached, got.Completion, got.Reasoning} {
			if n < -1 {
				t.Fatalf("%s gives %+v", raw, got)
			}
		}
	})
}

// Whatever a trajectory holds, its requests are whole JSON in every dialect, or it is
// refused.
func FuzzEncode(f *testing.F) {
	f.Add(`[{"type":"function","function":{"name":"ls","parameters":{"type":"object"}}}]`, `{"path":"."}`, "hi")
	f.Add(`[{"function":{"name":"a","parameters":null}}, {"function":{"name":"b"}}]`, `{"a":1} x`, "\xff\"\\\u2028")
	f.Add(`[]`, `[1]`, "")
	f.Add(`[{"function":{"name":"a","parameters":"x"}}]`, ``, "\x00")
	f.Fuzz(func(t *testing.T, tools, arguments, text string) {
		tr := conversation()
		tr.Segments[0].Text, tr.Segments[2].Text, tr.Segments[4].Text, tr.Segments[4].Name, tr.Segments[5].Text = tools, text, arguments, text, text
		for _, name := range Names() {
			d, err := ByName(name)
			if err != nil {
				t.Fatal(err)
			}
			e, err := d.Encode(tr, Options{Model: text + "m"})
			if err != nil {
				continue
			}
			for turn := range tr.Turns {
				body(t, e, turn, Salts{Level: salt(1), Walk: salt(2)}, Output{Policy: Recorded})
			}
		}
	})
}
