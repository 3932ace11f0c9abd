//go:build !linux

package metronome

import (
	"io"
	"net"
)

// socket is a connection.
type socket struct{ net.Conn }

func newSocket(c net.Conn) (socket, error) { return socket{c}, nil }

func (s socket) write(data []byte) (int, error) { return s.Write(data) }

// discard takes n bytes off the connection.
func (s socket) discard(n int64) error {
	_, err := io.CopyN(io.Discard, s.Conn, n)
	return err
}
