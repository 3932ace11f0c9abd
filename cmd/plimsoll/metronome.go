package main

import (
	"context"
	"fmt"
	"io"
	"net"

	"plimsoll/sim/metronome"
)

// serveMetronome serves the calibration's engine: it prints where it listens, then,
// when in has ended, the log of what it sent. certificate is the folder of the secure
// one's, "" for the plain one.
func serveMetronome(ctx context.Context, rate int, certificate string, in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("metronome: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	go func() { // ends with stdin, at the latest with the process
		_, _ = io.Copy(io.Discard, in)
		_ = l.Close()
	}()
	if certificate != "" {
		fmt.Fprintf(out, "%shttps://%s/v1\n", listening, l.Addr())
		return (&secureMetronome{rate: rate}).serve(l, certificate, out)
	}
	fmt.Fprintf(out, "%shttp://%s/v1\n", listening, l.Addr())
	return (&metronome.Metronome{Rate: rate}).Serve(l, out)
}
