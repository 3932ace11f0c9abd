package client

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/dialect"
)

func TestFaultyEngine(t *testing.T) {
	good := []string{delta(" abc", ""), delta(" abc", "length"), usageEvent(2), endMark}
	for name, test := range map[string]struct {
		play   script
		policy dialect.Policy
		class  plimsoll.Class
		error  string // part of Row.Error
		check  func(*plimsoll.Row) bool
	}{
		"well":                  {play: whole(good...), class: plimsoll.ClassOK},
		"reset mid-stream":      {play: then(send(streamHead, chunk(good[0])), reset), class: plimsoll.ClassCut},
		"closed mid-stream":     {play: then(send(streamHead, chunk(good[0])), hangUp), class: plimsoll.ClassCut, error: "closed by the engine"},
		"closed in a chunk":     {play: then(send(streamHead, "ff\r\n"+good[0]), hangUp), class: plimsoll.ClassCut},
		"reset at once":         {play: reset, class: plimsoll.ClassRefused},
		"closed at once":        {play: hangUp, class: plimsoll.ClassRefused},
		"stall in the stream":   {play: then(send(streamHead, chunk(good[0])), stall), class: plimsoll.ClassTimeout, error: "no byte"},
		"stall before a token":  {play: then(send(streamHead), stall), class: plimsoll.ClassTimeout, error: "request's time-out"},
		"stall before a byte":   {play: stall, class: plimsoll.ClassTimeout, error: "request's time-out"},
		"429":                   {play: plain("429 Too Many Requests", "Retry-After: 0\r\n", `{"error":{"message":"slow\ndown"}}`), class: plimsoll.ClassHTTP, error: "HTTP 429: slow down"},
		"500":                   {play: plain("500 Oops", "", "stack trace with a secret"), class: plimsoll.ClassHTTP, error: "HTTP 500", check: func(r *plimsoll.Row) bool { return r.Status == 500 && r.Error == "HTTP 500" }},
		"503":                   {play: plain("503 Busy", "Retry-After: 1\r\n", ""), class: plimsoll.ClassHTTP, error: "HTTP 503"},
		"redirect":              {play: plain("307 Temporary Redirect", "Location: http://127.0.0.2:9/v1/x\r\n", ""), class: plimsoll.ClassHTTP, error: "HTTP 307"},
		"plain JSON":            {play: plain("200 OK", "Content-Type: application/json\r\n", `{"choices":[]}`), class: plimsoll.ClassNoStream, error: "application/json"},
		"plain JSON, no type":   {play: plain("200 OK", "", `{"choices":[]}`), class: plimsoll.ClassNoStream},
		"empty 200":             {play: plain("200 OK", "Content-Type: text/event-stream\r\n", ""), class: plimsoll.ClassCut},
		"gzip bomb":             {play: then(send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n"), flood("\x1f\x8b")), class: plimsoll.ClassMalformed, error: "compressed"},
		"endless line":          {play: then(send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: "), flood("x")), class: plimsoll.ClassMalformed, error: "size cap"},
		"endless stream":        {play: then(send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"), flood(": ping\n\n")), class: plimsoll.ClassMalformed, error: "size cap"},
		"endless head":          {play: then(send("HTTP/1.1 200 OK\r\nX: "), flood("x")), class: plimsoll.ClassMalformed, error: "no HTTP/1.1"},
		"endless heads":         {play: then(send("HTTP/1.1 100 Continue\r\n"), flood("X: y\r\n\r\nHTTP/1.1 102 Processing\r\n")), class: plimsoll.ClassMalformed, error: "no HTTP/1.1"},
		"endless trailer":       {play: then(send(streamHead, chunk(good[0]), "0\r\n"), flood("X: y\r\n")), class: plimsoll.ClassMalformed, error: "no HTTP/1.1"},
		"endless error body":    {play: then(send("HTTP/1.1 500 X\r\n\r\n"), flood("x")), class: plimsoll.ClassMalformed},
		"no HTTP":               {play: then(send("220 smtp ready\r\n"), hangUp), class: plimsoll.ClassMalformed, error: "no HTTP/1.1"},
		"bad chunk size":        {play: then(send(streamHead, "zz\r\n"), hangUp), class: plimsoll.ClassMalformed, error: "no HTTP/1.1"},
		"no JSON in an event":   {play: whole("data: boo\n\n"), class: plimsoll.ClassMalformed, error: "no JSON"},
		"event at every byte":   {play: everyByte(streamHead + chunk(good[0]) + chunk(good[1]+good[2]+good[3]) + "0\r\n\r\n"), class: plimsoll.ClassOK},
		"chunk at every byte":   {play: whole(strings.Split(strings.Join(good, ""), "")...), class: plimsoll.ClassOK},
		"half a rune":           {play: whole("data: {\"choices\":[{\"delta\":{\"content\":\"caf\xc3", "\xa9f\xc3\xa9\"},\"finish_reason\":\"length\"}]}\n\n", usageEvent(2), endMark), class: plimsoll.ClassOK, check: func(r *plimsoll.Row) bool { return r.LocalTokens == 2 }},
		"empty deltas":          {play: whole(delta("", ""), delta("", "length"), usageEvent(0), endMark), class: plimsoll.ClassNoTokens},
		"usage twice":           {play: whole(good[0], usageEvent(1), good[1], good[2], endMark), class: plimsoll.ClassOK, check: func(r *plimsoll.Row) bool { return r.UsageCompletion == 2 }},
		"no usage":              {play: whole(good[0], good[1], endMark), class: plimsoll.ClassOK, check: func(r *plimsoll.Row) bool { return r.UsageCompletion == -1 && r.LocalTokens == 2 }},
		"early end mark":        {play: whole(good[0], usageEvent(1), endMark), class: plimsoll.ClassWrongLength, error: "1 tokens instead of 2"},
		"stops early":           {play: whole(delta(" abc", "stop"), usageEvent(1), endMark), class: plimsoll.ClassWrongLength},
		"stops in time":         {play: whole(good[0], delta(" abc", "stop"), usageEvent(2), endMark), class: plimsoll.ClassWrongLength, error: `finish is "stop"`},
		"stops, policy free":    {play: whole(delta(" abc", "stop"), usageEvent(1), endMark), policy: dialect.Free, class: plimsoll.ClassOK},
		"ends in a tool call":   {play: whole(good[0], delta(" abc", "tool_calls"), usageEvent(2), endMark), class: plimsoll.ClassOK},
		"end mark is missing":   {play: whole(good[0], good[1], good[2]), class: plimsoll.ClassOK},
		"end without a mark":    {play: whole(good[0]), class: plimsoll.ClassCut, error: "before its end mark"},
		"end mark, then open":   {play: then(send(streamHead, chunk(strings.Join(good, ""))), stall), class: plimsoll.ClassOK},
		"end mark, then closed": {play: then(send(streamHead, chunk(strings.Join(good, ""))), hangUp), class: plimsoll.ClassOK},
		"never an end":          {play: then(send(streamHead, chunk(good[0]+good[1]+good[2])), stall), class: plimsoll.ClassTimeout},
		"error in the stream":   {play: whole(good[0], `data: {"error":{"message":"KV cache\u0007 is full","code":500}}`+"\n\n", endMark), class: plimsoll.ClassEngineError, error: "KV cache  is full"},
		"given up":              {play: whole(good[0], delta("", "abort"), usageEvent(1), endMark), policy: dialect.Free, class: plimsoll.ClassEngineError, error: "finish_reason abort"},
		"until close":           {play: then(send("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"+strings.Join(good, "")), hangUp), class: plimsoll.ClassOK},
		"interim head":          {play: then(send("HTTP/1.1 100 Continue\r\n\r\n"), whole(good...)), class: plimsoll.ClassOK},
		"chunk extension":       {play: send(streamHead, strings.Replace(chunk(strings.Join(good, "")), "\r\n", ";a=b\r\n", 1), "0\r\nX: y\r\n\r\n"), class: plimsoll.ClassOK},
		"looping":               {play: whole(delta(strings.Repeat("again ", 200), "length"), usageEvent(2), endMark), class: plimsoll.ClassOK, check: func(r *plimsoll.Row) bool { return r.Output == "looping" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.policy == "" {
				test.policy = dialect.Recorded
			}
			f := serveScript(t, test.play)
			c := newTestClient(t, f.url, func(c *Config) { c.Caps.Total = 4 << 20 })
			row := plimsoll.Row{}
			call := Call{Encoded: encode(t, 2), Output: dialect.Output{Policy: test.policy}, Request: 700 * time.Millisecond, Idle: 100 * time.Millisecond}
			if !strings.Contains(test.error, "no byte") && !strings.Contains(test.error, "time-out") && test.class != plimsoll.ClassTimeout {
				call.Request, call.Idle = 30*time.Second, 30*time.Second
			}
			c.Do(context.Background(), time.Now(), call, &row)
			if row.Class != test.class || !strings.Contains(row.Error, test.error) {
				t.Fatalf("class %s %q, want %s %q", row.Class, row.Error, test.class, test.error)
			}
			if row.Sent < 0 || row.End < row.Sent {
				t.Errorf("instants: %+v", row)
			}
			inPopulation(t, row)
			if test.check != nil && !test.check(&row) {
				t.Errorf("%+v", row)
			}
			if n := f.requests.Load(); n != 1 {
				t.Errorf("%d requests: a turn is sent once", n)
			}
			_ = c.Close()
		})
	}
}

// A turn after any other outcome is well: the lane is left in order.
func TestTurnAfterFailure(t *testing.T) {
	good := whole(delta(" abc", ""), delta(" abc", "length"), usageEvent(2), endMark)
	f := serveScript(t, func(f *faulty, c net.Conn) bool {
		switch f.requests.Load() {
		case 1:
			return then(send(streamHead, chunk(delta(" abc", ""))), reset)(f, c)
		case 2:
			return plain("500 X", "", "{}")(f, c)
		case 3:
			return send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}trailing rubbish")(f, c)
		}
		return good(f, c)
	})
	c := newTestClient(t, f.url, nil)
	for _, want := range []plimsoll.Class{plimsoll.ClassCut, plimsoll.ClassHTTP, plimsoll.ClassNoStream, plimsoll.ClassOK, plimsoll.ClassOK} {
		row := plimsoll.Row{}
		c.Do(context.Background(), time.Now(), Call{Encoded: encode(t, 2), Output: dialect.Output{Policy: dialect.Recorded}, Request: 30 * time.Second}, &row)
		if row.Class != want {
			t.Errorf("class %s %q, want %s", row.Class, row.Error, want)
		}
	}
}

// A connection that the engine closed during the tool delay is renewed then: the
// turn pays nothing. Unrenewed, its connect is booked.
func TestRenew(t *testing.T) {
	good := whole(delta(" abc", ""), delta(" abc", "length"), usageEvent(2), endMark)
	f := serveScript(t, then(good, hangUp))
	c := newTestClient(t, f.url, nil)
	epoch := time.Now()
	for turn := range 4 {
		if renew := turn%2 == 0; renew {
			if err := c.Renew(context.Background(), 0, 0); err != nil {
				t.Fatal(err)
			}
		}
		row := plimsoll.Row{Due: plimsoll.Instant(time.Since(epoch))}
		c.Do(context.Background(), epoch, Call{Encoded: encode(t, 2), Output: dialect.Output{Policy: dialect.Recorded}, Request: 30 * time.Second}, &row)
		if row.Class != plimsoll.ClassOK || (turn%2 == 0) != (row.Connect == 0) {
			t.Errorf("turn %d: class %s %q, connect %d", turn, row.Class, row.Error, row.Connect)
		}
		// The engine's close must have arrived before the next turn looks.
		for l := c.lane(0, 0); l.alive(0); {
			time.Sleep(time.Millisecond)
		}
	}
}

// An engine that closes a kept connection while the next request is on its way has
// not refused the turn: it goes on a new connection, once, and the engine pays.
func TestStaleConnection(t *testing.T) {
	good := whole(delta(" abc", ""), delta(" abc", "length"), usageEvent(2), endMark)
	f := serveScript(t, func(f *faulty, c net.Conn) bool {
		if f.requests.Load() != 2 && f.requests.Load() < 4 {
			return good(f, c)
		}
		return false // after it took the request
	})
	c := newTestClient(t, f.url, nil)
	for _, want := range []plimsoll.Class{plimsoll.ClassOK, plimsoll.ClassOK, plimsoll.ClassRefused} {
		row := plimsoll.Row{}
		c.Do(context.Background(), time.Now(), Call{Encoded: encode(t, 2), Output: dialect.Output{Policy: dialect.Recorded}, Request: 30 * time.Second}, &row)
		if row.Class != want || row.Class == plimsoll.ClassOK && row.FirstByte < row.Sent {
			t.Errorf("class %s %q, want %s", row.Class, row.Error, want)
		}
	}
	if n := f.requests.Load(); n != 5 {
		t.Errorf("%d requests, want 5: one, one and its second, one and its second", n)
	}
}

func TestCancel(t *testing.T) {
	for name, play := range map[string]script{
		"waiting":   stall,
		"streaming": then(send(streamHead, chunk(delta(" abc", ""))), stall),
	} {
		ctx, cancel := context.WithCancel(context.Background())
		begun := make(chan struct{})
		f := serveScript(t, func(f *faulty, c net.Conn) bool { close(begun); return play(f, c) })
		c := newTestClient(t, f.url, nil)
		go func() {
			<-begun
			time.Sleep(20 * time.Millisecond)
			cancel()
		}()
		row := plimsoll.Row{}
		c.Do(ctx, time.Now(), Call{Encoded: encode(t, 2), Output: dialect.Output{Policy: dialect.Recorded}, Request: 30 * time.Second, Idle: 30 * time.Second}, &row)
		if row.Class != plimsoll.ClassCancelled || (row.FirstToken >= 0) != (name == "streaming") || row.Sent < 0 {
			t.Errorf("%s: %+v", name, row)
		}
	}
}

func TestConnect(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	_ = l.Close()
	hang := func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
	for name, test := range map[string]struct {
		change func(*Config)
		class  plimsoll.Class
	}{
		"refused": {nil, plimsoll.ClassRefused},
		"hangs":   {func(c *Config) { c.Dial, c.Connect = hang, 20*time.Millisecond }, plimsoll.ClassTimeout},
	} {
		c := newTestClient(t, closed, test.change)
		row := plimsoll.Row{}
		c.Do(context.Background(), time.Now(), Call{Encoded: encode(t, 2), Request: 30 * time.Second}, &row)
		if row.Class != test.class || row.Sent < 0 || row.End < row.Sent {
			t.Errorf("%s: %+v", name, row)
		}
	}
}

func TestFirstChunkTokens(t *testing.T) {
	with := func(text string, n int, finish string) string {
		return strings.Replace(delta(text, finish), "}\n\n", fmt.Sprintf(`,"usage":{"prompt_tokens":1,"completion_tokens":%d}}`, n)+"\n\n", 1)
	}
	big, small := strings.Repeat(" abc", 100), strings.Repeat(" abc", 10)
	pause := func(*faulty, net.Conn) bool { time.Sleep(30 * time.Millisecond); return true }
	two := func(first, second string) script {
		return then(send(streamHead, chunk(delta("", ""))), pause, send(chunk(first)), pause, send(chunk(second+usageEvent(110)+endMark), "0\r\n\r\n"))
	}
	for name, test := range map[string]struct {
		play   script
		exact  bool
		source string
	}{
		"usage": {two(with(big, 100, ""), with(small, 110, "length")), false, "usage"},
		"local": {two(delta(big, ""), delta(small, "length")), true, "local"},
		"bytes": {two(delta(big, ""), delta(small, "length")), false, "bytes"},
	} {
		f := serveScript(t, test.play)
		c := newTestClient(t, f.url, func(c *Config) { c.Exact = test.exact })
		row := plimsoll.Row{}
		c.Do(context.Background(), time.Now(), Call{Encoded: encode(t, 110), Output: dialect.Output{Policy: dialect.Recorded}, Request: 30 * time.Second}, &row)
		if row.Class != plimsoll.ClassOK || row.FirstChunkTokens != 100 || row.FirstChunkSource != test.source || row.UsageCompletion != 110 {
			t.Errorf("%s: %+v", name, row)
		}
		if !row.FirstToken.After(row.FirstByte) || !row.LastToken.After(row.FirstToken) {
			t.Errorf("%s: a filler stopped the clock: %+v", name, row)
		}
	}
}
