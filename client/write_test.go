package client

import (
	"bufio"
	"context"
	"crypto/sha256"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/dialect"
)

// bigTurn is a turn whose body is larger than any socket buffer.
func bigTurn(t *testing.T) *dialect.Encoded {
	tr := testTrajectory(2)
	tr.Segments[0].Text = strings.Repeat("0123456789abcdef", 1<<20)
	e, err := chatDialect(t).Encode(tr, dialect.Options{Model: "m", Usage: true})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// serveRaw serves one connection by hand.
func serveRaw(t *testing.T, serve func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		serve(c)
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return "http://" + l.Addr().String()
}

// A body that does not fit into the socket arrives whole and in order.
func TestBigBody(t *testing.T) {
	e := bigTurn(t)
	salts := dialect.Salts{Level: []byte("level"), Walk: []byte("walk")}
	want := sha256.New()
	slices, _ := e.Request(nil, 0, salts, dialect.Output{Policy: dialect.Recorded})
	for _, s := range slices {
		want.Write(s)
	}
	sums := make(chan string, 1)
	url := serveRaw(t, func(c net.Conn) {
		time.Sleep(50 * time.Millisecond) // until the client's writes find the buffers full
		req, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			t.Error(err)
			return
		}
		got := sha256.New()
		if _, err := io.Copy(got, req.Body); err != nil {
			t.Error(err)
		}
		sums <- string(got.Sum(nil))
		whole(delta(" abc", ""), delta(" abc", "length"), usageEvent(2), endMark)(nil, c)
	})
	c := newTestClient(t, url, nil)
	row := plimsoll.Row{}
	c.Do(context.Background(), time.Now(), Call{Encoded: e, Salts: salts, Output: dialect.Output{Policy: dialect.Recorded}, Request: time.Minute}, &row)
	if row.Class != plimsoll.ClassOK {
		t.Fatalf("%+v", row)
	}
	if <-sums != string(want.Sum(nil)) {
		t.Error("the body that arrived is not the one that was sent")
	}
	_ = c.Close()
}

// An engine that takes no more bytes: it may have replied, hung up, or do nothing.
func TestBodyIsNotTaken(t *testing.T) {
	big := bigTurn(t)
	for name, test := range map[string]struct {
		serve  func(net.Conn)
		cancel bool
		class  plimsoll.Class
	}{
		"replies early": {func(c net.Conn) {
			_, _ = io.ReadFull(c, make([]byte, 1000))
			_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
			_, _ = io.Copy(io.Discard, c)
		}, false, plimsoll.ClassHTTP},
		"hangs up": {func(c net.Conn) { _, _ = io.ReadFull(c, make([]byte, 1000)) }, false, plimsoll.ClassRefused},
		"stalls":   {func(c net.Conn) { time.Sleep(time.Second) }, false, plimsoll.ClassTimeout},
		"is left":  {func(c net.Conn) { time.Sleep(time.Second) }, true, plimsoll.ClassCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTestClient(t, serveRaw(t, test.serve), nil)
			call := Call{Encoded: big, Output: dialect.Output{Policy: dialect.Recorded}, Request: time.Minute}
			if test.class == plimsoll.ClassTimeout {
				call.Request = 200 * time.Millisecond
			}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if test.cancel {
				time.AfterFunc(100*time.Millisecond, cancel)
			}
			row := plimsoll.Row{}
			c.Do(ctx, time.Now(), call, &row)
			if row.Class != test.class {
				t.Errorf("%+v", row)
			}
			_ = c.Close()
		})
	}
}
