//go:build unix

package client

import "syscall"

// quiet reports whether a connection is open with nothing to read: it looks at the
// socket without taking anything or waiting.
func quiet(raw syscall.RawConn) bool {
	ok := false
	err := raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		ok = err == syscall.EAGAIN || err == syscall.EINTR
		return true
	})
	return err == nil && ok
}
