package client

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"time"
)

// proxyError is an error on the way to the target, not of the target.
type proxyError struct{ err error }

func (e *proxyError) Error() string { return "proxy: " + e.err.Error() }
func (e *proxyError) Unwrap() error { return e.err }

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// throughProxy returns a dialler that reaches every address through an HTTP proxy's
// CONNECT, so that the path behind the proxy is the same as without one. Proxies
// named in the environment are not used: a load test should not take a detour that
// nobody asked for.
func throughProxy(raw Secret, dial dialFunc) (dialFunc, error) {
	u, err := url.Parse(raw.reveal())
	if err != nil || u.Scheme != "http" || u.Hostname() == "" {
		return nil, fmt.Errorf("client: proxy: want http://HOST:PORT")
	}
	address := u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Hostname(), "80")
	}
	var auth string
	if u.User != nil {
		password, _ := u.User.Password()
		auth = "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)) + "\r\n"
	}
	return func(ctx context.Context, network, target string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, &proxyError{err}
		}
		if err := tunnel(ctx, c, target, auth); err != nil {
			_ = c.Close()
			return nil, &proxyError{err}
		}
		return c, nil
	}, nil
}

// tunnel asks a proxy for a connection to the target.
func tunnel(ctx context.Context, c net.Conn, target, auth string) error {
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", target, target, auth); err != nil {
		return err
	}
	// One byte at a time: what follows the head belongs to the target.
	var head []byte
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		var b [1]byte
		if _, err := c.Read(b[:]); err != nil {
			return err
		}
		if head = append(head, b[0]); len(head) > maxHead {
			return errHTTP
		}
	}
	var r response
	if _, err := r.feedHead(head); err != nil {
		return err
	}
	if r.status != 200 {
		return fmt.Errorf("CONNECT refused with HTTP %d", r.status)
	}
	return nil
}
