package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll"
	"plimsoll/dialect"
)

// poller reads all plain connections of a client with one goroutine: it waits for
// many at once and reads each that is ready, once, into one buffer. A goroutine for
// each connection would pay two reads (the second finds nothing) and a switch for
// every token; this pays one read.
//
//	goroutine  owner      ends
//	loop       newPoller  close closes the epoll file
//
//	a connection is       when
//	out of the poller     no turn is under way
//	armed                 its turn sends and reads: the loop feeds the exchange
//	done                  the reply is over or broken: the loop took it out and said so
//
// The loop holds mu while it feeds an exchange, and a turn that gives up takes it to
// leave, so that after it left nothing touches the exchange.
type poller struct {
	file *os.File // the epoll descriptor, watched by the Go runtime's own poller
	wg   sync.WaitGroup

	mu     sync.Mutex
	fd     int // of epoll, -1 when closed
	turns  map[int32]*exchange
	buffer []byte
	events []unix.EpollEvent
}

// readable is what a reply is waited for: bytes, or the connection's end.
const readable = unix.EPOLLIN | unix.EPOLLRDHUP

// wire is what an exchange needs to be read by a poller.
type wire struct {
	fd       int
	done     chan error    // capacity 1: the turn's end
	writable chan struct{} // capacity 1
}

// newPoller starts a poller.
func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("client: epoll: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("client: epoll: %w", err)
	}
	p := &poller{
		file: os.NewFile(uintptr(fd), "epoll"), fd: fd, turns: make(map[int32]*exchange),
		buffer: make([]byte, 64<<10), events: make([]unix.EpollEvent, 256),
	}
	raw, err := p.file.SyscallConn()
	if err != nil {
		_ = p.file.Close()
		return nil, fmt.Errorf("client: epoll: %w", err)
	}
	p.wg.Go(func() { _ = raw.Read(p.drain) })
	return p, nil
}

// close ends the poller. No turn may be under way.
func (p *poller) close() {
	p.mu.Lock()
	p.fd = -1
	p.mu.Unlock()
	_ = p.file.Close()
	p.wg.Wait()
}

// drain handles what is ready. It returns false to be called again when there is
// more: the runtime's poller wakes it at each event that comes after EpollWait
// looked, so it need not look again unless it left something behind.
func (p *poller) drain(uintptr) bool {
	for more := true; more; {
		p.mu.Lock()
		fd := p.fd
		p.mu.Unlock()
		if fd < 0 {
			return true
		}
		n, err := unix.EpollWait(fd, p.events, 0)
		more = errors.Is(err, unix.EINTR) || n == len(p.events)
		for _, e := range p.events[:max(0, n)] {
			if left := p.handle(e); left {
				more = true
			}
		}
	}
	return false
}

// handle serves one connection that is ready and reports whether it may have left
// bytes unread.
func (p *poller) handle(e unix.EpollEvent) (left bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.turns[e.Fd]
	if x == nil {
		return false // the turn left after the event was fetched
	}
	if e.Events&unix.EPOLLOUT != 0 {
		p.watch(x, readable)
		select {
		case x.wire.writable <- struct{}{}:
		default:
		}
	}
	if e.Events&(readable|unix.EPOLLHUP|unix.EPOLLERR) == 0 {
		return false
	}
	n, err := unix.Read(x.wire.fd, p.buffer)
	x.now = x.stamp()
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return err == unix.EINTR
	case err != nil:
		p.finish(x, x.ended(err))
	case n == 0:
		p.finish(x, x.ended(io.EOF))
	default:
		if err := x.took(p.buffer[:n]); err != nil || x.response.state == over {
			p.finish(x, err)
			return false
		}
		// A full buffer, or the connection's end behind the bytes.
		return n == len(p.buffer) || e.Events&unix.EPOLLRDHUP != 0
	}
	return false
}

// watch says what a connection is waited for.
func (p *poller) watch(x *exchange, events uint32) {
	e := unix.EpollEvent{Events: events, Fd: int32(x.wire.fd)}
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_MOD, x.wire.fd, &e)
}

// finish takes an exchange out and tells its turn.
func (p *poller) finish(x *exchange, err error) {
	p.remove(x)
	x.wire.done <- err
}

func (p *poller) remove(x *exchange) {
	if p.turns[int32(x.wire.fd)] == x {
		delete(p.turns, int32(x.wire.fd))
		_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, x.wire.fd, nil)
	}
}

// enter arms a connection for a turn.
func (p *poller) enter(x *exchange, fd int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x.wire.done == nil {
		x.wire.done, x.wire.writable = make(chan error, 1), make(chan struct{}, 1)
	}
	x.wire.fd = fd
	if p.fd < 0 {
		return net.ErrClosed
	}
	e := unix.EpollEvent{Events: readable, Fd: int32(fd)}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &e); err != nil {
		return err
	}
	p.turns[int32(fd)] = x
	return nil
}

// leave takes a turn out that gives up, with err unless it ended meanwhile.
func (p *poller) leave(x *exchange, err error) error {
	p.mu.Lock()
	p.remove(x)
	p.mu.Unlock()
	select {
	case err = <-x.wire.done:
	default:
	}
	select {
	case <-x.wire.writable:
	default:
	}
	return err
}

// polled is a plain connection of a poller.
type polled struct {
	poller *poller
	fd     int
}

// adopt takes a connection over. One that has no descriptor is read by its own
// goroutine.
func (p *poller) adopt(c net.Conn) (link, error) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return newBlocking(c, c), nil
	}
	// The descriptor leaves the Go runtime's poller, which would wake up for every
	// token as well.
	defer tcp.Close()
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd, failed := -1, error(nil)
	err = raw.Control(func(old uintptr) { fd, failed = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	return &polled{poller: p, fd: fd}, nil
}

func (k *polled) close() { _ = unix.Close(k.fd) }

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
	if err := k.poller.enter(x, k.fd); err != nil {
		return &stepError{"poll", err}
	}
	row.Sent = x.stamp()
	write := k.write(ctx, x)
	return x.spoken(write, k.poller.leave(x, k.wait(ctx, x, write)))
}

// write writes the exchange's slices. It stops when the reply is over before.
func (k *polled) write(ctx context.Context, x *exchange) error {
	slices := x.slices
	for len(slices) > 0 {
		n, err := unix.Writev(k.fd, slices)
		switch {
		case err == unix.EAGAIN:
			k.poller.mu.Lock()
			k.poller.watch(x, readable|unix.EPOLLOUT)
			k.poller.mu.Unlock()
			select {
			case <-x.wire.writable:
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
	look := linger
	if x.idle > 0 && x.idle < 4*linger {
		look = max(x.idle/4, time.Millisecond)
	}
	tick := time.NewTimer(look)
	defer tick.Stop()
	for {
		select {
		case err := <-x.wire.done:
			return err
		case <-ctx.Done():
			return &stepError{"read", ctx.Err()}
		case <-tick.C:
			if over, err := k.silent(x); over {
				return err
			}
			tick.Reset(look)
		}
	}
}

// silent reports whether the reply has been silent for too long.
func (k *polled) silent(x *exchange) (bool, error) {
	k.poller.mu.Lock()
	defer k.poller.mu.Unlock()
	d := x.waits()
	if d <= 0 || x.stamp().Sub(x.now) < d {
		return false, nil
	}
	if x.scanner.Progress() == dialect.Over {
		return true, x.ended(io.EOF)
	}
	return true, &stepError{"read", errIdle}
}
