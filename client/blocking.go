package client

import (
	"context"
	"net"
	"syscall"
	"time"

	"plimsoll"
)

// blocking is a connection that the turn's own goroutine reads: TLS, whatever a
// dialler of the user's makes, and every connection where there is no poller.
type blocking struct {
	net.Conn
	raw    syscall.RawConn // nil where liveness cannot be looked at
	buffer []byte
}

func newBlocking(c net.Conn, plain net.Conn) *blocking {
	b := &blocking{Conn: c}
	if sc, ok := plain.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			b.raw = raw
		}
	}
	return b
}

// quiet reports whether the connection is open with nothing to read: a server that
// sent something unasked is as good as gone.
func (b *blocking) quiet() bool { return b.raw == nil || quiet(b.raw) }

func (b *blocking) close() { _ = b.Close() }

// talk writes the request and reads the reply.
func (b *blocking) talk(ctx context.Context, x *exchange, row *plimsoll.Row) error {
	_ = b.SetDeadline(x.deadline)
	// A cancelled context strikes the deadline of whatever the connection does.
	stop := context.AfterFunc(ctx, func() { _ = b.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		if !stop() || b.SetDeadline(time.Time{}) != nil {
			x.response.close = true // the strike may still come
		}
	}()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	buffers := net.Buffers(x.slices)
	row.Sent = x.stamp()
	_, err := buffers.WriteTo(b.Conn)
	return x.spoken(err, b.read(ctx, x))
}

// read reads until the reply is over. Each read's instant is taken before its bytes
// are looked at.
func (b *blocking) read(ctx context.Context, x *exchange) error {
	if b.buffer == nil {
		b.buffer = make([]byte, 8<<10)
	}
	var armed time.Time
	var limit time.Duration
	for x.response.state != over {
		// The read deadline is set anew only when a sixteenth of the time has passed,
		// since setting it costs more than reading a token.
		if d := x.waits(); d > 0 {
			now := x.epoch.Add(time.Duration(x.now))
			if d != limit || d != linger && now.Sub(armed) >= d/16 {
				armed, limit = now, d
				at := now.Add(d + d/16)
				if !x.deadline.IsZero() && x.deadline.Before(at) {
					at = x.deadline
				}
				_ = b.SetReadDeadline(at)
				if ctx.Err() != nil {
					return ctx.Err()
				}
			}
		}
		n, err := b.Read(b.buffer)
		x.now = x.stamp()
		if n > 0 {
			if bad := x.took(b.buffer[:n]); bad != nil {
				return bad
			}
		}
		if err != nil && x.response.state != over {
			return x.ended(err)
		}
	}
	return nil
}
