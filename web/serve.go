package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Goroutines of this package:
//
//	what       begins with  ends when                             ends as
//	server     serve        its listener closes                   ErrServerClosed, or an error
//	a request  a request    answered; a stream also with the run,
//	                        with its reader, with serve's context
//
// serve waits for both.

// shutdown is how long requests may take to end once Serve's context is over.
const shutdown = 5 * time.Second

// Listen opens the address for the site's token.
func (s *Site) Listen(ctx context.Context, addr string) (net.Listener, error) {
	return Listen(ctx, addr, s.config.Token)
}

// Listen opens an address. One that is not loopback is refused without a token: what
// was measured would be shown to whoever can reach it.
func Listen(ctx context.Context, addr, token string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("serve: address %q: %w; want HOST:PORT, for example 127.0.0.1:7777", addr, err)
	}
	if a, err := netip.ParseAddr(host); token == "" && host != "localhost" && (err != nil || !a.IsLoopback()) {
		return nil, fmt.Errorf("serve: address %s is not a loopback address; others need a token of at least 16 characters in a variable that --token-env NAME (of plimsoll run: --metrics-token-env NAME) names", addr)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("serve: %w; choose another address, port 0 takes a free one", err)
	}
	if !loopback(l) && token == "" { // localhost may be anything in a hosts file
		l.Close()
		return nil, fmt.Errorf("serve: %s is not a loopback address", l.Addr())
	}
	return l, nil
}

func loopback(l net.Listener) bool {
	a, ok := l.Addr().(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// Serve answers requests for the pages until ctx ends.
func (s *Site) Serve(ctx context.Context, l net.Listener) error {
	return s.serve(ctx, l, s.handler(loopback(l)))
}

func (s *Site) serve(ctx context.Context, l net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }, // streams end with ctx
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdown)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		err = errors.Join(err, server.Close())
	}
	if serving := <-ended; !errors.Is(serving, http.ErrServerClosed) {
		err = errors.Join(err, serving)
	}
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
