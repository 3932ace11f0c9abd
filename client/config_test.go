package client

import (
	"bufio"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/dialect"
)

func TestConfigRefuses(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"no URL":                   func(c *Config) { c.URLs = nil },
		"no dialect":               func(c *Config) { c.Dialect = nil },
		"model is empty":           func(c *Config) { c.Model = "" },
		"routing":                  func(c *Config) { c.Routing = "random" },
		"time-out":                 func(c *Config) { c.Connect = -1 },
		"valid HTTP header":        func(c *Config) { c.Headers = []Header{{"A b", "x"}} },
		"client's own":             func(c *Config) { c.Headers = []Header{{"content-length", "1"}} },
		"session header":           func(c *Config) { c.SessionHeaders = []string{""} },
		"line break":               func(c *Config) { c.Key = "a\nb" },
		"carries credentials":      func(c *Config) { c.URLs = []string{"http://user:hush@127.0.0.1/v1"} },
		"want http or https":       func(c *Config) { c.URLs = []string{"ftp://127.0.0.1/v1"} },
		"use https":                func(c *Config) { c.URLs, c.Key = []string{"http://example.test/v1"}, "hush" },
		"over plain HTTP":          func(c *Config) { c.URLs, c.Headers = []string{"http://10.0.0.1/v1"}, []Header{{"X-API-Key", "hush"}} },
		"CA file":                  func(c *Config) { c.CAFile = "/nowhere" },
		"proxy: want http":         func(c *Config) { c.Proxy = "socks5://u:hush@127.0.0.1:1" },
		"such as http://127.0.0.1": func(c *Config) { c.URLs = []string{"http://127.0.0.1/v1?key=hush"} },
	} {
		cfg := Config{URLs: []string{"http://127.0.0.1:1/v1"}, Dialect: chatDialect(t), Model: "m"}
		change(&cfg)
		_, err := New(cfg)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("a secret shows in %v", err)
		}
	}
}

func TestSecretShowsNowhere(t *testing.T) {
	cfg := Config{Key: "hush", Headers: []Header{{"X-A", "hush"}}, Proxy: "http://u:hush@h:1"}
	text := fmt.Sprintf("%v %+v %#v %s %q %x %d", cfg, cfg, cfg, cfg.Key, cfg.Key, cfg.Key, cfg.Key)
	raw, err := json.Marshal(struct {
		K Secret
		H []Header
	}{cfg.Key, cfg.Headers})
	if err != nil {
		t.Fatal(err)
	}
	if text += string(raw); strings.Contains(text, "hush") || strings.Contains(text, "68757368") || !strings.Contains(text, mask) {
		t.Error(text)
	}
}

// A TLS engine with a certificate of its own is trusted through the CA file alone,
// and the key goes up.
func TestTLS(t *testing.T) {
	for _, web := range []bool{false, true} {
		var got http.Header
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				got = r.Header.Clone()
				got.Set("Proto", r.Proto)
			}
			streamer(5)(w, r)
		}))
		srv.EnableHTTP2 = true
		srv.Config.ErrorLog = silent()
		srv.StartTLS()
		ca := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, trust := range []bool{true, false} {
			c := newTestClient(t, srv.URL, func(c *Config) {
				c.Key, c.SessionHeaders, c.HTTP2 = "hush", []string{"X-Session-ID"}, web
				if trust {
					c.CAFile = ca
				}
			})
			row := plimsoll.Row{}
			call := Call{Encoded: encode(t, 5), Output: dialect.Output{Policy: dialect.Recorded}, Request: 30 * time.Second, Session: "s-7"}
			c.Do(context.Background(), time.Now(), call, &row)
			want := plimsoll.ClassRefused
			if trust {
				want = plimsoll.ClassOK
			}
			if _, err := c.Identify(context.Background()); (err == nil) != trust || !trust && !strings.Contains(err.Error(), "--ca-file") {
				t.Errorf("HTTP2 %t, trust %t: %v", web, trust, err)
			}
			if row.Class != want || strings.Contains(row.Error, "hush") {
				t.Errorf("HTTP2 %t, trust %t: %+v", web, trust, row)
			}
			_ = c.Close()
		}
		proto := "HTTP/1.1"
		if web {
			proto = "HTTP/2.0"
		}
		if got.Get("Authorization") != "Bearer hush" || got.Get("X-Session-Id") != "s-7" || got.Get("Proto") != proto {
			t.Errorf("headers %v", got)
		}
		srv.Close()
	}
}

// endless is a reader of one letter.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// HTTP/2 without TLS fills the same row; a stall and a plain error have their class.
func TestHTTP2(t *testing.T) {
	free := make(chan struct{})
	var once sync.Once
	defer once.Do(func() { close(free) })
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		class   plimsoll.Class
	}{
		"well":  {streamer(5), plimsoll.ClassOK},
		"error": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusServiceUnavailable) }, plimsoll.ClassHTTP},
		"plain": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, "{}")
		}, plimsoll.ClassNoStream},
		"reset": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, delta(" abc", ""))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, plimsoll.ClassCut},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.2:9/v1", http.StatusTemporaryRedirect)
		}, plimsoll.ClassHTTP},
		"gzip": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.Header().Set("Content-Encoding", "gzip")
			fmt.Fprint(w, "\x1f\x8b")
		}, plimsoll.ClassMalformed},
		"endless line": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.Copy(w, io.LimitReader(endless{}, 64<<20))
		}, plimsoll.ClassMalformed},
		"stall": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, delta(" abc", ""))
			w.(http.Flusher).Flush()
			<-free
		}, plimsoll.ClassTimeout},
	} {
		srv := httptest.NewUnstartedServer(test.handler)
		srv.Config.ErrorLog = silent()
		srv.Config.Protocols = new(http.Protocols)
		srv.Config.Protocols.SetUnencryptedHTTP2(true)
		srv.Start()
		c := newTestClient(t, srv.URL, func(c *Config) { c.HTTP2 = true })
		for range 2 {
			row := plimsoll.Row{}
			call := Call{Encoded: encode(t, 5), Output: dialect.Output{Policy: dialect.Recorded}, Request: 30 * time.Second, Idle: 30 * time.Second}
			if name == "stall" {
				call.Idle = 50 * time.Millisecond
			}
			c.Do(context.Background(), time.Now(), call, &row)
			if row.Class != test.class || row.Sent < 0 || row.End < row.Sent {
				t.Errorf("%s: %+v", name, row)
			}
			if test.class == plimsoll.ClassOK && (row.UsageCompletion != 5 || row.FirstToken < row.FirstByte || row.LastToken < row.FirstToken) {
				t.Errorf("%s: %+v", name, row)
			}
		}
		_ = c.Close()
		if name == "stall" {
			once.Do(func() { close(free) })
		}
		srv.Close()
	}
}

func TestRouting(t *testing.T) {
	for routing, want := range map[Routing]string{Sticky: "1 1 1 1 ", RoundRobin: "1 2 0 1 "} {
		var urls []string
		for range 3 {
			srv := httptest.NewServer(streamer(5))
			defer srv.Close()
			urls = append(urls, srv.URL+"/v1")
		}
		c := newTestClient(t, "", func(c *Config) { c.URLs, c.Routing = urls, routing })
		got := ""
		for range 4 {
			if err := c.Renew(context.Background(), 4, 0); err != nil {
				t.Fatal(err)
			}
			row := plimsoll.Row{Due: 1 << 40}
			c.Do(context.Background(), time.Now(), Call{Slot: 4, Encoded: encode(t, 5), Output: dialect.Output{Policy: dialect.Recorded}, Request: 30 * time.Second}, &row)
			if row.Class != plimsoll.ClassOK {
				t.Errorf("%+v", row)
			}
			got += fmt.Sprint(row.URL, " ")
		}
		if got != want {
			t.Errorf("%s: URLs %s, want %s", routing, got, want)
		}
		_ = c.Close()
	}
}

// A proxy sees a CONNECT with its credentials, and the turn goes through.
func TestProxy(t *testing.T) {
	srv := httptest.NewServer(streamer(5))
	defer srv.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer l.Close()
	asked := make(chan string, 4)
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { proxyOnce(c, asked) })
		}
	})
	c := newTestClient(t, srv.URL, func(c *Config) { c.Proxy = Secret("http://u:hush@" + l.Addr().String()) })
	row := plimsoll.Row{}
	c.Do(context.Background(), time.Now(), Call{Encoded: encode(t, 5), Output: dialect.Output{Policy: dialect.Recorded}, Request: 30 * time.Second}, &row)
	if row.Class != plimsoll.ClassOK {
		t.Errorf("%+v", row)
	}
	if got, want := <-asked, strings.TrimPrefix(srv.URL, "http://")+" Basic dTpodXNo"; got != want {
		t.Errorf("proxy was asked for %q, want %q", got, want)
	}
	_ = c.Close()

	refused := newTestClient(t, srv.URL, func(c *Config) { c.Proxy = Secret("http://" + l.Addr().String()) })
	refused.Do(context.Background(), time.Now(), Call{Encoded: encode(t, 5), Request: 30 * time.Second}, &row)
	if row.Class != plimsoll.ClassRefused || !strings.Contains(row.Error, "proxy: CONNECT refused with HTTP 407") {
		t.Errorf("%+v", row)
	}
	gone := newTestClient(t, srv.URL, func(c *Config) { c.Proxy = "http://u:hush@127.0.0.1:1" })
	if _, err := gone.Identify(context.Background()); err == nil || !strings.Contains(err.Error(), "(proxy: connection refused): start the proxy") || strings.Contains(err.Error(), "hush") {
		t.Errorf("a proxy that is not there: %v", err)
	}
}

// proxyOnce is a proxy that wants credentials.
func proxyOnce(c net.Conn, asked chan<- string) {
	defer c.Close()
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	auth := req.Header.Get("Proxy-Authorization")
	if auth == "" {
		fmt.Fprint(c, "HTTP/1.1 407 No\r\n\r\n")
		return
	}
	asked <- req.Host + " " + auth
	out, err := net.Dial("tcp", req.Host)
	if err != nil {
		return
	}
	defer out.Close()
	fmt.Fprint(c, "HTTP/1.1 200 Connected\r\n\r\n")
	done := make(chan struct{})
	go func() { _, _ = io.Copy(out, c); _ = out.(*net.TCPConn).CloseWrite(); close(done) }()
	_, _ = io.Copy(c, out)
	_ = c.(*net.TCPConn).CloseWrite()
	<-done
}
