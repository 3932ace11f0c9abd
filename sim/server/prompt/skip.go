package prompt

import "bytes"

// value consumes any value and returns its raw text.
func (s *scanner) value(depth int) ([]byte, error) {
	c := s.peek()
	from := s.i
	var err error
	switch {
	case depth > maxDepth:
		err = s.fail("less nesting")
	case c == '"':
		err = s.text(nil)
	case c == '{':
		err = s.object(func([]byte) error { _, err := s.value(depth + 1); return err })
	case c == '[':
		err = s.array(func(int) error { _, err := s.value(depth + 1); return err })
	case c == 't':
		err = s.word("true")
	case c == 'f':
		err = s.word("false")
	case c == 'n':
		err = s.word("null")
	default:
		err = s.number()
	}
	return s.b[from:s.i], err
}

func (s *scanner) word(w string) error {
	if !bytes.HasPrefix(s.b[s.i:], []byte(w)) {
		return s.fail(w)
	}
	s.i += len(w)
	return nil
}

// null consumes null where it is next.
func (s *scanner) null() bool {
	s.peek()
	return s.word("null") == nil
}

// number consumes a number of JSON's grammar.
func (s *scanner) number() error {
	s.accept("-")
	if !s.accept("0") && s.digits() == 0 {
		return s.fail("a value")
	}
	if s.accept(".") && s.digits() == 0 {
		return s.fail("a digit")
	}
	if s.accept("eE") {
		s.accept("+-")
		if s.digits() == 0 {
			return s.fail("a digit")
		}
	}
	return nil
}

func (s *scanner) accept(any string) bool {
	if s.i < len(s.b) && bytes.IndexByte([]byte(any), s.b[s.i]) >= 0 {
		s.i++
		return true
	}
	return false
}

func (s *scanner) digits() int {
	from := s.i
	for s.i < len(s.b) && '0' <= s.b[s.i] && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i - from
}
