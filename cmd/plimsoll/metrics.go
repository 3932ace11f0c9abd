package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"

	"plimsoll/web"
)

// metricsFlags ask for the metrics of a run in progress.
type metricsFlags struct {
	Metrics         string `group:"Output" placeholder:":9464" help:"Serve Prometheus metrics of the run at /metrics while it goes on: on this port of loopback, or on this address; one that is not loopback needs --metrics-token-env."`
	MetricsTokenEnv string `name:"metrics-token-env" group:"Output" placeholder:"NAME" help:"Environment variable with the token that a scraper must send as bearer token or password."`
}

// metricsServer serves a run's metrics beside it, from its folder. Its goroutine begins
// with serve and ends with close.
type metricsServer struct {
	token    string
	listener net.Listener
	site     *web.Site
	stop     context.CancelFunc
	served   chan error
}

// listen takes the address before anything is measured. A nil one serves nothing.
func (f metricsFlags) listen(ctx context.Context, io *IO) (*metricsServer, error) {
	if f.Metrics == "" {
		return nil, nil
	}
	e := &metricsServer{}
	if f.MetricsTokenEnv != "" {
		if e.token = io.Env(f.MetricsTokenEnv); e.token == "" {
			return nil, &ExitError{exitUsage, fmt.Errorf("--metrics-token-env: environment variable %s is empty; put the token there", f.MetricsTokenEnv)}
		}
	}
	address := f.Metrics
	if strings.HasPrefix(address, ":") {
		address = "127.0.0.1" + address
	}
	var err error
	if e.listener, err = web.Listen(ctx, address, e.token); err != nil {
		return nil, addressed(fmt.Errorf("--metrics: %w", err))
	}
	return e, nil
}

// serve begins to serve the metrics of a run folder.
func (e *metricsServer) serve(ctx context.Context, folder string, says io.Writer) (err error) {
	if e == nil {
		return nil
	}
	if e.site, err = web.New(web.Config{Dir: filepath.Dir(folder), Token: e.token}); err != nil {
		return err
	}
	ctx, e.stop = context.WithCancel(context.WithoutCancel(ctx)) // an interrupted run still has its last figures scraped
	e.served = make(chan error, 1)
	go func() { e.served <- e.site.ServeMetrics(ctx, e.listener, filepath.Base(folder)) }()
	_, err = fmt.Fprintf(says, "metrics on http://%s/metrics\n", e.listener.Addr())
	return err
}

// close ends the server, or only lets the address go where none had begun.
func (e *metricsServer) close() error {
	if e == nil {
		return nil
	}
	if e.stop == nil {
		return e.listener.Close()
	}
	e.stop()
	err := <-e.served
	e.site.Close()
	return err
}
