package prompt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a request, values.
const maxDepth = 128

// scanner walks a JSON text once, left to right, without building values.
type scanner struct {
	b []byte
	i int
}

type syntaxError struct {
	at   int
	want string
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("body is not valid JSON at byte %d: want %s", e.at, e.want)
}

func (s *scanner) fail(want string) error { return &syntaxError{at: s.i, want: want} }

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) expect(c byte) error {
	if s.peek() != c {
		return s.fail(fmt.Sprintf("%q", c))
	}
	s.i++
	return nil
}

// object calls field for every key, with the scanner at the key's value, which
// field must consume.
func (s *scanner) object(field func(key []byte) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	if s.peek() == '}' {
		s.i++
		return nil
	}
	return s.members(field)
}

// members goes on in an object at one of its keys.
func (s *scanner) members(field func(key []byte) error) error {
	for {
		key, err := s.key()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		if err := field(key); err != nil {
			return err
		}
		if more, err := s.more('}'); !more {
			return err
		}
	}
}

// array calls element with the scanner at each element, which it must consume.
func (s *scanner) array(element func(i int) error) error {
	if err := s.expect('['); err != nil {
		return err
	}
	if s.peek() == ']' {
		s.i++
		return nil
	}
	return s.elements(0, element)
}

// elements goes on in an array at its i-th element.
func (s *scanner) elements(i int, element func(i int) error) error {
	for ; ; i++ {
		if err := element(i); err != nil {
			return err
		}
		if more, err := s.more(']'); !more {
			return err
		}
	}
}

// more consumes a comma (true) or the closing byte (false).
func (s *scanner) more(closing byte) (bool, error) {
	switch s.peek() {
	case ',':
		s.i++
		return true, nil
	case closing:
		s.i++
		return false, nil
	}
	return false, s.fail(fmt.Sprintf("',' or %q", closing))
}

// key reads an object's key.
func (s *scanner) key() ([]byte, error) {
	s.peek()
	from := s.i
	if err := s.text(nil); err != nil {
		return nil, err
	}
	raw := s.b[from:s.i]
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], nil
	}
	var key string
	if err := json.Unmarshal(raw, &key); err != nil {
		return nil, s.fail("a key")
	}
	return []byte(key), nil
}

// text reads a string and writes its unescaped bytes into c, which may be nil.
func (s *scanner) text(c *chain) error {
	if err := s.expect('"'); err != nil {
		return err
	}
	for {
		quote := bytes.IndexByte(s.b[s.i:], '"')
		if quote < 0 {
			s.i = len(s.b)
			return s.fail("the end of a string")
		}
		run := s.b[s.i : s.i+quote]
		for {
			escape := bytes.IndexByte(run, '\\')
			if escape < 0 {
				write(c, run)
				s.i += len(run) + 1
				return nil
			}
			write(c, run[:escape])
			s.i += escape
			n, err := s.escape(c)
			if err != nil {
				return err
			}
			s.i += n
			if escape+n > len(run) { // an escaped quote: look for the next one
				break
			}
			run = run[escape+n:]
		}
	}
}

func write(c *chain, p []byte) {
	if c != nil && len(p) > 0 {
		c.write(p)
	}
}

// escape reads the escape sequence at the scanner and returns its length.
func (s *scanner) escape(c *chain) (int, error) {
	if s.i+1 >= len(s.b) {
		return 0, s.fail("an escape sequence")
	}
	code := s.b[s.i+1]
	if code == 'u' {
		return s.unicode(c)
	}
	const codes, plain = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	at := bytes.IndexByte([]byte(codes), code)
	if at < 0 {
		return 0, s.fail("an escape sequence")
	}
	if c != nil {
		c.write([]byte{plain[at]})
	}
	return 2, nil
}

// unicode reads \uXXXX, or a pair of them; a half pair stands for U+FFFD.
func (s *scanner) unicode(c *chain) (int, error) {
	r, ok := hex4(s.b, s.i)
	if !ok {
		return 0, s.fail(`\u and four hex digits`)
	}
	n := 6
	if utf16.IsSurrogate(r) {
		low, ok := hex4(s.b, s.i+6)
		if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
			n = 12
		} else {
			r = utf8.RuneError
		}
	}
	if c != nil {
		var out [utf8.UTFMax]byte
		c.write(out[:utf8.EncodeRune(out[:], r)])
	}
	return n, nil
}

// hex4 reads \uXXXX at i.
func hex4(b []byte, i int) (rune, bool) {
	if i+6 > len(b) || b[i] != '\\' || b[i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[i+2 : i+6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
