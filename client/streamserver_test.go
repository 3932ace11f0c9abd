package client

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"

	"plimsoll/sim/metronome"
)

// streamServer is the environment variable that makes this test binary a metronome of
// so many events a second: a process of its own, so that its CPU is not the client's.
const streamServer = "PLIMSOLL_TEST_STREAM_SERVER"

// serveStreams listens, prints its address and streams until stdin closes.
func serveStreams() {
	rate, err := strconv.Atoi(os.Getenv(streamServer))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = l.Close()
	}()
	_ = (&metronome.Metronome{Rate: rate}).Serve(l, io.Discard)
}
