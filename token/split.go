package token

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// splitter cuts s into pieces and appends them to dst; merges never cross two
// pieces. The published splitters are regular expressions with look-ahead, which
// Go's package has not; these are the same by hand.
type splitter func(dst []string, s string) []string

// splitterFor returns the splitter of a split pattern of a tokenizer.json.
func splitterFor(pattern string) (splitter, bool) {
	switch pattern {
	case gpt2Pattern:
		return splitGPT2, true
	case llama3Pattern:
		return by(contraction, words(nil), digits(3), punctuation(false), newlines, trailing, spaces), true
	case qwen2Pattern:
		return by(contraction, words(nil), digits(1), punctuation(false), newlines, trailing, spaces), true
	case o200kPattern:
		return by(o200kLower, o200kUpper, digits(3), punctuation(true), newlines, trailing, spaces), true
	case `\p{N}{1,3}`:
		return splitDigits(3), true
	case `\p{N}`:
		return splitDigits(1), true
	case deepseekKanaPattern:
		return by(run(kana)), true
	case deepseekPattern:
		return by(asciiPunctWord, deepseekWord, deepseekPunct, newlines, trailing, spaces), true
	}
	return nil, false
}

// The patterns as the published files hold them.
const (
	gpt2Pattern         = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	llama3Pattern       = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Pattern        = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	o200kPattern        = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	deepseekKanaPattern = "[一-龥\u3040-ゟ゠-ヿ]+"
	deepseekPattern     = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"
)

// alternative returns the length of its match at the beginning of s, 0 for none.
type alternative func(s string) int

// by tries alternatives in order at every place; text that none matches is a piece
// of its own, as with the behaviour "isolated".
func by(alternatives ...alternative) splitter {
	return func(dst []string, s string) []string {
		from, at := 0, 0
		for at < len(s) {
			n := 0
			for _, a := range alternatives {
				if n = a(s[at:]); n > 0 {
					break
				}
			}
			if n == 0 {
				_, size := utf8.DecodeRuneInString(s[at:])
				at += size
				continue
			}
			if at > from {
				dst = append(dst, s[from:at])
			}
			dst = append(dst, s[at:at+n])
			at += n
			from = at
		}
		if from < len(s) {
			dst = append(dst, s[from:])
		}
		return dst
	}
}

func splitGPT2(dst []string, s string) []string {
	return by(contractionExact, spaced(unicode.IsLetter), spaced(unicode.IsNumber), spaced(neither), trailing, spaces)(dst, s)
}

func splitDigits(n int) splitter { return by(digits(n)) }

// isSpace is \s of the reference engine, with Unicode on.
func isSpace(r rune) bool { return unicode.Is(unicode.White_Space, r) }

// neither is [^\s\p{L}\p{N}].
func neither(r rune) bool { return !isSpace(r) && !unicode.IsLetter(r) && !unicode.IsNumber(r) }

func newline(r rune) bool { return r == '\r' || r == '\n' }

// length is how many bytes of s, at most max runes (0: any), satisfy is.
func length(s string, max int, is func(rune) bool) int {
	n := 0
	for i, r := range s {
		if !is(r) || (max > 0 && n == max) {
			return i
		}
		n++
	}
	return len(s)
}

func run(is func(rune) bool) alternative {
	return func(s string) int { return length(s, 0, is) }
}

// spaced is ` ?X+`.
func spaced(is func(rune) bool) alternative {
	return func(s string) int {
		from := 0
		if strings.HasPrefix(s, " ") {
			from = 1
		}
		if n := length(s[from:], 0, is); n > 0 {
			return from + n
		}
		return length(s, 0, is)
	}
}

// digits is \p{N}{1,n}.
func digits(n int) alternative {
	return func(s string) int { return length(s, n, unicode.IsNumber) }
}

// contractionExact is 's|'t|'re|'ve|'m|'ll|'d.
func contractionExact(s string) int {
	for _, c := range [...]string{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"} {
		if strings.HasPrefix(s, c) {
			return len(c)
		}
	}
	return 0
}

// contraction is the same without regard to case; a long s folds to s.
func contraction(s string) int {
	if len(s) < 2 || s[0] != '\'' {
		return 0
	}
	for _, c := range [...]string{"s", "t", "re", "ve", "m", "ll", "d"} {
		n := 1
		ok := true
		for _, want := range c {
			r, size := utf8.DecodeRuneInString(s[n:])
			if r == 'ſ' {
				r = 's'
			}
			if ok = unicode.ToLower(r) == want && size > 0; !ok {
				break
			}
			n += size
		}
		if ok {
			return n
		}
	}
	return 0
}

// words is [^\r\n\p{L}\p{N}]?\p{L}+, or with another class of letters.
func words(letter func(rune) bool) alternative {
	if letter == nil {
		letter = unicode.IsLetter
	}
	return func(s string) int {
		r, size := utf8.DecodeRuneInString(s)
		if size > 0 && !newline(r) && !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			if n := length(s[size:], 0, letter); n > 0 {
				return size + n
			}
		}
		return length(s, 0, letter)
	}
}

// punctuation is ` ?[^\s\p{L}\p{N}]+[\r\n]*`, with slashes in the tail in o200k.
func punctuation(slash bool) alternative {
	tail := func(r rune) bool { return newline(r) || (slash && r == '/') }
	return func(s string) int {
		n := spaced(neither)(s)
		if n == 0 {
			return 0
		}
		return n + length(s[n:], 0, tail)
	}
}

// newlines is \s*[\r\n]+: white space up to and with its last line end.
func newlines(s string) int {
	return strings.LastIndexAny(s[:length(s, 0, isSpace)], "\r\n") + 1
}

// trailing is \s+(?!\S): white space but for the last character before text.
func trailing(s string) int {
	n := length(s, 0, isSpace)
	if n == 0 || n == len(s) {
		return n
	}
	_, last := utf8.DecodeLastRuneInString(s[:n])
	return n - last
}

func spaces(s string) int { return length(s, 0, isSpace) }
