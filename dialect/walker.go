package dialect

import (
	"bytes"
	"errors"
	"unicode/utf8"
)

// errJSON is returned for an event whose data is no JSON. It says no more, so that
// no reply's text reaches an error.
var errJSON = errors.New("event is no JSON object")

// walker steps through one JSON text without decoding it and without allocation.
// It finds structure and trusts the rest: numbers and words are not checked.
type walker struct {
	b []byte
	i int
}

func (w *walker) space() {
	for w.i < len(w.b) {
		switch w.b[w.i] {
		case ' ', '\t', '\n', '\r':
			w.i++
		default:
			return
		}
	}
}

// open steps over the bracket c and reports whether it stood there.
func (w *walker) open(c byte) bool {
	w.space()
	if w.i < len(w.b) && w.b[w.i] == c {
		w.i++
		return true
	}
	return false
}

// text steps over a string and returns its inside, escapes as they are.
func (w *walker) text() ([]byte, bool) {
	if !w.open('"') {
		return nil, false
	}
	from := w.i
	for w.i < len(w.b) {
		q := bytes.IndexByte(w.b[w.i:], '"')
		if q < 0 {
			return nil, false
		}
		end := w.i + q
		slashes := 0
		for end-slashes > from && w.b[end-slashes-1] == '\\' {
			slashes++
		}
		w.i = end + 1
		if slashes%2 == 0 {
			return w.b[from:end], true
		}
	}
	return nil, false
}

// key steps to the next member of an object that was opened and returns its name;
// more is false at the object's end.
func (w *walker) key() (name []byte, more, ok bool) {
	w.space()
	if w.i >= len(w.b) {
		return nil, false, false
	}
	switch w.b[w.i] {
	case '}':
		w.i++
		return nil, false, true
	case ',':
		w.i++
	}
	name, ok = w.text()
	if !ok || !w.open(':') {
		return nil, false, false
	}
	if bytes.IndexByte(name, '\\') >= 0 {
		name = appendDecoded(nil, name)
	}
	return name, true, true
}

// element steps to the next element of an array that was opened.
func (w *walker) element() (more, ok bool) {
	w.space()
	if w.i >= len(w.b) {
		return false, false
	}
	switch w.b[w.i] {
	case ']':
		w.i++
		return false, true
	case ',':
		w.i++
		w.space()
	}
	return w.i < len(w.b) && w.b[w.i] != ']', w.i < len(w.b) && w.b[w.i] != ']'
}

// kind returns the first byte of the value ahead, 0 at the end.
func (w *walker) kind() byte {
	w.space()
	if w.i < len(w.b) {
		return w.b[w.i]
	}
	return 0
}

// value steps over any value and returns its bytes.
func (w *walker) value() ([]byte, bool) {
	w.space()
	from, depth := w.i, 0
	for w.i < len(w.b) {
		switch w.b[w.i] {
		case '"':
			if _, ok := w.text(); !ok {
				return nil, false
			}
		case '{', '[':
			depth++
			w.i++
			continue
		case '}', ']':
			depth--
			if depth < 0 {
				return w.b[from:w.i], w.i > from
			}
			w.i++
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return w.b[from:w.i], w.i > from
			}
			w.i++
			continue
		default:
			w.word()
		}
		if depth == 0 {
			return w.b[from:w.i], true
		}
	}
	return nil, false
}

// skip steps over any value.
func (w *walker) skip() bool {
	_, ok := w.value()
	return ok
}

// word steps over a number, true, false or null.
func (w *walker) word() {
	for w.i < len(w.b) {
		switch w.b[w.i] {
		case ',', ':', '}', ']', '{', '[', '"', ' ', '\t', '\n', '\r':
			return
		}
		w.i++
	}
}

// members calls each for every member of the object ahead. each must step over
// the member's value. A value that is no object is stepped over.
func (w *walker) members(each func(name []byte) bool) bool {
	if w.kind() != '{' {
		return w.skip()
	}
	w.i++
	for {
		name, more, ok := w.key()
		if !ok || !more {
			return ok
		}
		if !each(name) {
			return false
		}
	}
}

// elements calls each for every element of the array ahead. each must step over the
// element. A value that is no array is stepped over.
func (w *walker) elements(each func() bool) bool {
	if w.kind() != '[' {
		return w.skip()
	}
	w.i++
	for {
		more, ok := w.element()
		if !ok || !more {
			return ok
		}
		if !each() {
			return false
		}
	}
}

// rawMembers returns the members of the object ahead as they stand, each with a
// leading comma.
func (w *walker) rawMembers() []byte {
	var out []byte
	w.members(func(name []byte) bool {
		value, ok := w.value()
		out = append(append(append(append(out, ',', '"'), appendText(nil, string(name))...), '"', ':'), value...)
		return ok
	})
	return out
}

// appendDecoded appends the text of a JSON string's inside. What is no escape is
// kept as it is; half a surrogate pair becomes U+FFFD.
func appendDecoded(dst, raw []byte) []byte {
	for {
		slash := bytes.IndexByte(raw, '\\')
		if slash < 0 || slash+1 >= len(raw) {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:slash]...)
		c := raw[slash+1]
		raw = raw[slash+2:]
		switch c {
		case 'n':
			c = '\n'
		case 't':
			c = '\t'
		case 'r':
			c = '\r'
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'u':
			var r rune
			r, raw = decodeUnit(raw)
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, c)
	}
}

// decodeUnit reads the four digits after \u, and the second half of a surrogate
// pair where one follows.
func decodeUnit(raw []byte) (rune, []byte) {
	hi, ok := hexUnit(raw)
	if !ok {
		return utf8.RuneError, raw
	}
	raw = raw[4:]
	if hi < 0xd800 || hi > 0xdfff {
		return hi, raw
	}
	if hi < 0xdc00 && len(raw) >= 6 && raw[0] == '\\' && raw[1] == 'u' {
		if lo, ok := hexUnit(raw[2:]); ok && lo >= 0xdc00 && lo <= 0xdfff {
			return (hi-0xd800)<<10 + (lo - 0xdc00) + 0x10000, raw[6:]
		}
	}
	return utf8.RuneError, raw
}

func hexUnit(raw []byte) (rune, bool) {
	if len(raw) < 4 {
		return 0, false
	}
	var v rune
	for _, c := range raw[:4] {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			v = v<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			v = v<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return v, true
}
