package prompt

import (
	"bytes"
	"fmt"
	"io"
	"sort"
)

const (
	maxRemembered = 4 << 20 // bytes of a body that a connection keeps
	maxMarks      = 4096    // messages whose ends it keeps
	maxAhead      = 1 << 20 // bytes that are made room for on the word of the length alone
)

// Memory is what a connection remembers of its last request, so that the part of
// the next body that is the same, byte by byte, is compared but not scanned: an
// agent's prompt begins with its previous one. A connection carries one request at
// a time, so nothing is locked.
type Memory struct {
	last, spare []byte // bodies; spare is for the next one
	tools       []byte
	ids         []uint64
	marks       []mark
}

// mark is the state of a scan right after a message: enough to go on from there.
type mark struct {
	at       int // in the body
	messages int
	fields   []byte
	tools    bool // seen before the messages
	ids      int
	tail     []byte // of the block that is not full yet
	prev     uint64
	length   int
}

// mark notes the state after a message.
func (s *bodyScan) mark() {
	if len(s.marks) >= maxMarks {
		return
	}
	c := &s.prompt
	s.marks = append(s.marks, mark{
		at: s.i, messages: s.messages, fields: s.fields[:len(s.fields):len(s.fields)], tools: s.tools != nil,
		ids: len(c.ids), tail: bytes.Clone(c.buf), prev: c.prev, length: c.length,
	})
}

// resume scans b from the last message that it shares with the last body. It
// reports false where nothing is shared or the tools changed.
func (m *Memory) resume(b []byte, blockTokens int) (*bodyScan, bool) {
	shared := commonPrefix(m.last, b)
	n := sort.Search(len(m.marks), func(i int) bool { return m.marks[i].at > shared })
	if n == 0 {
		return nil, false
	}
	k := m.marks[n-1]
	s := newScan(b, blockTokens, m.tools)
	s.i, s.messages, s.seen, s.fields = k.at, k.messages, true, k.fields
	s.marks = append(s.marks, m.marks[:n]...)
	if k.tools {
		s.tools = m.tools
	}
	c := &s.prompt
	c.ids = append(make([]uint64, 0, len(m.ids)+len(m.ids)/4), m.ids[:k.ids]...)
	c.buf = append(c.buf, k.tail...)
	c.prev, c.length = k.prev, k.length
	return s, s.rest() == nil && bytes.Equal(s.tools, m.tools)
}

// rest goes on after a message: further messages, then further fields.
func (s *bodyScan) rest() error {
	more, err := s.more(']')
	if more {
		err = s.elements(s.messages, s.message)
	}
	if err != nil {
		return err
	}
	if more, err = s.more('}'); !more {
		return err
	}
	return s.members(s.field)
}

// Scan reads and scans a body of about the given length; below 0 is unknown.
func (m *Memory) Scan(r io.Reader, length int64, blockTokens int) (*Request, error) {
	if need := int(min(length, maxAhead)) + 1; cap(m.spare) < need { // one more: the end is seen without growing
		m.spare = make([]byte, need+need/4)
	}
	m.spare = m.spare[:cap(m.spare)]
	n, err := readAll(r, &m.spare)
	if err != nil {
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	return m.scanBytes(m.spare[:n], blockTokens)
}

// scanBytes scans a body that lies in m.spare, and remembers it. The tools stand
// between the first message and the second in the prompt's stream but may follow
// the messages in the body: a pass is repeated where its guess of them was wrong.
func (m *Memory) scanBytes(b []byte, blockTokens int) (*Request, error) {
	s, ok := m.resume(b, blockTokens)
	if !ok {
		for guess := m.tools; ; guess = s.tools {
			s = newScan(b, blockTokens, guess)
			if err := s.object(s.field); err != nil {
				return nil, err
			}
			if bytes.Equal(s.tools, guess) {
				break
			}
		}
	}
	out, err := s.finish()
	if err != nil {
		return nil, err
	}
	m.remember(b, s)
	return out, nil
}

// remember keeps the body for the next request.
func (m *Memory) remember(b []byte, s *bodyScan) {
	if len(b) > maxRemembered {
		*m = Memory{}
		return
	}
	if !bytes.Equal(m.tools, s.tools) {
		m.tools = bytes.Clone(s.tools) // bodies are overwritten
	}
	m.last, m.spare = b, m.last
	m.marks, m.ids = s.marks, s.prompt.ids
}

// commonPrefix returns how many leading bytes are the same.
func commonPrefix(a, b []byte) int {
	const stride = 4096
	n := min(len(a), len(b))
	i := 0
	for i+stride <= n && bytes.Equal(a[i:i+stride], b[i:i+stride]) {
		i += stride
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// readAll fills buf, growing it as needed, until the reader ends.
func readAll(r io.Reader, buf *[]byte) (n int, err error) {
	for err == nil {
		if n == len(*buf) {
			*buf = append(*buf, make([]byte, n+512)...)
		}
		var m int
		m, err = r.Read((*buf)[n:])
		n += m
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}
