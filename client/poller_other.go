//go:build !linux

package client

import (
	"errors"
	"net"
)

// poller is there on Linux only: elsewhere each connection is read by its turn.
type poller struct{}

// wire is what an exchange needs to be read by a poller.
type wire struct{}

func newPoller() (*poller, error) { return nil, errors.ErrUnsupported }

func (*poller) close() {}

func (*poller) adopt(c net.Conn) (link, error) { return newBlocking(c, c), nil }

func (*poller) tap(net.Conn, func([]byte)) (func(), error) { return nil, nil }
