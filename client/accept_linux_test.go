package client

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll"
)

// An engine whose accept queue is full lets a connect hang: that is a time-out, and
// the engine pays for it.
func TestAcceptQueueStalls(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port)
	for full := false; !full; {
		c, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if full = err != nil; !full {
			defer c.Close()
		}
	}
	c := newTestClient(t, "http://"+address, func(c *Config) { c.Connect = 100 * time.Millisecond })
	row := plimsoll.Row{}
	c.Do(context.Background(), time.Now(), Call{Encoded: encode(t, 2), Request: time.Minute}, &row)
	if row.Class != plimsoll.ClassTimeout || row.Sent < 0 || row.End <= row.Sent {
		t.Errorf("%+v", row)
	}
}
