package client

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// streamServer is the environment variable that makes this test binary a server of
// paced streams: a process of its own, so that its CPU is not the client's.
const streamServer = "PLIMSOLL_TEST_STREAM_SERVER"

// serveStreams listens, prints its address and streams events of one token at the
// rate that a request's path ends in, until stdin closes.
func serveStreams() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go streamPaced(c)
		}
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func streamPaced(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	event := chunk(`data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","created":1764000000,"model":"m","choices":[{"index":0,"delta":{"content":" abc"},"finish_reason":null}]}` + "\n\n")
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		var events int
		var every time.Duration
		if _, err := fmt.Sscanf(req.Header.Get("X-Pace"), "%d@%d", &events, &every); err != nil {
			return
		}
		_, _ = io.WriteString(c, streamHead)
		tick := time.NewTicker(every)
		for range events {
			<-tick.C
			if _, err := io.WriteString(c, event); err != nil {
				tick.Stop()
				return
			}
		}
		tick.Stop()
		_, _ = io.WriteString(c, chunk(delta(" abc", "length")+endMark)+"0\r\n\r\n")
	}
}
