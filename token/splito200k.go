package token

import (
	"unicode"
	"unicode/utf8"
)

// upper is [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], lower [\p{Ll}\p{Lm}\p{Lo}\p{M}].
func upper(r rune) bool {
	return unicode.In(r, unicode.Lu, unicode.Lt, unicode.Lm, unicode.Lo, unicode.M)
}

func lower(r rune) bool { return unicode.In(r, unicode.Ll, unicode.Lm, unicode.Lo, unicode.M) }

// o200kLower is [^\r\n\p{L}\p{N}]?U*L+(contraction)?.
func o200kLower(s string) int { return prefixed(s, upperLower) }

// o200kUpper is [^\r\n\p{L}\p{N}]?U+L*(contraction)?.
func o200kUpper(s string) int {
	return prefixed(s, func(s string) int {
		n := length(s, 0, upper)
		if n == 0 {
			return 0
		}
		return n + length(s[n:], 0, lower)
	})
}

// prefixed matches body behind one character that is no letter, number or line
// end, else body alone, and takes a contraction that follows.
func prefixed(s string, body func(string) int) int {
	n := 0
	if r, size := utf8.DecodeRuneInString(s); size > 0 && !newline(r) && !unicode.IsLetter(r) && !unicode.IsNumber(r) {
		if k := body(s[size:]); k > 0 {
			n = size + k
		}
	}
	if n == 0 {
		n = body(s)
	}
	if n == 0 {
		return 0
	}
	return n + contraction(s[n:])
}

// upperLower is U*L+: as many of U as leave one of L.
func upperLower(s string) int {
	u := length(s, 0, upper)
	if l := length(s[u:], 0, lower); l > 0 {
		return u + l
	}
	// Give back what stands in both classes, from the right.
	for at := u; at > 0; {
		r, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
		if lower(r) {
			return at + length(s[at:], 0, lower)
		}
	}
	return 0
}

// kana is [一-龥぀-ゟ゠-ヿ].
func kana(r rune) bool { return (r >= 0x4e00 && r <= 0x9fa5) || (r >= 0x3040 && r <= 0x30ff) }

// asciiPunctWord is one ASCII punctuation mark and letters of ASCII behind it.
func asciiPunctWord(s string) int {
	if s == "" || s[0] >= 0x7f || s[0] <= ' ' || ascii(rune(s[0])) || (s[0] >= '0' && s[0] <= '9') {
		return 0
	}
	if n := length(s[1:], 0, ascii); n > 0 {
		return 1 + n
	}
	return 0
}

func ascii(r rune) bool { return (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') }

func letterMark(r rune) bool { return unicode.In(r, unicode.L, unicode.M) }

func mark(r rune) bool { return unicode.In(r, unicode.P, unicode.S) }

// deepseekWord is [^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+.
func deepseekWord(s string) int {
	r, size := utf8.DecodeRuneInString(s)
	if size > 0 && !newline(r) && !unicode.IsLetter(r) && !mark(r) {
		if n := length(s[size:], 0, letterMark); n > 0 {
			return size + n
		}
	}
	return length(s, 0, letterMark)
}

// deepseekPunct is ` ?[\p{P}\p{S}]+[\r\n]*`.
func deepseekPunct(s string) int {
	n := spaced(mark)(s)
	if n == 0 {
		return 0
	}
	return n + length(s[n:], 0, newline)
}
