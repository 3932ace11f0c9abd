package metronome

import (
	"io"
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socket is a TCP connection past the Go runtime: its calls never wait in the kernel.
type socket struct {
	raw syscall.RawConn
	fd  int // valid for as long as the connection is open
}

func newSocket(c net.Conn) (socket, error) {
	raw, err := c.(*net.TCPConn).SyscallConn()
	s := socket{raw: raw}
	if err == nil {
		err = raw.Control(func(fd uintptr) { s.fd = int(fd) })
	}
	return s, err
}

// write writes what the socket takes, 0 where that is nothing.
func (s socket) write(data []byte) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	switch errno {
	case 0:
		return int(n), nil
	case unix.EAGAIN, unix.EINTR:
		return 0, nil
	}
	return 0, errno
}

// discard takes n bytes off the connection. TCP's MSG_TRUNC drops them without a copy
// (tcp(7)).
func (s socket) discard(n int64) error {
	var failed error
	for n > 0 && failed == nil {
		err := s.raw.Read(func(fd uintptr) bool {
			got, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, fd, 0, uintptr(n), unix.MSG_TRUNC|unix.MSG_DONTWAIT, 0, 0)
			switch {
			case errno == unix.EAGAIN:
				return false
			case errno == unix.EINTR:
			case errno != 0:
				failed = errno
			case got == 0:
				failed = io.ErrUnexpectedEOF
			default:
				n -= int64(got)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return failed
}
