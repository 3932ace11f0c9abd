package token

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"
)

// bpe is a byte-level BPE tokenizer read from a Hugging Face tokenizer.json. It
// counts as the reference does with special tokens in the text taken as such. It
// is safe for concurrent use.
type bpe struct {
	basis    string
	vocab    map[string]int
	ranks    map[[2]string]int // of merges
	splits   []splitter
	nfc      bool
	ignore   bool // merges are not used where a whole piece is in the vocabulary
	specials []string
	ids      map[string]int // of special tokens

	mu    sync.Mutex
	cache map[string][]int // ids of pieces seen
}

const (
	maxTokenizer = 256 << 20 // bytes of a tokenizer.json
	maxCached    = 1 << 16   // pieces
	maxPiece     = 1 << 20   // bytes of a piece that is merged; a longer one is cut
)

func isPath(name string) bool {
	return strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") || filepath.IsAbs(name) || strings.HasSuffix(name, ".json")
}

// loadBPE reads a tokenizer.json. Models other than byte-level BPE, and split
// patterns that are not known, are errors: a count that may be wrong is none.
func loadBPE(path string) (*bpe, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	if info.Size() > maxTokenizer {
		return nil, fmt.Errorf("tokenizer %s: %d bytes; at most %d", path, info.Size(), maxTokenizer)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	b, err := parseBPE(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer %s: %w", path, err)
	}
	sum := sha256.Sum256(data)
	b.basis = filepath.Base(filepath.Dir(path)) + "/" + filepath.Base(path) + "@" + hex.EncodeToString(sum[:4])
	return b, nil
}

type bpeFile struct {
	AddedTokens []struct {
		ID      int    `json:"id"`
		Content string `json:"content"`
	} `json:"added_tokens"`
	Normalizer   *bpeStage `json:"normalizer"`
	PreTokenizer *bpeStage `json:"pre_tokenizer"`
	Model        struct {
		Type         string           `json:"type"`
		Vocab        map[string]int   `json:"vocab"`
		Merges       []jsontext.Value `json:"merges"`
		IgnoreMerges bool             `json:"ignore_merges"`
	} `json:"model"`
}

type bpeStage struct {
	Type          string     `json:"type"`
	Normalizers   []bpeStage `json:"normalizers"`
	Pretokenizers []bpeStage `json:"pretokenizers"`
	Behavior      string     `json:"behavior"`
	Invert        bool       `json:"invert"`
	UseRegex      *bool      `json:"use_regex"`
	AddPrefix     bool       `json:"add_prefix_space"`
	Pattern       struct {
		Regex  string `json:"Regex"`
		String string `json:"String"`
	} `json:"pattern"`
	IndividualDigits bool `json:"individual_digits"`
}

// parseBPE reads the document of a tokenizer.json.
func parseBPE(data []byte) (*bpe, error) {
	var f bpeFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("read tokenizer.json: %w", err)
	}
	if f.Model.Type != "BPE" || len(f.Model.Vocab) == 0 {
		return nil, fmt.Errorf("model is %q with %d tokens; only byte-level BPE is read", f.Model.Type, len(f.Model.Vocab))
	}
	b := &bpe{basis: "bpe", vocab: f.Model.Vocab, ranks: make(map[[2]string]int, len(f.Model.Merges)), ignore: f.Model.IgnoreMerges, ids: map[string]int{}, cache: map[string][]int{}}
	for i, raw := range f.Model.Merges {
		pair, err := mergePair(raw)
		if err != nil {
			return nil, fmt.Errorf("merges[%d]: %w", i, err)
		}
		b.ranks[pair] = i
	}
	if err := b.normalizer(f.Normalizer); err != nil {
		return nil, err
	}
	if err := b.preTokenizer(f.PreTokenizer); err != nil {
		return nil, err
	}
	for _, t := range f.AddedTokens {
		if t.Content != "" {
			b.specials = append(b.specials, t.Content)
			b.ids[t.Content] = t.ID
		}
	}
	return b, nil
}

// mergePair reads "a b" or ["a", "b"].
func mergePair(raw jsontext.Value) ([2]string, error) {
	var pair [2]string
	if raw.Kind() == '[' {
		if err := json.Unmarshal(raw, &pair); err != nil {
			return pair, err
		}
		return pair, nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return pair, err
	}
	a, c, ok := strings.Cut(text, " ")
	if !ok {
		return pair, fmt.Errorf("%.40q is no pair", text)
	}
	return [2]string{a, c}, nil
}

func (b *bpe) normalizer(s *bpeStage) error {
	switch {
	case s == nil:
	case s.Type == "NFC":
		b.nfc = true
	case s.Type == "Sequence":
		for i := range s.Normalizers {
			if err := b.normalizer(&s.Normalizers[i]); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("normalizer %q is not known; NFC is", s.Type)
	}
	return nil
}

func (b *bpe) preTokenizer(s *bpeStage) error {
	if s == nil {
		return fmt.Errorf("pre_tokenizer is missing; only byte-level BPE is read")
	}
	switch s.Type {
	case "Sequence":
		for i := range s.Pretokenizers {
			if err := b.preTokenizer(&s.Pretokenizers[i]); err != nil {
				return err
			}
		}
		return nil
	case "Split":
		if s.Behavior != "Isolated" || s.Invert {
			return fmt.Errorf("split behaviour %q (invert %v) is not known; Isolated is", s.Behavior, s.Invert)
		}
		split, known := splitterFor(s.Pattern.Regex)
		if !known {
			return fmt.Errorf("split pattern %.120q is not known", s.Pattern.Regex)
		}
		b.splits = append(b.splits, split)
		return nil
	case "Digits":
		if s.IndividualDigits {
			b.splits = append(b.splits, splitDigits(1))
			return nil
		}
	case "ByteLevel":
		if s.AddPrefix {
			return fmt.Errorf("add_prefix_space is not supported")
		}
		if s.UseRegex == nil || *s.UseRegex {
			b.splits = append(b.splits, splitGPT2)
		}
		return nil
	}
	return fmt.Errorf("pre_tokenizer %q is not known", s.Type)
}

// Basis names the file and the first bytes of its SHA-256.
func (b *bpe) Basis() string { return b.basis }

// Count returns the number of tokens of text.
func (b *bpe) Count(text []byte) int { return len(b.Encode(text)) }

// Encode returns the token ids of text.
func (b *bpe) Encode(text []byte) []int {
	s := string(text)
	if b.nfc {
		s = norm.NFC.String(s)
	}
	var out []int
	for len(s) > 0 {
		at, special := b.nextSpecial(s)
		out = b.plain(out, s[:at])
		if special != "" {
			out = append(out, b.ids[special])
		}
		s = s[at+len(special):]
	}
	return out
}

// nextSpecial finds the first special token: the earliest, then the longest.
func (b *bpe) nextSpecial(s string) (at int, special string) {
	at = len(s)
	for _, t := range b.specials {
		if i := strings.Index(s[:min(len(s), at+len(t))], t); i >= 0 && (i < at || len(t) > len(special)) {
			at, special = i, t
		}
	}
	return at, special
}

func (b *bpe) plain(out []int, s string) []int {
	pieces := []string{s}
	for _, split := range b.splits {
		var finer []string
		for _, p := range pieces {
			finer = split(finer, p)
		}
		pieces = finer
	}
	for _, p := range pieces {
		for len(p) > maxPiece {
			out = b.piece(out, p[:maxPiece])
			p = p[maxPiece:]
		}
		out = b.piece(out, p)
	}
	return out
}

func (b *bpe) piece(out []int, p string) []int {
	if p == "" {
		return out
	}
	b.mu.Lock()
	ids, known := b.cache[p]
	b.mu.Unlock()
	if !known {
		ids = b.merge(byteLevel(p))
		if len(p) < 64 {
			b.mu.Lock()
			if len(b.cache) >= maxCached {
				clear(b.cache)
			}
			b.cache[strings.Clone(p)] = ids
			b.mu.Unlock()
		}
	}
	return append(out, ids...)
}
