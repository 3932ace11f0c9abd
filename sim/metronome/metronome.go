// Package metronome is the simplest simulated engine: it answers every request with
// events of one token at a constant rate and keeps a log of when it sent the first
// and the last of them, which is what a client's own instants are held against.
//
// It shares the machine with the client that it calibrates, so it is made to cost
// little: one goroutine sends the tokens of all streams, each with one write of bytes
// that were made before, and of a request's body nothing is read but its end.
//
// A stream's tokens are due one interval apart, the first one interval after its
// request was read. What is due goes out about once a millisecond. A stream whose
// client does not read is passed over until its next beat.
//
// It speaks as much HTTP/1.1 and chat completions as plimsoll's client does: requests
// have a Content-Length and max_tokens in their last 128 bytes. The log names replies
// by the request's X-Request-Id.
package metronome

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
)

// Metronome serves one listener. Rate is in events/s of one stream, at least 1.
//
//	goroutine  owner   ends
//	answer     Serve   with its connection, which Serve closes at the end
//	beat       Serve   when the listener has ended
type Metronome struct {
	Rate int

	wg sync.WaitGroup

	mu    sync.Mutex
	open  map[net.Conn]bool
	begun []*stream // that the beat has not seen
	ended bool
	log   []Log
}

// Log is one reply as it was sent. First and Last are wall-clock instants in ns since
// 1970, each read just before the write of the first and of the last token.
type Log struct {
	ID          string
	First, Last int64
}

// ReadLog reads what WriteLog wrote, by id.
func ReadLog(from io.Reader) map[string]Log {
	out := map[string]Log{}
	for lines := bufio.NewScanner(from); lines.Scan(); {
		var l Log
		if _, err := fmt.Sscanf(lines.Text(), "%s %d %d", &l.ID, &l.First, &l.Last); err == nil {
			out[l.ID] = l
		}
	}
	return out
}

// Serve answers until the listener closes, then writes the log of the replies that
// it sent to their end, a line each.
func (m *Metronome) Serve(l net.Listener, log io.Writer) error {
	m.open = map[net.Conn]bool{}
	quit, stopped := make(chan struct{}), make(chan struct{})
	go func() { defer close(stopped); m.beat(quit) }()
	for {
		c, err := l.Accept()
		if err != nil {
			break
		}
		m.mu.Lock()
		m.open[c] = true
		m.mu.Unlock()
		m.wg.Go(func() { m.answer(c) })
	}
	close(quit)
	<-stopped
	m.mu.Lock()
	for c := range m.open {
		_ = c.Close()
	}
	m.mu.Unlock()
	m.wg.Wait()
	return WriteLog(log, m.log)
}

// WriteLog writes a log, a line a reply.
func WriteLog(to io.Writer, log []Log) error {
	w := bufio.NewWriter(to)
	for _, l := range log {
		fmt.Fprintf(w, "%s %d %d\n", l.ID, l.First, l.Last)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("metronome: write the log: %w", err)
	}
	return nil
}

// answer serves one connection.
func (m *Metronome) answer(c net.Conn) {
	defer func() {
		m.mu.Lock()
		delete(m.open, c)
		m.mu.Unlock()
		_ = c.Close()
	}()
	s, err := newStream(c)
	if err != nil {
		return
	}
	for r := bufio.NewReader(c); ; {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		tokens, err := s.tokens(r, req.ContentLength)
		if err != nil {
			return
		}
		if req.Method == http.MethodGet {
			err = models(c)
		} else {
			err = m.reply(c, s, req.Header.Get("X-Request-Id"), tokens)
		}
		if err != nil {
			return
		}
	}
}

// models answers what is served.
func models(c net.Conn) error {
	const body = `{"object":"list","data":[{"id":"metronome","object":"model","owned_by":"plimsoll simulated"}]}`
	_, err := fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nServer: plimsoll-metronome (simulated)\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return err
}

var errLength = errors.New("metronome: a request body without a Content-Length")

// tokens reads a body of a known length and returns the max_tokens that stands in
// its last bytes, 1 without.
func (s *stream) tokens(r *bufio.Reader, length int64) (int, error) {
	if length < 0 {
		return 0, errLength
	}
	var tail [128]byte
	end := tail[:min(length, int64(len(tail)))]
	skip := length - int64(len(end))
	buffered := min(skip, int64(r.Buffered()))
	_, _ = r.Discard(int(buffered)) // it is there
	if err := s.to.discard(skip - buffered); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(r, end); err != nil {
		return 0, err
	}
	_, after, ok := bytes.Cut(end, []byte(`"max_tokens":`))
	if !ok {
		return 1, nil
	}
	stop := max(0, bytes.IndexAny(after, ",}"))
	n, err := strconv.Atoi(string(after[:stop]))
	return max(1, n), err
}

// reply streams one reply.
func (m *Metronome) reply(c net.Conn, s *stream, id string, tokens int) error {
	if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"); err != nil {
		return err
	}
	s.left, s.log = tokens, Log{ID: id}
	if !m.add(s) {
		return net.ErrClosed
	}
	if err := <-s.done; err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log = append(m.log, s.log)
	return nil
}

// add hands a stream to the beat, unless that has ended.
func (m *Metronome) add(s *stream) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.ended {
		m.begun = append(m.begun, s)
	}
	return !m.ended
}

// take returns the streams that were added since; the last time, none come after.
func (m *Metronome) take(into []*stream, last bool) []*stream {
	m.mu.Lock()
	defer m.mu.Unlock()
	into = append(into, m.begun...)
	m.begun, m.ended = m.begun[:0], last
	return into
}
