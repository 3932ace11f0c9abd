package client

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// kept is the bytes of a reply's body.
type kept []byte

func (k *kept) body(p []byte) error { *k = append(*k, p...); return nil }

// readAll feeds a reply in steps and returns its body, how many bytes were used and
// the error.
func readAll(r *response, data []byte, step int) (body []byte, used int, err error) {
	for used < len(data) && err == nil && r.state != over {
		var n int
		n, err = r.feed(data[used:min(used+step, len(data))], (*kept)(&body))
		used += n
	}
	return body, used, err
}

// Any split of a reply's bytes gives the same reply, and net/http reads the same
// from those that it takes.
func FuzzResponse(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; x\r\nTransfer-Encoding: chunked\r\n\r\n5;a\r\nhello\r\n0\r\nT: x\r\n\r\nrest"), uint8(3))
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 3\r\nKeep-Alive: timeout=5, max=9\r\n\r\nabcd"), uint8(1))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0;"+strings.Repeat("0", 300)+"\r\n\r\n"), uint8(3))
	f.Add([]byte("HTTP/1.0 200\r\n\r\nuntil the end"), uint8(7))
	f.Add([]byte("HTTP/1.1 204 None\r\nConnection: close\r\n\r\n"), uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, size uint8) {
		var whole, split response
		body, used, err := readAll(&whole, data, len(data)+1)
		body2, used2, err2 := readAll(&split, data, int(size)%16+1)
		if (err == nil) != (err2 == nil) || err == nil && (used != used2 || !bytes.Equal(body, body2) || whole.status != split.status || whole.state != split.state) {
			t.Fatalf("whole: %d %q %d %v, split: %d %q %d %v", whole.status, body, used, err, split.status, body2, used2, err2)
		}
		if err != nil || whole.state != over || whole.status < 200 {
			return
		}
		ref, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(data[:used])), &http.Request{Method: "POST"})
		if err != nil || ref.StatusCode < 200 {
			return // net/http is stricter, or shows an interim head
		}
		want, err := io.ReadAll(ref.Body)
		if err == nil && (ref.StatusCode != whole.status || !bytes.Equal(want, body)) {
			t.Fatalf("%d %q, net/http has %d %q", whole.status, body, ref.StatusCode, want)
		}
	})
}

func TestResponseHead(t *testing.T) {
	for text, check := range map[string]func(*response) bool{
		"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=x\r\n": func(r *response) bool { return r.kind == "text/event-stream" && r.left == -1 && !r.close },
		"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n":                          func(r *response) bool { return r.state == over },
		"HTTP/1.0 200 OK\r\n":                                                    func(r *response) bool { return r.close },
		"HTTP/1.1 200 OK\r\nConnection: Close\r\n":                               func(r *response) bool { return r.close },
		"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n":                            func(r *response) bool { return r.coded },
		"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=100\r\nServer: llama\r\n": func(r *response) bool { return r.keep.Seconds() == 5 && r.server == "llama" },
	} {
		var r response
		if _, err := r.feed([]byte(text+"\r\n"), new(kept)); err != nil || !check(&r) {
			t.Errorf("%q: %+v, %v", text, r, err)
		}
	}
	for _, text := range []string{"HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\n\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "junk!", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHead)} {
		var r response
		if _, err := r.feed([]byte(text), new(kept)); err == nil {
			t.Errorf("%.40q was taken", text)
		}
	}
}
