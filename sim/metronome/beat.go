package metronome

import (
	"fmt"
	"net"
	"time"
)

// tick is how often the beat looks for what is due.
const tick = time.Millisecond

// stream is a connection with the reply under way on it. From add until done, only
// the beat touches it.
type stream struct {
	to   socket
	left int // tokens
	log  Log
	due  time.Duration // of the next token, since the beat began
	rest []byte        // of a token of which only a part was taken
	done chan error    // capacity 1
}

func newStream(c net.Conn) (*stream, error) {
	to, err := newSocket(c)
	return &stream{to: to, done: make(chan error, 1)}, err
}

// chunked frames events as one chunk.
func chunked(events string) []byte {
	return fmt.Appendf(nil, "%x\r\n%s\r\n", len(events), events)
}

// beat sends every stream's tokens when they are due, until quit closes. All streams
// have the same interval and a new one is due an interval from now, so that a queue
// holds them in the order in which they are due.
func (m *Metronome) beat(quit <-chan struct{}) {
	const event = `data: {"id":"chatcmpl-0123456789abcdef0123456789abcdef","object":"chat.completion.chunk","created":1764000000,"model":"metronome","choices":[{"index":0,"delta":{"content":" abc"},"finish_reason":%s}]}` + "\n\n"
	one := chunked(fmt.Sprintf(event, "null"))
	last := append(chunked(fmt.Sprintf(event, `"length"`)+"data: [DONE]\n\n"), "0\r\n\r\n"...)
	interval, begun := time.Second/time.Duration(m.Rate), time.Now()
	var all queue
	var fresh []*stream
	for over := false; !over; {
		select {
		case <-quit:
			over = true
		default:
		}
		now := time.Since(begun)
		for s := all.front(); s != nil && s.due <= now; s = all.front() {
			all.pop()
			if over, err := s.send(one, last); over {
				s.done <- err
				continue
			}
			s.due += interval
			all.push(s)
		}
		fresh = m.take(fresh[:0], over)
		for _, s := range fresh {
			s.due, s.rest = now+interval, nil
			all.push(s)
		}
		time.Sleep(tick)
	}
	for s := all.front(); s != nil; s = all.front() {
		all.pop()
		s.done <- net.ErrClosed
	}
}

// send sends one token, or what is left of one, and reports whether the stream is
// over.
func (s *stream) send(one, last []byte) (over bool, err error) {
	data, at := s.rest, int64(0)
	if len(data) == 0 {
		if data = one; s.left == 1 {
			data = last
		}
		if s.log.First == 0 || s.left == 1 {
			at = time.Now().UnixNano()
		}
	}
	n, err := s.to.write(data)
	if n == 0 || err != nil {
		return err != nil, err
	}
	if at != 0 {
		if s.log.Last = at; s.log.First == 0 {
			s.log.First = at
		}
	}
	if s.rest = data[n:]; len(s.rest) > 0 {
		return false, nil
	}
	s.left--
	return s.left <= 0, nil
}

// queue is streams in a ring.
type queue struct {
	ring       []*stream // its length is a power of two
	head, size int
}

func (q *queue) front() *stream {
	if q.size == 0 {
		return nil
	}
	return q.ring[q.head]
}

func (q *queue) pop() {
	q.ring[q.head] = nil
	q.head, q.size = (q.head+1)&(len(q.ring)-1), q.size-1
}

func (q *queue) push(s *stream) {
	if q.size == len(q.ring) {
		ring := make([]*stream, max(16, 2*q.size))
		n := copy(ring, q.ring[q.head:])
		copy(ring[n:], q.ring[:q.head])
		q.ring, q.head = ring, 0
	}
	q.ring[(q.head+q.size)&(len(q.ring)-1)] = s
	q.size++
}
