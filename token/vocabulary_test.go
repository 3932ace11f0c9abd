package token

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestWholeVocabularies compares ids with those of Hugging Face's library on the
// vocabularies of real models, where PLIMSOLL_TOKENIZERS names a folder of them
// (scripts/token_reference.py says how to make it).
func TestWholeVocabularies(t *testing.T) {
	folder := os.Getenv("PLIMSOLL_TOKENIZERS")
	if folder == "" {
		t.Skip("PLIMSOLL_TOKENIZERS names no folder of tokenizer.json files: they are large and other people's")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*", "tokenizer.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no NAME/tokenizer.json in %s (%v)", folder, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			b, err := loadBPE(file)
			if err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(filepath.Dir(file), "reference.json"))
			if err != nil {
				t.Fatal(err)
			}
			var reference []struct {
				Text string `json:"text"`
				IDs  []int  `json:"ids"`
			}
			if err := json.Unmarshal(data, &reference); err != nil || len(reference) < 100 {
				t.Fatalf("%d references, %v", len(reference), err)
			}
			for _, r := range reference {
				if got := b.Encode([]byte(r.Text)); !slices.Equal(got, r.IDs) {
					t.Errorf("%.80q\n got %.20v\nwant %.20v", r.Text, got, r.IDs)
				}
			}
		})
	}
}
