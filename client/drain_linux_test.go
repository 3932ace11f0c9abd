package client

import (
	"fmt"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/dialect"
)

// BenchmarkDrain writes an event to some of many connections and reports the CPU time
// of the thread that reads and takes them, an event: the poller's own cost, without
// waiting, wake-ups or an engine's work beside it.
func BenchmarkDrain(b *testing.B) {
	for _, shape := range []struct{ burst, of int }{{20, 1000}, {100, 1000}, {100, 5000}} {
		b.Run(fmt.Sprintf("%dof%d", shape.burst, shape.of), func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			p, err := newPoller()
			if err != nil {
				b.Fatal(err)
			}
			p.close() // its loop: this thread drains
			if p.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
				b.Fatal(err)
			}
			defer unix.Close(p.fd)
			out := streaming(b, p, shape.of)
			event := []byte(`data: {"id":"chatcmpl-0123456789abcdef0123456789abcdef","object":"chat.completion.chunk","created":1764000000,"model":"metronome","choices":[{"index":0,"delta":{"content":" abc"},"finish_reason":null}]}` + "\n\n")
			event = fmt.Appendf(nil, "%x\r\n%s\r\n", len(event), event)
			var costs []float64
			for next := 0; b.Loop(); {
				for range shape.burst {
					if _, err := unix.Write(out[next%shape.of], event); err != nil {
						b.Fatal(err)
					}
					next++
				}
				before := threadTime()
				p.drain(0)
				costs = append(costs, float64((threadTime()-before).Nanoseconds())/1e3/float64(shape.burst))
			}
			slices.Sort(costs)
			b.ReportMetric(costs[len(costs)/2], "median-cpu-us/event")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// streaming returns the writing ends of connections whose turns have read the reply's
// head.
func streaming(b *testing.B, p *poller, conns int) (out []int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	for range conns {
		out = append(out, plainSocket(b, l.Addr().String()))
		in, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		link, err := p.adopt(in)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(link.close)
		x := newExchange(chatDialect(b), dialect.Caps{})
		x.reset(time.Now(), Call{})
		if err := link.(*polled).enter(x); err != nil {
			b.Fatal(err)
		}
		if _, err := unix.Write(out[len(out)-1], []byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")); err != nil {
			b.Fatal(err)
		}
	}
	p.drain(0)
	return out
}
