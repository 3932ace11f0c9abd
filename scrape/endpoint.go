package scrape

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"plimsoll"
)

const (
	// Every is the usual time between scrapes: engines update their gauges about
	// once a second or with each step.
	Every   = time.Second
	maxText = 16 << 20 // bytes of an exposition
	timeout = 5 * time.Second
)

// Endpoint is one address that serves an engine's metrics.
type Endpoint struct {
	address string
	name    string // address without credentials and query
	headers http.Header
	client  *http.Client
}

// New checks the address; headers may hold secrets and are never printed.
func New(address string, headers map[string]string) (*Endpoint, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("engine-metrics: want http://HOST:PORT/metrics")
	}
	e := &Endpoint{address: address, name: u.Scheme + "://" + u.Host + u.Path, headers: http.Header{}}
	for name, value := range headers {
		e.headers.Set(name, value)
	}
	e.client = &http.Client{
		Timeout: timeout, Transport: &http.Transport{MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return e, nil
}

// Watch scrapes every interval until ctx ends, and hands each reading to into. A
// scrape that fails is a reading too, with its reason. now stamps a reading when
// its answer has been read.
func (e *Endpoint) Watch(ctx context.Context, every time.Duration, now func() plimsoll.Instant, into func(plimsoll.EngineReading)) {
	defer e.client.CloseIdleConnections()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		r := e.read(ctx, now)
		if ctx.Err() != nil {
			return
		}
		into(r)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (e *Endpoint) read(ctx context.Context, now func() plimsoll.Instant) plimsoll.EngineReading {
	text, err := e.fetch(ctx)
	r := plimsoll.UnknownEngine(e.name, now())
	if err == nil {
		err = Parse(text, &r)
	}
	if err != nil {
		r.Failed = reason(err)
	}
	return r
}

func (e *Endpoint) fetch(ctx context.Context) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.address, nil)
	if err != nil {
		return nil, errors.New("the address is not valid")
	}
	req.Header = e.headers.Clone()
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP status %d", resp.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxText+1))
	if err == nil && len(text) > maxText {
		err = fmt.Errorf("answer is over %d MiB", maxText>>20)
	}
	return text, err
}

// reason is an error without the address, whose query may be a secret.
func reason(err error) string {
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err
	}
	text := err.Error()
	return text[:min(len(text), 200)]
}
