package client

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"plimsoll"
	"plimsoll/dialect"
)

// linger is how long a connection may take to end its body after the end mark, to
// be kept for the next turn.
const linger = time.Second

// maxPlain bounds what is kept of a reply that is no stream, in bytes.
const maxPlain = 16 << 10

// errIdle is what an idle time-out looks like.
var errIdle = errors.New("no byte within the idle time-out")

// exchange is one turn on the wire. It is used again for other turns. Who reads the
// connection, a goroutine of its own or the poller, hands it bytes through took and
// the connection's end through ended.
type exchange struct {
	// What every read touches stands first: with thousands of turns in flight, each
	// line of memory that a read needs comes from far away.
	epoch     time.Time
	now       plimsoll.Instant // of the last read
	firstByte plimsoll.Instant
	end       plimsoll.Instant
	scanner   *dialect.Scanner
	first     *atomic.Int64 // Call.FirstToken until it was set
	stream    bool
	response  response

	head     []byte
	slices   [][]byte
	plain    []byte // a reply that is no stream
	start    time.Time
	deadline time.Time // when the request's time-out strikes; zero none
	idle     time.Duration
	wire     wire
}

func newExchange(d dialect.Dialect, caps dialect.Caps) *exchange {
	return &exchange{scanner: dialect.NewScanner(d, caps)}
}

// reset makes the exchange ready for a call.
func (x *exchange) reset(epoch time.Time, call Call) {
	x.scanner.Reset()
	x.response.reset()
	x.plain, x.stream, x.epoch, x.idle, x.first = x.plain[:0], false, epoch, call.Idle, call.FirstToken
	x.start, x.deadline = time.Now(), time.Time{}
	x.now, x.firstByte, x.end = plimsoll.Never, plimsoll.Never, plimsoll.Never
	if call.Request > 0 {
		x.deadline = x.start.Add(call.Request)
	}
}

// run does the whole turn.
func (x *exchange) run(ctx context.Context, c *Client, l *lane, index int, epoch time.Time, call Call, row *plimsoll.Row) {
	x.reset(epoch, call)
	if !x.deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, x.deadline)
		defer cancel()
	}
	reused, err := x.send(ctx, c, l, index, call, row)
	if reused && x.stale(ctx, err) {
		l.drop(index)
		sent := row.Sent
		x.response.reset()
		_, err = x.send(ctx, c, l, index, call, row)
		row.Sent, row.Connect = sent, 0 // the time lost lies between Sent and the reply
	}
	row.FirstByte, row.End = x.firstByte, x.end
	x.settle(ctx, c, call, row, err)
	if err != nil || x.response.state != over || x.response.close {
		l.drop(index)
		return
	}
	if keep := x.response.keep; keep > 0 {
		// A connection that is about to be closed is not worth a turn: a tenth of
		// its time is left unused.
		l.conns[index].until = time.Now().Add(keep - keep/10)
	}
}

// stale reports whether a turn on a kept connection met its close: HTTP lets a
// server close a kept connection at any time, also while a request is on its way.
// Such a turn is sent once more on a new connection; it is no retry, since not a
// byte of a reply was there. Sent stays, so the engine pays for its close.
func (x *exchange) stale(ctx context.Context, err error) bool {
	return x.firstByte == plimsoll.Never && ctx.Err() == nil && (errors.Is(err, io.EOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE))
}

// send sends the turn on the lane's connection and reads the reply. It reports
// whether the connection had carried a turn before.
func (x *exchange) send(ctx context.Context, c *Client, l *lane, index int, call Call, row *plimsoll.Row) (reused bool, err error) {
	if err := x.ready(ctx, c, l, index, row); err != nil {
		return false, err
	}
	k := l.conns[index]
	reused, k.used = k.used, true
	x.compose(c, index, call)
	return reused, k.talk(ctx, x, row)
}

// ready makes sure of a connection. What of its making lies after due is booked.
func (x *exchange) ready(ctx context.Context, c *Client, l *lane, index int, row *plimsoll.Row) error {
	if !l.alive(index) {
		if err := c.connect(ctx, l, index); err != nil {
			row.Sent = plimsoll.Instant(x.start.Sub(x.epoch))
			return &stepError{"connect", err}
		}
	}
	if k := l.conns[index]; !k.used {
		late := max(plimsoll.Instant(k.begun.Sub(x.epoch)), row.Due)
		if end := plimsoll.Instant(k.end.Sub(x.epoch)); end > late {
			row.Connect = int64(end - late)
		}
	}
	return nil
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

// took takes what a read brought; x.now was set right after the read returned. An
// error ends the turn.
func (x *exchange) took(p []byte) error {
	if x.firstByte == plimsoll.Never {
		x.firstByte = x.now
	}
	ended := x.scanner.Progress() == dialect.Over
	used, err := x.response.feed(p, x)
	if err != nil {
		return &stepError{"parse", err}
	}
	if used < len(p) {
		x.response.close = true
	}
	if !ended {
		x.end = x.now
	}
	return nil
}

// ended takes the end of reading: the connection's end, or an error. It returns nil
// where the reply is whole all the same.
func (x *exchange) ended(err error) error {
	if x.scanner.Progress() == dialect.Over {
		x.response.close = true
		return nil // only the framing is missing
	}
	if err == io.EOF && x.response.eof() {
		x.end = x.now
		return nil
	}
	return &stepError{"read", err}
}

// spoken returns what a turn's write and read together come to. A server may reply
// and close before it has read everything, so the reply goes before.
func (x *exchange) spoken(write, read error) error {
	if write != nil {
		x.response.close = true
		if read != nil && x.firstByte == plimsoll.Never {
			return &stepError{"write", write}
		}
	}
	return read
}

// waits returns how long the reply may stay silent from its last read on: 0 for as
// long as the request may take. Before the first token only the request's end
// holds, since that wait is the engine's queue; inside the stream the idle time
// does, and after the end mark the linger.
func (x *exchange) waits() time.Duration {
	switch x.scanner.Progress() {
	case dialect.Over:
		return linger
	case dialect.Streaming:
		return x.idle
	}
	return 0
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
		if at := x.scanner.FirstToken(); x.first != nil && at != plimsoll.Never {
			x.first.Store(int64(at))
			x.first = nil
		}
		return err
	}
	if room := maxPlain - len(x.plain); room > 0 {
		x.plain = append(x.plain, p[:min(room, len(p))]...)
		return nil
	}
	return dialect.ErrCap
}

// stamp returns the present instant.
func (x *exchange) stamp() plimsoll.Instant { return plimsoll.Instant(time.Since(x.epoch)) }
