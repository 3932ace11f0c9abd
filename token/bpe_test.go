package token

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestEncodeAgreesWithTheReference compares ids with those of Hugging Face's
// tokenizers 0.2x on small vocabularies that were trained on this repository's own
// text, one for each family of split patterns (testdata/reference.json).
func TestEncodeAgreesWithTheReference(t *testing.T) {
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var files []struct {
		File  string
		Cases []struct {
			Text string
			IDs  []int
		}
	}
	if err := json.Unmarshal(data, &files); err != nil {
		t.Fatal(err)
	}
	if len(files) < 4 {
		t.Fatalf("%d files; the reference is broken", len(files))
	}
	for _, f := range files {
		b, err := loadBPE(filepath.Join("testdata", f.File))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range f.Cases {
			if diff := cmp.Diff(c.IDs, b.Encode([]byte(c.Text)), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: %q:\n%s", f.File, c.Text, diff)
			}
		}
	}
}

// TestO200k checks ids' counts against published ones: "hello world" is 2 tokens,
// a word of three letters behind a space is one.
func TestO200k(t *testing.T) {
	c := O200k()
	for text, want := range map[string]int{"": 0, "hello world": 2, " the and for": 3, "12345": 2, "\n\n\n": 1} {
		if got := c.Count([]byte(text)); got != want {
			t.Errorf("%q counts %d, want %d", text, got, want)
		}
	}
	if c.Basis() != "o200k" {
		t.Errorf("basis is %q", c.Basis())
	}
}

func TestNamedRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, name := range []string{"", "o300k", "./nowhere.json"} {
		if _, err := Named(name); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}

func FuzzParseBPE(f *testing.F) {
	data, err := os.ReadFile("testdata/qwen.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data, "some text")
	f.Add([]byte(`{"model":{"type":"BPE","vocab":{"a":0},"merges":["a a"]},"pre_tokenizer":{"type":"ByteLevel"}}`), "aaa b")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		b, err := parseBPE(data)
		if err != nil {
			return
		}
		if n := b.Count([]byte(text)); n < 0 || (n == 0) != (len(text) == 0) && !b.nfc {
			t.Errorf("%q counts %d", text, n)
		}
	})
}
