package prompt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// scanBody scans as a fresh connection does, or one that remembers other tools.
func scanBody(b []byte, blockTokens int, tools []byte) (*Request, error) {
	m := Memory{tools: tools}
	return m.scanBytes(b, blockTokens)
}

// counted is the reference: encoding/json into types, text lengths by len.
func counted(b []byte) (tokens int, ok bool) {
	var r struct {
		Messages []struct {
			Content          json.RawMessage
			ReasoningContent string `json:"reasoning_content"`
			Reasoning        string
			ToolCalls        []struct {
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
		}
		Tools json.RawMessage
	}
	if json.Unmarshal(b, &r) != nil {
		return 0, false
	}
	for _, m := range r.Messages {
		text := len(m.ReasoningContent) + len(m.Reasoning)
		var parts []struct{ Text string }
		var plain string
		if json.Unmarshal(m.Content, &plain) == nil {
			text += len(plain)
		} else if json.Unmarshal(m.Content, &parts) == nil {
			for _, p := range parts {
				text += len(p.Text)
			}
		}
		for _, c := range m.ToolCalls {
			text += len(c.Function.Name) + len(c.Function.Arguments)
		}
		tokens += (text+3)/4 + 4
	}
	if r.Tools != nil && string(r.Tools) != "null" {
		tokens += (len(r.Tools) + 3) / 4
	}
	return tokens, true
}

const sample = `{"model":"m","messages":[
 {"role":"system","content":"You are \"exact\" \\ \u00e9 \ud83d\ude00 \n\tdone é"},
 {"role":"user","content":[{"type":"text","text":"one"},{"type":"text","text":"two\/"}]},
 {"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"1","type":"function","function":{"name":"run","arguments":"{\"a\":1}"}}]},
 {"role":"tool","tool_call_id":"1","content":"\ud83d broken pair"}],
 "tools":[{"type":"function","function":{"name":"run","parameters":{"x":[1,2.5e-3,true,null]}}}],"stream":true,"temperature":0.0}`

func TestScanCountsAsEncodingJSON(t *testing.T) {
	for _, text := range []string{sample, strings.ReplaceAll(sample, "\n", ""), strings.Replace(sample, `"tools":[{`, `"tools":  [ {`, 1)} {
		b, err := scanBody([]byte(text), 16, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, ok := counted([]byte(text))
		if !ok || b.Tokens != want || len(b.Blocks) != want/16 {
			t.Errorf("%d tokens, %d blocks, want %d", b.Tokens, len(b.Blocks), want)
		}
		if !b.Options.Stream || b.Options.Model != "m" {
			t.Errorf("options %+v", b.Options)
		}
	}
}

// The same conversation in another spelling or key order is the same prompt.
func TestSpellingDoesNotChangeThePrompt(t *testing.T) {
	a, err := scanBody([]byte(`{"messages":[{"role":"user","content":"caf\u00e9 \n0123456789012345678901234567890123456789"},{"role":"user","content":"x"}],"tools":[1]}`), 4, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := scanBody([]byte(`{"tools":[1],"messages":[{"content":"café \u000a0123456789012345678901234567890123456789","role":"user"}, {"role":"user","content":"x"}]}`), 4, []byte("[2]"))
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(a.Blocks) != fmt.Sprint(b.Blocks) || a.Sum != b.Sum {
		t.Errorf("%v\n%v", *a, *b)
	}
}

// Two prompts share block identities exactly as far as they share text.
func TestIdentitiesFollowThePrefix(t *testing.T) {
	body := func(text string) []byte {
		return []byte(`{"messages":[{"role":"user","content":"` + text + `"}]}`)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(strings.Repeat("abcdefgh", rapid.IntRange(20, 60).Draw(t, "length")))
		at := rapid.IntRange(0, len(text)-1).Draw(t, "change")
		a, err := scanBody(body(string(text)), 4, nil)
		if err != nil {
			t.Fatal(err)
		}
		text[at] ^= 1
		b, err := scanBody(body(string(text)), 4, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range a.Blocks {
			if same := a.Blocks[i] == b.Blocks[i]; same != (i < at/16) {
				t.Fatalf("change at byte %d: block %d is the same: %t", at, i, same)
			}
		}
	})
}

// A connection's memory changes nothing but the work: whatever came before, a body
// scans as on a fresh connection.
func TestMemoryChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m Memory
		messages := []string{`{"role":"system","content":"Be brief."}`}
		tools := ""
		for range rapid.IntRange(2, 8).Draw(t, "requests") {
			switch rapid.IntRange(0, 9).Draw(t, "change") {
			case 0:
				messages = messages[:1]
			case 1:
				tools = rapid.SampledFrom([]string{"", `"tools":[1]`, `"tools":[{"a":2}]`}).Draw(t, "tools")
			case 2:
				messages = append([]string{`{"role":"system","content":"Other."}`}, messages[1:]...)
			case 3:
				messages = append(messages, `{"role":"user","content":broken}`)
			default:
				messages = append(messages, `{"role":"user","content":"`+rapid.StringMatching(`[a-z\\n]{0,40}`).Draw(t, "text")+`"}`)
			}
			parts := []string{`"model":"m"`, `"messages":[` + strings.Join(messages, ",") + `]`, `"stream":true`}
			if tools != "" {
				parts = slices.Insert(parts, rapid.IntRange(0, 3).Draw(t, "place"), tools)
			}
			text := "{" + strings.Join(parts, ",") + "}"
			m.spare = append(m.spare[:0], text...)
			got, err := m.scanBytes(m.spare, 4)
			want, wantErr := scanBody([]byte(text), 4, nil)
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("%s: %v, fresh %v", text, err, wantErr)
			}
			if err != nil {
				messages = messages[:len(messages)-1]
				continue
			}
			if fmt.Sprint(got.Blocks, got.Tokens, got.Sum, got.Options) !=
				fmt.Sprint(want.Blocks, want.Tokens, want.Sum, want.Options) {
				t.Fatalf("%s: %+v, fresh %+v", text, got, want)
			}
		}
	})
}

// FuzzScan holds the scanner against encoding/json: whatever both accept counts
// the same, and what the scanner refuses as bad syntax, encoding/json refuses too.
func FuzzScan(f *testing.F) {
	for _, text := range []string{sample, `{}`, `{"messages":[]}`, `{"messages":[{"role":"user","content":"\u12"}]}`, `{"messages":[{"role":"a","content":""}]} `, `[1,-0.5e+3,"\\"]`, `{"messages":null}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := scanner{b: text}
		_, err := s.value(0)
		if s.peek(); err == nil && s.i != len(text) {
			err = s.fail("the end")
		}
		if err != nil && json.Valid(text) && bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) < maxDepth {
			t.Fatalf("refused valid JSON %q: %v", text, err)
		}
		b, err := scanBody(text, 4, nil)
		if err != nil || !utf8.Valid(text) {
			return
		}
		want, ok := counted(text)
		if !ok || hasAmbiguousKeys(text) {
			return
		}
		if got := b.Tokens; got != want || len(b.Blocks) != got/4 {
			t.Fatalf("%q: %d tokens and %d blocks, want %d", text, got, len(b.Blocks), want)
		}
	})
}

// hasAmbiguousKeys tells where encoding/json and the scanner rightly differ: it
// folds case and lets a later duplicate replace or merge with an earlier one.
func hasAmbiguousKeys(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	var keys []map[string]bool // of the open objects; nil for an array
	wantKey := false
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		top := len(keys) - 1
		switch v := token.(type) {
		case json.Delim:
			switch v {
			case '{':
				keys = append(keys, map[string]bool{})
			case '[':
				keys = append(keys, nil)
			default:
				keys = keys[:top]
			}
		case string:
			if top >= 0 && keys[top] != nil && wantKey {
				if folded := strings.ToLower(v); keys[top][folded] || folded != v {
					return true
				} else {
					keys[top][folded] = true
				}
				wantKey = false
				continue
			}
		}
		wantKey = len(keys) > 0 && keys[len(keys)-1] != nil
	}
}

// BenchmarkScan measures the scan of a prompt like an agent's: code with a line
// break every 40 bytes.
func BenchmarkScan(b *testing.B) {
	line := strings.Repeat("x", 30) + ` \"a\"\n`
	text := []byte(`{"model":"m","messages":[{"role":"system","content":"` + strings.Repeat(line, 200) +
		`"},{"role":"user","content":"` + strings.Repeat(line, 10000) + `"}],"stream":true}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := scanBody(text, 16, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkScanKnownPrefix measures the same prompt when all but its last message
// is known.
func BenchmarkScanKnownPrefix(b *testing.B) {
	line := strings.Repeat("x", 30) + ` \"a\"\n`
	head := `{"model":"m","messages":[{"role":"system","content":"` + strings.Repeat(line, 10000) + `"}`
	text := []byte(head + `,{"role":"user","content":"` + strings.Repeat(line, 30) + `"}],"stream":true}`)
	var m Memory
	n := 0
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		m.spare = append(m.spare[:0], text...)
		n++
		m.spare[len(head)+40] = 'a' + byte(n%2) // a new last message each time
		if _, err := m.scanBytes(m.spare, 16); err != nil {
			b.Fatal(err)
		}
	}
}
