package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"plimsoll/dialect"
)

// Counter counts tokens by a local rule.
type Counter interface {
	Count(text []byte) int
	Basis() string
}

// Routing says which of several URLs serves a turn.
type Routing string

// The ways to route.
const (
	Sticky     Routing = "sticky"      // an agent keeps its URL
	RoundRobin Routing = "round_robin" // an agent's turns go round the URLs
)

// Header is one request header that the user adds.
type Header struct {
	Name  string
	Value Secret
}

// Config is what a client needs to know.
type Config struct {
	// URLs are the engine's base URLs, each ending in /v1; several are one
	// deployment.
	URLs    []string
	Routing Routing // "" Sticky
	Dialect dialect.Dialect
	Model   string

	Key     Secret // sent as a bearer token where it is not empty
	Headers []Header
	// SessionHeaders name headers that carry Call.Session, such as X-Session-ID.
	SessionHeaders []string
	// CAFile is a PEM file of certificates to trust besides the system's.
	CAFile string
	// Proxy is an HTTP proxy to go through, http://[USER:PASSWORD@]HOST:PORT.
	Proxy Secret
	// HTTP2 speaks HTTP/2 (without TLS: with prior knowledge) through net/http
	// instead of HTTP/1.1: all agents share connections, and instants are taken
	// later by a goroutine switch.
	HTTP2 bool

	Connect time.Duration // time-out of one connect with TLS; 0 = 10 s
	Caps    dialect.Caps

	// Counter is the local token count; nil keeps none. Exact says that its basis
	// is the engine's own, so that it can stand in for the engine's count.
	Counter Counter
	Exact   bool

	// Dial replaces the dialler; nil dials TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Validate names the first field that is wrong.
func (c Config) Validate() error {
	if len(c.URLs) == 0 {
		return fmt.Errorf("client: no URL: want one such as http://127.0.0.1:8000/v1")
	}
	if c.Dialect == nil {
		return fmt.Errorf("client: no dialect")
	}
	if c.Model == "" {
		return fmt.Errorf("client: model is empty")
	}
	if c.Routing != "" && c.Routing != Sticky && c.Routing != RoundRobin {
		return fmt.Errorf("client: routing %q: want %s or %s", c.Routing, Sticky, RoundRobin)
	}
	if c.Connect < 0 {
		return fmt.Errorf("client: connect time-out %s must not be negative", c.Connect)
	}
	for _, h := range c.Headers {
		if !headerName(h.Name) || strings.ContainsAny(h.Value.reveal(), "\r\n\x00") {
			return fmt.Errorf("client: header %q is no valid HTTP header", h.Name)
		}
		for _, own := range []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Accept-Encoding"} {
			if strings.EqualFold(h.Name, own) {
				return fmt.Errorf("client: header %s is the client's own: leave it out", h.Name)
			}
		}
	}
	for _, name := range c.SessionHeaders {
		if !headerName(name) {
			return fmt.Errorf("client: session header %q is no valid HTTP header name", name)
		}
	}
	if strings.ContainsAny(c.Key.reveal(), "\r\n\x00") {
		return fmt.Errorf("client: the API key holds a line break: look at the file or variable that it comes from")
	}
	return nil
}

func headerName(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("()<>@,;:\\\"/[]?={}", c) >= 0 {
			return false
		}
	}
	return s != ""
}

// target is one base URL, taken apart.
type target struct {
	safe    string // URL without credentials, for outputs
	address string // host:port to dial
	host    string // Host header
	name    string // host alone, for TLS
	path    string // of the base URL
	tls     *tls.Config
	head    []byte          // the request's head up to the per-request headers
	web     *http.Transport // HTTP/2, nil for HTTP/1.1
}

// newTarget reads a base URL and refuses to send a key where it could be read.
func (c Config) newTarget(raw string, roots *x509.CertPool) (*target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("client: URL %q cannot be read: want one such as http://127.0.0.1:8000/v1", safeURL(raw))
	}
	if u.User != nil {
		return nil, fmt.Errorf("client: URL %s carries credentials: give the key through an environment variable", safeURL(raw))
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("client: URL %q: want http or https, a host and a path, such as http://127.0.0.1:8000/v1", safeURL(raw))
	}
	t := &target{safe: safeURL(raw), host: u.Host, name: u.Hostname(), path: strings.TrimRight(u.EscapedPath(), "/")}
	port := u.Port()
	if u.Scheme == "https" {
		t.tls = &tls.Config{ServerName: t.name, RootCAs: roots, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
		if port == "" {
			port = "443"
		}
	} else {
		if c.secret() && !loopback(t.name) {
			return nil, fmt.Errorf("client: %s: an API key over plain HTTP could be read on the way: use https, or a loopback address", t.safe)
		}
		if port == "" {
			port = "80"
		}
	}
	t.address = net.JoinHostPort(t.name, port)
	t.head = c.requestHead(t)
	return t, nil
}

func (t *target) scheme() string {
	if t.tls != nil {
		return "https"
	}
	return "http"
}

// secret reports whether requests carry something that must not be read.
func (c Config) secret() bool {
	if c.Key != "" {
		return true
	}
	for _, h := range c.Headers {
		switch strings.ToLower(h.Name) {
		case "authorization", "x-api-key", "api-key", "cookie", "proxy-authorization":
			return true
		}
	}
	return false
}

// requestHead writes what all requests to a target share.
func (c Config) requestHead(t *target) []byte {
	b := []byte("POST " + t.path + c.Dialect.Path() + " HTTP/1.1\r\nHost: " + t.host + "\r\n")
	b = append(b, "User-Agent: plimsoll\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nAccept-Encoding: identity\r\n"...)
	for _, h := range c.headers() {
		b = append(b, h.Name+": "+h.Value.reveal()+"\r\n"...)
	}
	return b
}

// headers returns the dialect's own headers, the key's among them, and the user's.
func (c Config) headers() []Header {
	var out []Header
	for i, h := range c.Dialect.Headers() {
		switch {
		case i > 0:
			out = append(out, Header{h.Name, Secret(h.Value)})
		case c.Key != "":
			out = append(out, Header{h.Name, Secret(h.Value) + c.Key})
		}
	}
	return append(out, c.Headers...)
}

// roots reads the certificates to trust; nil is the system's.
func (c Config) roots() (*x509.CertPool, error) {
	if c.CAFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("client: CA file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("client: CA file %s holds no certificate in PEM form", c.CAFile)
	}
	return pool, nil
}

// safeURL returns a URL without credentials and query, for outputs.
func safeURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(unreadable URL)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
