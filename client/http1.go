package client

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Caps of what surrounds a reply's body, in bytes.
const (
	maxHead  = 64 << 10 // head and trailer, interim heads included
	maxChunk = 256      // a chunk's size line with its extensions
)

var (
	errHTTP  = errors.New("reply is no HTTP/1.1")
	errCoded = errors.New("reply is compressed though nothing but identity was accepted")
)

// response reads one HTTP/1.1 reply as its bytes come: status line, headers, then a
// body that is chunked, of known length or until the connection closes.
type response struct {
	state   state
	chunked bool
	coded   bool  // a content coding that we did not accept
	close   bool  // the connection cannot be used again
	left    int64 // bytes left of the body or chunk; -1 until the connection closes
	line    []byte
	status  int
	kind    string // media type, lower case, without parameters
	head    []byte
	server  string
	keep    time.Duration // how long the server keeps the connection; 0 not said
	frame   int           // bytes of heads and trailer so far
}

type state int8

const (
	inHead state = iota
	inBody
	inChunkSize
	inChunkEnd
	inTrailer
	over
)

// reset makes it ready for the next reply.
func (r *response) reset() {
	*r = response{head: r.head[:0], line: r.line[:0]}
}

// reader takes the bytes of a reply's body.
type reader interface{ body([]byte) error }

// feed takes what a read brought and hands the body's bytes on. It returns how
// many bytes it used: fewer than all mean that the server sent more than a reply.
func (r *response) feed(p []byte, to reader) (int, error) {
	all := len(p)
	for len(p) > 0 && r.state != over {
		var n int
		var err error
		switch r.state {
		case inHead:
			n, err = r.feedHead(p)
		case inBody:
			n, err = r.feedBody(p, to)
		default:
			n, err = r.feedLine(p)
		}
		if err != nil {
			return all - len(p), err
		}
		p = p[n:]
	}
	return all - len(p), nil
}

// eof tells that the connection closed and reports whether the reply is whole.
func (r *response) eof() bool {
	if r.state == inBody && !r.chunked && r.left < 0 {
		r.state = over
	}
	r.close = true
	return r.state == over
}

func (r *response) feedHead(p []byte) (int, error) {
	before := len(r.head)
	r.head = append(r.head, p...)
	from := max(0, before-3)
	end := bytes.Index(r.head[from:], []byte("\r\n\r\n"))
	if end < 0 {
		if r.frame+len(r.head) > maxHead {
			return 0, errHTTP
		}
		if len(r.head) >= 5 && string(r.head[:5]) != "HTTP/" {
			return 0, errHTTP
		}
		return len(p), nil
	}
	end += from + 4
	used := end - before
	if r.frame += end; r.frame > maxHead {
		return 0, errHTTP
	}
	err := r.readHead(r.head[:end-4])
	r.head = r.head[:0]
	return used, err
}

// readHead reads status line and headers and decides how the body ends.
func (r *response) readHead(head []byte) error {
	if bytes.Count(head, []byte("\n")) != bytes.Count(head, []byte("\r\n")) {
		return errHTTP // a bare LF ends the head for some readers and not for others
	}
	line, rest, _ := bytes.Cut(head, []byte("\r\n"))
	if len(line) < 12 || string(line[:7]) != "HTTP/1." {
		return errHTTP
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil || status < 100 || status > 999 {
		return errHTTP
	}
	if status < 200 && status != 101 {
		return nil // interim: the real head follows
	}
	r.status, r.left = status, -1
	r.close = line[7] == '0'
	for len(rest) > 0 {
		line, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return errHTTP
		}
		if err := r.header(string(name), string(bytes.TrimSpace(value))); err != nil {
			return err
		}
	}
	switch {
	case r.chunked && head[7] == '0':
		return errHTTP // HTTP/1.0 has no chunks
	case r.chunked:
		r.state = inChunkSize
	case r.left == 0 || status == 204 || status == 304:
		r.state = over
	default:
		r.state = inBody
	}
	return nil
}

func (r *response) header(name, value string) error {
	switch {
	case strings.EqualFold(name, "Content-Length"):
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 0 {
			return errHTTP
		}
		r.left = n
	case strings.EqualFold(name, "Transfer-Encoding"):
		if !strings.EqualFold(value, "chunked") {
			return errHTTP
		}
		r.chunked = true
	case strings.EqualFold(name, "Content-Type"):
		kind, _, _ := strings.Cut(value, ";")
		r.kind = strings.ToLower(strings.TrimSpace(kind))
	case strings.EqualFold(name, "Content-Encoding"):
		r.coded = r.coded || value != "" && !strings.EqualFold(value, "identity")
	case strings.EqualFold(name, "Connection"):
		r.close = r.close || strings.Contains(strings.ToLower(value), "close")
	case strings.EqualFold(name, "Keep-Alive"):
		if _, after, ok := strings.Cut(value, "timeout="); ok {
			digits, _, _ := strings.Cut(after, ",")
			n, _ := strconv.ParseUint(strings.TrimSpace(digits), 10, 16)
			r.keep = time.Duration(n) * time.Second
		}
	case strings.EqualFold(name, "Server"):
		r.server = value
	}
	return nil
}

func (r *response) feedBody(p []byte, to reader) (int, error) {
	n := len(p)
	if r.left >= 0 {
		n = int(min(int64(n), r.left))
	}
	if err := to.body(p[:n]); err != nil {
		return n, err
	}
	if r.left < 0 {
		return n, nil
	}
	if r.left -= int64(n); r.left == 0 {
		r.state = over
		if r.chunked {
			r.state = inChunkEnd
		}
	}
	return n, nil
}

// feedLine takes a line of the chunked framing.
func (r *response) feedLine(p []byte) (int, error) {
	end := bytes.IndexByte(p, '\n')
	line := p
	if end >= 0 {
		line = p[:end]
	}
	length, limit := len(r.line)+len(line), maxChunk
	if r.state == inTrailer {
		length, limit = length+r.frame, maxHead
	}
	if length > limit {
		return 0, errHTTP
	}
	if end < 0 {
		r.line = append(r.line, p...)
		return len(p), nil
	}
	if len(r.line) > 0 {
		r.line = append(r.line, line...)
		line = r.line
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	r.line = r.line[:0]
	switch r.state {
	case inChunkEnd:
		if len(line) != 0 {
			return 0, errHTTP
		}
		r.state = inChunkSize
	case inTrailer:
		r.frame = length + 1
		if len(line) == 0 {
			r.state = over
		}
	case inChunkSize:
		size, ok := chunkSize(line)
		if !ok {
			return 0, errHTTP
		}
		r.left, r.state = size, inBody
		if size == 0 {
			r.state = inTrailer
		}
	}
	return end + 1, nil
}

// chunkSize reads the hexadecimal size before any extension.
func chunkSize(line []byte) (int64, bool) {
	if semi := bytes.IndexByte(line, ';'); semi >= 0 {
		line = line[:semi]
	}
	line = bytes.TrimRight(line, " \t")
	if len(line) == 0 || len(line) > 15 {
		return 0, false
	}
	var v int64
	for _, c := range line {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | int64(c-'0')
		case c >= 'a' && c <= 'f':
			v = v<<4 | int64(c-'a'+10)
		case c >= 'A' && c <= 'F':
			v = v<<4 | int64(c-'A'+10)
		default:
			return 0, false
		}
	}
	return v, true
}
