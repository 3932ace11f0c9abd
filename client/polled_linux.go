package client

import (
	"cmp"
	"context"
	"io"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll"
	"plimsoll/dialect"
)

// polled is a plain connection of a poller.
type polled struct {
	poller *poller
	fd     int

	mu   sync.Mutex
	turn *exchange    // nil without one
	take func([]byte) // nil, or who gets what is read while there is no turn
}

// wire is what an exchange needs to be read by a poller.
type wire struct {
	done chan error    // capacity 1: the turn's end
	stir chan struct{} // capacity 1: the socket takes bytes again, or the end mark came without the body's end
}

// poke has the turn look.
func (w *wire) poke() {
	select {
	case w.stir <- struct{}{}:
	default:
	}
}

func (k *polled) close() {
	k.poller.forget(k.fd)
	_ = unix.Close(k.fd)
}

func (k *polled) quiet() bool {
	var b [1]byte
	_, _, err := unix.Recvfrom(k.fd, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return err == unix.EAGAIN || err == unix.EINTR
}

// talk writes the request and waits for the poller to read the reply.
func (k *polled) talk(ctx context.Context, x *exchange, row *plimsoll.Row) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := k.enter(x); err != nil {
		return &stepError{"poll", k.leave(x, err)}
	}
	row.Sent = x.stamp()
	write := k.write(ctx, x)
	return x.spoken(write, k.leave(x, k.wait(ctx, x, write)))
}

// enter begins a turn on the connection. What came since the last one, the
// connection's end above all, is told now.
func (k *polled) enter(x *exchange) error {
	if x.wire.done == nil {
		x.wire.done, x.wire.stir = make(chan error, 1), make(chan struct{}, 1)
	}
	k.mu.Lock()
	k.turn = x
	k.mu.Unlock()
	return k.poller.watch(k.fd, readable)
}

// leave takes a turn out that gives up, with err unless it ended meanwhile.
func (k *polled) leave(x *exchange, err error) error {
	k.mu.Lock()
	k.turn = nil
	k.mu.Unlock()
	select {
	case err = <-x.wire.done:
	default:
	}
	select {
	case <-x.wire.stir:
	default:
	}
	return err
}

// write writes the exchange's slices. It stops when the reply is over before.
func (k *polled) write(ctx context.Context, x *exchange) error {
	slices := x.slices
	for len(slices) > 0 {
		n, err := unix.Writev(k.fd, slices)
		switch {
		case err == unix.EAGAIN:
			if err := k.poller.watch(k.fd, readable|unix.EPOLLOUT); err != nil {
				return err
			}
			select {
			case <-x.wire.stir:
			case err := <-x.wire.done:
				x.wire.done <- err
				return syscall.EPIPE
			case <-ctx.Done():
				return ctx.Err()
			}
		case err == unix.EINTR:
		case err != nil:
			return err
		}
		slices = rest(slices, n)
	}
	return nil
}

// rest returns what is left of slices after n bytes.
func rest(slices [][]byte, n int) [][]byte {
	for len(slices) > 0 && (n > 0 || len(slices[0]) == 0) {
		if n < len(slices[0]) {
			slices[0] = slices[0][n:]
			return slices
		}
		n -= len(slices[0])
		slices = slices[1:]
	}
	return slices
}

// wait waits for the turn's end, a time-out or a cancelled context.
func (k *polled) wait(ctx context.Context, x *exchange, write error) error {
	if ctx.Err() != nil {
		return &stepError{"write", ctx.Err()}
	}
	// A thousand turns that looked every second would be a thousand wake-ups a second.
	tick := time.NewTimer(cmp.Or(x.idle, linger))
	defer tick.Stop()
	for {
		select {
		case err := <-x.wire.done:
			return err
		case <-ctx.Done():
			return &stepError{"read", ctx.Err()}
		case <-tick.C:
		case <-x.wire.stir:
		}
		again, err := k.silent(x)
		if again <= 0 {
			return err
		}
		tick.Reset(again)
	}
}

// silent returns after how long the reply may have been silent for too long, 0 if it
// has been.
func (k *polled) silent(x *exchange) (again time.Duration, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	d := x.waits()
	if d <= 0 {
		return cmp.Or(x.idle, linger), nil
	}
	if left := d - x.stamp().Sub(x.now); left > 0 {
		return left, nil
	}
	if x.scanner.Progress() == dialect.Over {
		return 0, x.ended(io.EOF)
	}
	return 0, &stepError{"read", errIdle}
}
