package dialect

import (
	"bytes"
	"errors"

	"plimsoll"
)

// Caps bound what one reply may hold, in bytes; 0 is the default.
type Caps struct {
	Line  int // one line, 1 MiB
	Event int // one event's data, 1 MiB
	Total int // the whole stream, 256 MiB
	Text  int // text that is kept for counting, 1 MiB; more is not an error
}

// ErrCap is returned when a stream passes one of its caps.
var ErrCap = errors.New("stream passes the size cap")

// Scanner reads one reply's event stream. It is fed and never reads. It serves one
// reply after another, with Reset between them, and allocates only while its
// buffers grow.
type Scanner struct {
	// What every event touches stands together and first: with thousands of streams
	// open, each line of memory that a read needs comes from far away.
	total   int
	at      plimsoll.Instant
	lines   int32  // data lines of the event
	afterCR bool   // a LF that comes next belongs to the CR before it
	calls   bool   // a tool call was seen
	cur     []byte // the event's data so far: in the fed bytes, in line or in data
	line    []byte // an unfinished line
	data    []byte // an unfinished event's data that outlived its feed
	text    []byte
	last    []byte // usage object so far
	mould   mould
	reply   Reply

	dialect Dialect
	caps    Caps
	first   []byte // usage object of the first token's read
	base    []byte // usage object that the last one adds to
}

// NewScanner returns a scanner for replies in a dialect.
func NewScanner(d Dialect, caps Caps) *Scanner {
	caps.Line = orDefault(caps.Line, 1<<20)
	caps.Event = orDefault(caps.Event, 1<<20)
	caps.Total = orDefault(caps.Total, 256<<20)
	caps.Text = orDefault(caps.Text, 1<<20)
	s := &Scanner{dialect: d, caps: caps}
	s.Reset()
	return s
}

func orDefault(v, def int) int {
	if v <= 0 {
		return def
	}
	return v
}

// Reset makes the scanner ready for the next reply. What Reply and Text returned
// before is overwritten by it.
func (s *Scanner) Reset() {
	s.line, s.data, s.cur, s.lines, s.afterCR, s.total = s.line[:0], s.data[:0], nil, 0, false, 0
	s.first, s.last, s.base, s.text, s.calls = s.first[:0], s.last[:0], s.base[:0], s.text[:0], false
	s.mould.begin()
	s.reply = Reply{FirstToken: plimsoll.Never, FirstVisible: plimsoll.Never, LastToken: plimsoll.Never}
}

// Feed takes the bytes of one read and the instant it returned. The bytes are not
// kept. An error ends the reply: ErrCap, or an event that cannot be read.
func (s *Scanner) Feed(p []byte, at plimsoll.Instant) error {
	s.at = at
	if s.total += len(p); s.total > s.caps.Total {
		return ErrCap
	}
	for len(p) > 0 {
		if s.afterCR {
			s.afterCR = false
			if p[0] == '\n' {
				p = p[1:]
				continue
			}
		}
		end, next := lineEnd(p)
		if end < 0 {
			if len(s.line)+len(p) > s.caps.Line {
				return ErrCap
			}
			s.detach()
			s.line = append(s.line, p...)
			break
		}
		s.afterCR = next == len(p) && p[next-1] == '\r'
		line := p[:end]
		p = p[next:]
		if len(s.line) > 0 {
			if len(s.line)+end > s.caps.Line {
				return ErrCap
			}
			s.detach()
			s.line = append(s.line, line...)
			line = s.line
			s.line = s.line[:0]
		}
		if err := s.take(line); err != nil {
			return err
		}
	}
	s.detach()
	return nil
}

// lineEnd returns where the first line of p ends and where the next begins, -1
// where it does not end. CR, LF and CRLF end a line.
func lineEnd(p []byte) (end, next int) {
	end = bytes.IndexByte(p, '\n')
	head := p
	if end >= 0 {
		head = p[:end]
	}
	if cr := bytes.IndexByte(head, '\r'); cr >= 0 {
		if cr+1 == end {
			return cr, end + 1
		}
		return cr, cr + 1
	}
	return end, end + 1
}

// detach moves the event's data so far to where the next feed does not overwrite it.
func (s *Scanner) detach() {
	if s.lines == 1 && len(s.data) == 0 {
		s.data = append(s.data, s.cur...)
		s.cur = s.data
	}
}

// take handles one line without its end.
func (s *Scanner) take(line []byte) error {
	if len(line) == 0 {
		return s.dispatch()
	}
	rest, ok := bytes.CutPrefix(line, []byte("data"))
	if !ok || len(rest) > 0 && rest[0] != ':' {
		return nil // a comment, or a field that says nothing of tokens
	}
	if len(rest) > 0 {
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0] == ' ' {
		rest = rest[1:]
	}
	if s.lines++; s.lines == 1 {
		s.cur = rest
		return nil
	}
	if s.lines == 2 && len(s.data) == 0 {
		s.data = append(s.data, s.cur...)
	}
	if len(s.data)+len(rest) >= s.caps.Event {
		return ErrCap
	}
	s.data = append(append(s.data, '\n'), rest...)
	s.cur = s.data
	return nil
}

// dispatch ends an event.
func (s *Scanner) dispatch() error {
	if s.lines == 0 {
		return nil
	}
	data := s.cur
	s.cur, s.lines, s.data = nil, 0, s.data[:0]
	if s.reply.Done {
		return nil
	}
	s.reply.Events++
	if string(data) == "[DONE]" {
		s.reply.Done = true
		return nil
	}
	before := s.reply.tokens
	if text, ok := s.mould.fits(data); ok {
		s.book(s.mould.channel, text)
	} else if err := s.walk(data); err != nil {
		return err
	}
	if s.reply.tokens == before {
		s.reply.silent++
	} else {
		if s.reply.LastToken != s.at || s.reply.TokenReads == 0 {
			s.reply.TokenReads++
		}
		s.reply.LastToken = s.at
	}
	if len(s.last) > 0 && s.reply.FirstToken == s.at {
		s.first = append(s.first[:0], s.last...)
	}
	return nil
}

// Close ends the stream: an event that lacks only its blank line is taken.
func (s *Scanner) Close() error {
	if len(s.line) > 0 {
		line := s.line
		s.line = s.line[:0]
		if err := s.take(line); err != nil {
			return err
		}
	}
	return s.dispatch()
}

// walk reads an event that is of no mould yet.
func (s *Scanner) walk(data []byte) error {
	s.mould.begin()
	if err := s.dialect.event(data, s); err != nil {
		return err
	}
	s.mould.end(data)
	return nil
}

// token takes a piece of a reply in an event that is walked: a string's inside with
// its escapes.
func (s *Scanner) token(k channel, raw []byte) {
	if len(raw) > 0 {
		s.mould.saw(k, raw)
		s.book(k, raw)
	}
}

// book books a piece of a reply.
func (s *Scanner) book(k channel, raw []byte) {
	if len(raw) == 0 {
		return
	}
	r := &s.reply
	from := len(s.text)
	if from < s.caps.Text {
		s.text = appendDecoded(s.text, raw)
	}
	n := len(s.text) - from
	if from >= s.caps.Text {
		n = len(raw)
		r.TextCut = true
	}
	r.tokens++
	r.bytes[k] += n
	if r.FirstToken == plimsoll.Never {
		r.FirstToken = s.at
	}
	if r.FirstToken == s.at {
		r.FirstBytes += n
	}
	if k != reasoning && r.FirstVisible == plimsoll.Never {
		r.FirstVisible = s.at
	}
}

// usage books a usage object; the last one wins.
func (s *Scanner) usage(raw []byte) {
	if len(raw) > 0 && raw[0] == '{' {
		s.last = append(s.last[:0], raw...)
	}
}

// Text returns the reply's text so far, all channels in order of arrival, at most
// Caps.Text. It is valid until Reset.
func (s *Scanner) Text() []byte { return s.text }

// Reply returns what was seen. After the stream's end it has usage decoded.
func (s *Scanner) Reply() Reply {
	r := s.reply
	none := Usage{-1, -1, -1, -1}
	r.Usage, r.FirstUsage = none.and(s.base).and(s.last), none.and(s.first)
	return r
}

// FirstToken returns the instant of the first token so far, Never without one.
func (s *Scanner) FirstToken() plimsoll.Instant { return s.reply.FirstToken }

// Progress is how far a reply has come.
type Progress int

// The states of a reply: no token yet, tokens came, the end mark came.
const (
	Waiting Progress = iota
	Streaming
	Over
)

// Progress returns how far the reply has come.
func (s *Scanner) Progress() Progress {
	switch {
	case s.reply.Done:
		return Over
	case s.reply.tokens > 0:
		return Streaming
	}
	return Waiting
}
