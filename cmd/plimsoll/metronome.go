package main

import (
	"bufio"
	"bytes"
	"container/heap"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// metronome is the simplest simulated engine: it answers every request with events
// of one token at a constant rate and keeps a log of when it sent the first and the
// last of them, which is what the client's own instants are held against. It runs
// as a process of its own.
//
//	goroutine  owner      ends
//	accept     serve      with the listener, which ends when stdin closes
//	answer     accept     with its connection
//	beat       serve      when the listener has ended
//	log        serve      when all others have ended
type metronome struct {
	rate int // events/s of one stream
	log  chan sentLog
	wg   sync.WaitGroup

	mu    sync.Mutex
	open  map[net.Conn]bool
	new   []*beat
	ended bool
}

// sentLog is one reply as the metronome sent it; times are wall clock, ns since 1970,
// read just before the write.
type sentLog struct {
	id          string
	first, last int64
}

func (s sentLog) String() string { return fmt.Sprintf("%s %d %d", s.id, s.first, s.last) }

// serve prints where it listens, then the log, until in ends.
func (m *metronome) serve(ctx context.Context, in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("metronome: %w", err)
	}
	m.log, m.open = make(chan sentLog, 1<<12), map[net.Conn]bool{}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	go func() { // ends with stdin, at the latest with the process
		_, _ = io.Copy(io.Discard, in)
		_ = l.Close()
	}()
	fmt.Fprintf(out, "%shttp://%s/v1\n", listening, l.Addr())
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		w := bufio.NewWriter(out)
		for line := range m.log {
			fmt.Fprintln(w, line)
		}
		_ = w.Flush()
	}()
	quit := make(chan struct{})
	m.wg.Go(func() { m.beat(quit) })
	m.accept(l)
	close(quit)
	m.mu.Lock()
	for c := range m.open {
		_ = c.Close()
	}
	m.mu.Unlock()
	m.wg.Wait()
	close(m.log)
	<-logged
	return nil
}

func (m *metronome) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		m.mu.Lock()
		m.open[c] = true
		m.mu.Unlock()
		m.wg.Go(func() {
			m.answer(c)
			m.mu.Lock()
			delete(m.open, c)
			m.mu.Unlock()
		})
	}
}

// answer serves one connection.
func (m *metronome) answer(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		tokens, err := m.tokens(req.Body)
		if err != nil {
			return
		}
		if req.Method == http.MethodGet {
			body := `{"object":"list","data":[{"id":"metronome","object":"model","owned_by":"plimsoll simulated"}]}`
			if _, err := fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nServer: plimsoll-metronome (simulated)\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
				return
			}
			continue
		}
		if err := m.stream(c, req.Header.Get("X-Request-Id"), tokens); err != nil {
			return
		}
	}
}

// tokens reads a request's body to its end and returns the max_tokens that stands in
// its last bytes.
func (m *metronome) tokens(body io.Reader) (int, error) {
	var tail [128]byte
	var block [16 << 10]byte
	kept := 0
	for {
		n, err := body.Read(block[:])
		if n >= len(tail) {
			kept = copy(tail[:], block[n-len(tail):n])
		} else if n > 0 {
			drop := max(0, kept+n-len(tail))
			copy(tail[:], tail[drop:kept])
			kept = kept - drop + copy(tail[kept-drop:], block[:n])
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
	}
	_, after, ok := bytes.Cut(tail[:kept], []byte(`"max_tokens":`))
	if !ok {
		return 1, nil
	}
	end := bytes.IndexAny(after, ",}")
	return strconv.Atoi(string(after[:max(0, end)]))
}

// chunked frames events as one chunk.
func chunked(events string) []byte {
	return fmt.Appendf(nil, "%x\r\n%s\r\n", len(events), events)
}

// stream sends a reply at the rate.
func (m *metronome) stream(c net.Conn, id string, tokens int) error {
	if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"); err != nil {
		return err
	}
	b := &beat{to: c, left: tokens, log: sentLog{id: id}, due: time.Now().Add(m.interval()), done: make(chan error, 1)}
	if !m.add(b) {
		return net.ErrClosed
	}
	if err := <-b.done; err != nil {
		return err
	}
	m.log <- b.log
	return nil
}

// add hands a stream to the beat, unless it has ended.
func (m *metronome) add(b *beat) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.ended {
		m.new = append(m.new, b)
	}
	return !m.ended
}

// end takes no more streams and returns those that the beat has not seen.
func (m *metronome) end() []*beat {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
	return m.new
}

func (m *metronome) interval() time.Duration { return time.Second / time.Duration(m.rate) }

// beat is a stream under way.
type beat struct {
	to   net.Conn
	left int // tokens
	log  sentLog
	due  time.Time // of the next token
	done chan error
}

// beats are streams by when their next token is due: a heap.
type beats []*beat

func (b beats) Len() int           { return len(b) }
func (b beats) Less(i, j int) bool { return b[i].due.Before(b[j].due) }
func (b beats) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }
func (b *beats) Push(x any)        { *b = append(*b, x.(*beat)) }
func (b *beats) Pop() any {
	last := (*b)[len(*b)-1]
	*b = (*b)[:len(*b)-1]
	return last
}

// beat sends every stream's tokens when they are due, until quit closes. One
// goroutine for all costs less than a timer for each, which leaves the processors
// to the client.
func (m *metronome) beat(quit <-chan struct{}) {
	const event = `data: {"id":"chatcmpl-0123456789abcdef0123456789abcdef","object":"chat.completion.chunk","created":1764000000,"model":"metronome","choices":[{"index":0,"delta":{"content":" abc"},"finish_reason":%s}]}` + "\n\n"
	one := chunked(fmt.Sprintf(event, "null"))
	last := append(chunked(fmt.Sprintf(event, `"length"`)+"data: [DONE]\n\n"), "0\r\n\r\n"...)
	var all beats
	for {
		select {
		case <-quit:
			for _, b := range append(all, m.end()...) {
				b.done <- net.ErrClosed
			}
			return
		default:
		}
		m.mu.Lock()
		for _, b := range m.new {
			heap.Push(&all, b)
		}
		m.new = m.new[:0]
		m.mu.Unlock()
		for len(all) > 0 && !all[0].due.After(time.Now()) {
			b := all[0]
			data := one
			if b.left == 1 {
				data = last
			}
			if over, err := b.send(data); over {
				heap.Pop(&all)
				b.done <- err
				continue
			}
			b.due = b.due.Add(m.interval())
			heap.Fix(&all, 0)
		}
		pause := time.Millisecond
		if len(all) > 0 {
			pause = min(pause, time.Until(all[0].due))
		}
		time.Sleep(pause)
	}
}

// send sends one token and reports whether the stream is over.
func (b *beat) send(data []byte) (over bool, err error) {
	b.log.last = time.Now().UnixNano()
	if b.log.first == 0 {
		b.log.first = b.log.last
	}
	_, err = b.to.Write(data)
	b.left--
	return err != nil || b.left <= 0, err
}
