package metronome

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves a metronome; stop ends it and returns its log.
func start(t *testing.T, rate int) (address string, stop func() map[string]Log) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	ended := make(chan error, 1)
	go func() { ended <- (&Metronome{Rate: rate}).Serve(l, &log) }()
	return l.Addr().String(), func() map[string]Log {
		l.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		return ReadLog(&log)
	}
}

// request is a chat request whose body has a given length at least.
func request(id string, length, tokens int) string {
	body := strings.Repeat("x", length) + fmt.Sprintf(`],"max_tokens":%d,"min_tokens":%d,"ignore_eos":true}`, tokens, tokens)
	return fmt.Sprintf("POST /v1/chat/completions HTTP/1.1\r\nHost: m\r\nX-Request-Id: %s\r\nContent-Length: %d\r\n\r\n%s", id, len(body), body)
}

// Replies come one after another on a kept connection, at the rate, and the log
// says when.
func TestServe(t *testing.T) {
	address, stop := start(t, 200)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	begun := time.Now().UnixNano()
	for i, length := range []int{0, 10, 200_000} {
		if _, err := io.WriteString(c, request(fmt.Sprint("turn-", i), length, 5)); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if n := strings.Count(string(body), `"content":" abc"`); err != nil || n != 5 || !strings.HasSuffix(string(body), "[DONE]\n\n") {
			t.Fatalf("%d tokens, %v: %s", n, err, body)
		}
	}
	log := stop()
	for i, before := 0, begun; i < 3; i++ {
		l := log[fmt.Sprint("turn-", i)]
		if l.First <= before || l.Last-l.First < int64(15*time.Millisecond) || l.Last > time.Now().UnixNano() {
			t.Errorf("turn %d: %+v, before it %d", i, l, before)
		}
		before = l.Last
	}
}

// A client that does not read holds nobody else up, and the end cuts its stream,
// which stands in no log.
func TestStuckClient(t *testing.T) {
	address, stop := start(t, 1000)
	stuck, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer stuck.Close()
	// Small, so that little fills it.
	if err := stuck.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	io.WriteString(stuck, request("stuck", 0, 1_000_000))
	req, err := http.NewRequest(http.MethodPost, "http://"+address+"/v1/chat/completions", strings.NewReader(`{"max_tokens":20}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Request-Id", "reader")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	http.DefaultClient.CloseIdleConnections()
	if n := strings.Count(string(body), `"content"`); err != nil || n != 20 {
		t.Errorf("%d tokens, %v", n, err)
	}
	if log := stop(); len(log) != 1 || log["reader"].First == 0 {
		t.Errorf("%v", log)
	}
}

// A connection that is no more is left alone, and the others go on.
func TestServeSurvivesClose(t *testing.T) {
	address, stop := start(t, 1000)
	for _, text := range []string{request("gone", 0, 1000), "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nHost: m\r\nContent-Length: 5000\r\n\r\nx"} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, text)
		c.Close()
	}
	resp, err := http.Get("http://" + address + "/v1/models")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	http.DefaultClient.CloseIdleConnections()
	if !strings.Contains(string(body), "simulated") {
		t.Errorf("%s", body)
	}
	stop()
}

// The bound is found at a body's end, wherever the buffer ends.
func TestTokens(t *testing.T) {
	server, client := pair(t)
	s, err := newStream(server)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		body := strings.Repeat("x", rapid.IntRange(0, 40_000).Draw(t, "length")) + `],"max_tokens":321,"min_tokens":321,"ignore_eos":true}`
		var from io.Reader = server
		if rapid.Bool().Draw(t, "halves") {
			from = iotest.HalfReader(server)
		}
		r := bufio.NewReaderSize(from, rapid.IntRange(16, 8192).Draw(t, "buffer"))
		if _, err := io.WriteString(client, "."+body); err != nil {
			t.Fatal(err)
		}
		if _, err := r.ReadByte(); err != nil {
			t.Fatal(err)
		}
		if n, err := s.tokens(r, int64(len(body))); n != 321 || err != nil || r.Buffered() > 0 {
			t.Fatalf("%d, %v, %d left", n, err, r.Buffered())
		}
	})
}

// pair returns the two ends of a connection.
func pair(t *testing.T) (server, client net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return server, client
}

// The queue gives back what was put in, in order.
func TestQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var want []*stream
		t.Repeat(map[string]func(*rapid.T){
			"push": func(*rapid.T) { s := &stream{}; q.push(s); want = append(want, s) },
			"pop": func(t *rapid.T) {
				if len(want) == 0 {
					t.Skip("queue is empty")
				}
				if q.front() != want[0] {
					t.Fatal("not the oldest")
				}
				q.pop()
				want = want[1:]
			},
			"": func(t *rapid.T) {
				if q.size != len(want) || len(want) == 0 && q.front() != nil {
					t.Fatalf("%d, want %d", q.size, len(want))
				}
			},
		})
	})
}
