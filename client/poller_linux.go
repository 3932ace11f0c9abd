package client

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

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
//	a connection has  when
//	no turn           none is under way: what happens to it is for the next turn to see
//	a turn            it sends and reads: the loop feeds the exchange
//	no turn again     the reply is over or broken: the loop took it out and said so
//
// The loop holds a connection's mu from its read until its exchange was fed, and a
// turn that gives up takes it to leave, so that after it left nothing touches the
// exchange. What is ready is read before any of it is looked at: no read waits for
// another turn's bytes to be scanned, and the kernel's work and ours, done in turns of
// many, push each other out of the processor's caches less often.
//
// Connections stay registered for as long as they live, edge-triggered: the kernel
// tells of new bytes once and looks at nothing twice. The loop asks for what is ready
// and reads without telling the Go scheduler, since neither call waits; the waiting is
// the runtime's. A thread of the loop's own that waits in the kernel costs more: each
// wait is then a blocking call that the scheduler has to work around.
type poller struct {
	file *os.File // the epoll descriptor, watched by the Go runtime's own poller
	fd   int      // of epoll
	wg   sync.WaitGroup

	mu    sync.Mutex
	conns []*polled // by descriptor

	// of the loop alone
	events []unix.EpollEvent
	ready  []*polled
	hauls  []haul
	buffer []byte
	used   int // bytes of buffer that the hauls hold
}

// haul is what one read brought. Its connection is held.
type haul struct {
	conn  *polled
	bytes []byte
	err   error
	more  bool // there may be more to read, of which no event will tell
}

const (
	batch = 64       // connections read before their bytes are looked at
	room  = 64 << 10 // what a read is given at least, in bytes
)

// readable is what a reply is waited for: bytes, or the connection's end.
const readable = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET

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
		file: os.NewFile(uintptr(fd), "epoll"), fd: fd,
		events: make([]unix.EpollEvent, batch), ready: make([]*polled, batch), hauls: make([]haul, 0, batch), buffer: make([]byte, 2*room),
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
	_ = p.file.Close()
	p.wg.Wait()
}

// drain handles what is ready. It returns false to be called again when there is
// more: the runtime's poller wakes it at each event that comes after it looked, so
// it need not look again unless there was more than it could take.
func (p *poller) drain(uintptr) bool {
	for {
		n, err := p.wait(0)
		if err == unix.EINTR {
			continue
		}
		p.take(n)
		if n < len(p.events) {
			return false
		}
	}
}

// take reads each of the first n connections that are ready, then hands what came to
// their turns. No read waits for the bytes of another to be looked at.
func (p *poller) take(n int) {
	p.mu.Lock()
	for i := range n {
		p.ready[i] = p.conns[p.events[i].Fd]
	}
	p.mu.Unlock()
	for i := range n {
		if k := p.ready[i]; k != nil {
			p.receive(k, p.events[i].Events)
		}
	}
	p.feed()
}

// wait fetches what is ready within so many ms, -1 for ever. The loop asks for what
// is ready now.
func (p *poller) wait(ms int) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), uintptr(ms), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// receive reads once from a socket that does not block.
func receive(fd int, into []byte) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&into[0])), uintptr(len(into)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// watch says what a connection is waited for; what is there already counts as new.
func (p *poller) watch(fd int, events uint32) error {
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_MOD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
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
	k := &polled{poller: p, fd: fd}
	p.mu.Lock()
	if fd >= len(p.conns) {
		p.conns = append(p.conns, make([]*polled, fd+1-len(p.conns))...)
	}
	p.conns[fd] = k
	p.mu.Unlock()
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: readable, Fd: int32(fd)}); err != nil {
		k.close()
		return nil, err
	}
	return k, nil
}

// tap reads a connection that is no turn's and hands take what each read brought,
// until the function returned closes it.
func (p *poller) tap(c net.Conn, take func([]byte)) (func(), error) {
	l, err := p.adopt(c)
	if err != nil {
		return nil, err
	}
	k, ok := l.(*polled)
	if !ok {
		return nil, nil
	}
	set := func(take func([]byte)) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.take = take
	}
	set(take)
	if err := p.watch(k.fd, readable); err != nil {
		k.close()
		return nil, err
	}
	return func() { set(nil); k.close() }, nil
}

// forget drops a connection that is about to be closed.
func (p *poller) forget(fd int) {
	p.mu.Lock()
	p.conns[fd] = nil
	p.mu.Unlock()
}

// receive reads the connection once and holds it until feed has taken what came.
func (p *poller) receive(k *polled, events uint32) {
	if len(p.buffer)-p.used < room {
		p.feed()
	}
	k.mu.Lock()
	x := k.turn
	if x == nil { // no turn, or it left after the event was fetched
		if k.take != nil {
			k.tapped()
		}
		k.mu.Unlock()
		return
	}
	if events&unix.EPOLLOUT != 0 {
		x.wire.poke()
	}
	if events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) == 0 {
		k.mu.Unlock()
		return
	}
	into := p.buffer[p.used:]
	n, err := receive(k.fd, into)
	x.now = x.stamp()
	switch {
	case err == unix.EAGAIN:
		k.mu.Unlock()
		return
	case err == nil && n == 0:
		err = io.EOF
	}
	p.used += n
	p.hauls = append(p.hauls, haul{k, into[:n], err, n == len(into) || events&unix.EPOLLRDHUP != 0})
}

// feed hands what was read to the turns and lets go of their connections.
func (p *poller) feed() {
	for i := range p.hauls {
		k := p.hauls[i].conn
		k.feed(&p.hauls[i])
		k.mu.Unlock()
	}
	clear(p.hauls)
	p.hauls, p.used = p.hauls[:0], 0
}

// feed hands what a read brought to the turn. What the read left behind makes the
// connection ready again.
func (k *polled) feed(h *haul) {
	x := k.turn
	switch h.err {
	case nil:
		if err := x.took(h.bytes); err != nil || x.response.state == over {
			k.finish(err)
			return
		}
		if x.scanner.Progress() == dialect.Over {
			x.wire.poke()
		}
		if !h.more {
			return
		}
	case unix.EINTR:
	default:
		k.finish(x.ended(h.err))
		return
	}
	if err := k.poller.watch(k.fd, readable); err != nil {
		k.finish(x.ended(err))
	}
}

// tapped reads a connection that is no turn's.
func (k *polled) tapped() {
	into := k.poller.buffer[k.poller.used:]
	if n, err := receive(k.fd, into); err == nil && n > 0 {
		k.take(into[:n])
	}
}

// finish takes the turn out and tells it how reading ended.
func (k *polled) finish(err error) {
	x := k.turn
	k.turn = nil
	x.wire.done <- err
}
