package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExtraBody(t *testing.T) {
	file := filepath.Join(t.TempDir(), "b.json")
	for name, test := range map[string]struct {
		file     string
		sampling map[string]float64
		want     string // of the body, or of the error
	}{
		"nothing":       {"", nil, ""},
		"file":          {` { "top_p" : 0.9, "chat_template_kwargs": {"thinking":true} }`, nil, `{"chat_template_kwargs":{"thinking":true},"top_p":0.9}`},
		"sampling":      {"", map[string]float64{"top_k": 40, "temperature": 0.6}, `{"temperature":0.6,"top_k":40}`},
		"both":          {`{"a":1}`, map[string]float64{"top_k": 40}, `{"a":1,"top_k":40}`},
		"twice":         {`{"top_k":1}`, map[string]float64{"top_k": 40}, "has it too"},
		"no object":     {`[1]`, nil, "want a JSON object"},
		"null":          {`null`, nil, "want a JSON object"},
		"a key":         {`{"X_Api_Key":"hush"}`, nil, "looks like a secret"},
		"empty members": {`{}`, nil, ""},
	} {
		path := ""
		if test.file != "" {
			path = file
			if err := os.WriteFile(file, []byte(test.file), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := extraBody(path, test.sampling)
		said := string(got)
		if err != nil {
			said = err.Error()
		}
		if !strings.Contains(said, test.want) || test.want == "" && said != "" || strings.Contains(said, "hush") {
			t.Errorf("%s: %q, want %q", name, said, test.want)
		}
	}
}
