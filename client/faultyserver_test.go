package client

import (
	"bufio"
	"crypto/tls"
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
	"sync/atomic"
	"testing"
)

// faulty is a server that does what a script says on each connection.
type faulty struct {
	url      string
	requests atomic.Int32
	open     sync.WaitGroup
}

// script plays one reply; the request was read. It returns false to close.
type script func(f *faulty, c net.Conn) bool

// links are how a client reaches a server: read by the poller, or by the turn itself.
func links() []string { return []string{"plain", "TLS"} }

// identity is a certificate of a server and the file that trusts it.
type identity struct {
	cert tls.Certificate
	file string
}

func newIdentity(t *testing.T) identity {
	srv := httptest.NewTLSServer(nil)
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return identity{srv.TLS.Certificates[0], file}
}

func serveScript(t *testing.T, play script) *faulty { return serveScriptTo(t, play, nil) }

// serveScriptTo serves over TLS where it is given an identity.
func serveScriptTo(t *testing.T, play script, id *identity) *faulty {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &faulty{url: "http://" + l.Addr().String()}
	if id != nil {
		f.url = "https://" + l.Addr().String()
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{id.cert}})
	}
	f.open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.open.Go(func() { f.serve(c, play) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		f.open.Wait() // every connection of the client must have ended
	})
	return f
}

func (f *faulty) serve(c net.Conn, play script) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		f.requests.Add(1)
		if !play(f, c) {
			return
		}
	}
}

const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"

func chunk(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }

func delta(text, finish string) string {
	if finish == "" {
		finish = "null"
	} else {
		finish = `"` + finish + `"`
	}
	return fmt.Sprintf(`data: {"choices":[{"index":0,"delta":{"content":%q},"finish_reason":%s}]}`+"\n\n", text, finish)
}

func usageEvent(n int) string {
	return fmt.Sprintf(`data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":%d}}`+"\n\n", n)
}

const endMark = "data: [DONE]\n\n"

// send writes a reply; pieces are written one by one.
func send(pieces ...string) script {
	return func(_ *faulty, c net.Conn) bool {
		for _, p := range pieces {
			if _, err := io.WriteString(c, p); err != nil {
				return false
			}
		}
		return true
	}
}

// whole is a chunked stream that ends well.
func whole(events ...string) script {
	pieces := []string{streamHead}
	for _, e := range events {
		if e != "" { // an empty chunk would end the body
			pieces = append(pieces, chunk(e))
		}
	}
	return send(append(pieces, "0\r\n\r\n")...)
}

// then plays one script after another.
func then(scripts ...script) script {
	return func(f *faulty, c net.Conn) bool {
		for _, s := range scripts {
			if !s(f, c) {
				return false
			}
		}
		return true
	}
}

func hangUp(*faulty, net.Conn) bool { return false }

func reset(_ *faulty, c net.Conn) bool {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	_ = c.(*net.TCPConn).SetLinger(0)
	_ = c.Close()
	return false
}

// stall waits until the client goes away.
func stall(_ *faulty, c net.Conn) bool { _, _ = io.Copy(io.Discard, c); return false }

func flood(piece string) script {
	block := strings.Repeat(piece, 1+(64<<10)/len(piece))
	return func(_ *faulty, c net.Conn) bool {
		for {
			if _, err := io.WriteString(c, block); err != nil {
				return false
			}
		}
	}
}

func everyByte(s string) script { return send(strings.Split(s, "")...) }

func plain(status, headers, body string) script {
	return send(fmt.Sprintf("HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s", status, headers, len(body), body))
}
