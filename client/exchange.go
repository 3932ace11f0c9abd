package client

import (
	"context"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"plimsoll"
	"plimsoll/dialect"
)

// linger is how long a connection may take to end its body after the end mark, to
// be kept for the next turn.
const linger = time.Second

// maxPlain bounds what is kept of a reply that is no stream, in bytes.
const maxPlain = 16 << 10

// exchange is one turn on the wire. It is used again for other turns.
type exchange struct {
	scanner  *dialect.Scanner
	response response
	buffer   []byte // of the socket read
	head     []byte
	slices   [][]byte
	plain    []byte // a reply that is no stream

	epoch   time.Time
	start   time.Time
	end     time.Time // when the request's time-out strikes; zero none
	idle    time.Duration
	armed   time.Time // when the read deadline was set
	now     plimsoll.Instant
	stream  bool
	lingers bool          // the read deadline is the linger's
	first   *atomic.Int64 // Call.FirstToken until it was set
}

func newExchange(d dialect.Dialect, caps dialect.Caps) *exchange {
	return &exchange{scanner: dialect.NewScanner(d, caps), buffer: make([]byte, 8<<10)}
}

// run does the whole turn.
func (x *exchange) run(ctx context.Context, c *Client, l *lane, index int, epoch time.Time, call Call, row *plimsoll.Row) {
	x.scanner.Reset()
	x.response.reset()
	x.plain, x.stream, x.epoch, x.idle, x.now = x.plain[:0], false, epoch, call.Idle, 0
	x.start, x.end, x.armed, x.first = time.Now(), time.Time{}, time.Time{}, call.FirstToken
	if call.Request > 0 {
		x.end = x.start.Add(call.Request)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, x.end)
		defer cancel()
	}
	err := x.ready(ctx, c, l, index, row)
	if err == nil {
		err = x.talk(ctx, c, l, index, call, row)
	}
	x.settle(ctx, c, call, row, err)
	if k := l.conns[index]; k != nil {
		if row.Class == plimsoll.ClassCancelled || !x.reusable(err) || k.SetDeadline(time.Time{}) != nil {
			l.drop(index)
		}
	}
}

// ready makes sure of a connection. What of its making lies after due is booked.
func (x *exchange) ready(ctx context.Context, c *Client, l *lane, index int, row *plimsoll.Row) error {
	if !l.alive(index) {
		if err := c.connect(ctx, l, index); err != nil {
			row.Sent = plimsoll.Instant(x.start.Sub(x.epoch))
			return &stepError{"connect", err}
		}
	}
	k := l.conns[index]
	if !k.used {
		k.used = true
		late := max(plimsoll.Instant(k.begun.Sub(x.epoch)), row.Due)
		if end := plimsoll.Instant(k.end.Sub(x.epoch)); end > late {
			row.Connect = int64(end - late)
		}
	}
	return nil
}

// talk writes the request and reads the reply.
func (x *exchange) talk(ctx context.Context, c *Client, l *lane, index int, call Call, row *plimsoll.Row) error {
	k := l.conns[index]
	// A cancelled context strikes the deadline of whatever the connection does.
	stop := context.AfterFunc(ctx, func() { _ = k.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		if !stop() {
			x.response.close = true // the strike may still come
		}
	}()
	x.compose(c, index, call)
	_ = k.SetDeadline(x.end)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	buffers := net.Buffers(x.slices)
	row.Sent = x.stamp()
	_, writeErr := buffers.WriteTo(k.Conn)
	// A server may reply and close before it has read everything: read on.
	err := x.read(ctx, k, row)
	if err != nil && writeErr != nil && row.FirstByte == plimsoll.Never {
		return &stepError{"write", writeErr}
	}
	if writeErr != nil {
		x.response.close = true
	}
	return err
}

// compose lists the request's slices.
func (x *exchange) compose(c *Client, index int, call Call) {
	x.slices = append(x.slices[:0], nil)
	var length int64
	x.slices, length = call.Encoded.Request(x.slices, call.Turn, call.Salts, call.Output)
	x.head = append(x.head[:0], c.targets[index].head...)
	if call.Session != "" {
		for _, name := range c.config.SessionHeaders {
			x.head = append(append(append(append(x.head, name...), ": "...), call.Session...), "\r\n"...)
		}
	}
	x.head = strconv.AppendInt(append(x.head, "Content-Length: "...), length, 10)
	x.head = append(x.head, "\r\n\r\n"...)
	x.slices[0] = x.head
}

// read reads until the reply is over. Each read's instant is taken before its bytes
// are looked at.
func (x *exchange) read(ctx context.Context, k *conn, row *plimsoll.Row) error {
	body := func(p []byte) error { return x.body(p) }
	for x.response.state != over {
		if err := x.arm(ctx, k); err != nil {
			return err
		}
		n, err := k.Read(x.buffer)
		x.now = x.stamp()
		if n > 0 {
			if row.FirstByte == plimsoll.Never {
				row.FirstByte = x.now
			}
			done := x.scanner.Progress() == dialect.Over
			used, bad := x.response.feed(x.buffer[:n], body)
			if bad != nil {
				return &stepError{"parse", bad}
			}
			if used < n {
				x.response.close = true
			}
			if !done || row.End == plimsoll.Never {
				row.End = x.now
			}
		}
		if err == nil {
			continue
		}
		if x.scanner.Progress() == dialect.Over {
			x.response.close = true
			return nil // the stream had ended; only the framing is missing
		}
		if err == io.EOF && x.response.eof() {
			row.End = x.now
			return nil
		}
		return &stepError{"read", err}
	}
	return nil
}

// arm sets the read deadline. Before the first token only the request's end holds,
// since that wait is the engine's queue; inside the stream the idle time does, and
// after the end mark the linger, once. The idle deadline is set anew only when a
// sixteenth of it has passed, since setting it costs more than reading a token.
func (x *exchange) arm(ctx context.Context, k *conn) error {
	reply := x.scanner.Progress()
	now := x.epoch.Add(time.Duration(x.now))
	var at time.Time
	switch {
	case reply == dialect.Over && !x.lingers:
		x.lingers, at = true, now.Add(linger)
	case reply == dialect.Streaming && x.idle > 0 && now.Sub(x.armed) >= x.idle/16:
		x.armed, at = now, now.Add(x.idle+x.idle/16)
	default:
		return nil
	}
	if !x.end.IsZero() && x.end.Before(at) {
		at = x.end
	}
	_ = k.SetReadDeadline(at)
	return ctx.Err()
}

// body takes bytes of the reply's body.
func (x *exchange) body(p []byte) error {
	r := &x.response
	if r.coded {
		return errCoded
	}
	if !x.stream && len(x.plain) == 0 {
		x.stream = r.status/100 == 2 && (r.kind == "text/event-stream" || r.kind == "" && len(p) > 0 && p[0] != '{')
	}
	if x.stream {
		err := x.scanner.Feed(p, x.now)
		if x.first != nil {
			x.tellFirst()
		}
		return err
	}
	if room := maxPlain - len(x.plain); room > 0 {
		x.plain = append(x.plain, p[:min(room, len(p))]...)
		return nil
	}
	return dialect.ErrCap
}

// tellFirst passes the first token's instant on while the stream is open.
func (x *exchange) tellFirst() {
	if at := x.scanner.Reply().FirstToken; at != plimsoll.Never {
		x.first.Store(int64(at))
		x.first = nil
	}
}

// stamp returns the present instant.
func (x *exchange) stamp() plimsoll.Instant { return plimsoll.Instant(time.Since(x.epoch)) }

// reusable reports whether the connection can carry another turn.
func (x *exchange) reusable(err error) bool {
	return err == nil && x.response.state == over && !x.response.close
}
