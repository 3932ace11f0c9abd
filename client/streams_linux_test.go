package client

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll"
	"plimsoll/dialect"
)

func startStreamServer(b *testing.B, rate int) string {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", streamServer, rate))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// cpuTime is what the kernel charged to this process: its own work, and on loopback
// also the peer's handling of what it sends, here ACKs. The peer pays for the receive
// side of what the peer sends.
func cpuTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// shapes are streams open at once and the events/s of each.
var shapes = []struct{ streams, rate int }{{1000, 20}, {1000, 50}, {1000, 100}, {5000, 20}}

// Streams last this long; CPU time is taken over their middle, where no turn begins
// or ends.
const (
	streamSeconds = 5
	streamEdge    = time.Second
)

// middle returns the CPU time of an event over the middle of streams that begin now.
func middle(streams, rate int) float64 {
	time.Sleep(streamEdge)
	before, begun := cpuTime(), time.Now()
	time.Sleep(streamSeconds*time.Second - 2*streamEdge)
	used, events := cpuTime()-before, float64(streams*rate)*time.Since(begun).Seconds()
	return float64(used.Nanoseconds()) / 1e3 / events
}

// BenchmarkStreams holds streams open at once, one event a read, on real sockets,
// and reports the client's CPU time an event.
func BenchmarkStreams(b *testing.B) {
	for _, shape := range shapes {
		b.Run(fmt.Sprintf("%dx%d", shape.streams, shape.rate), func(b *testing.B) {
			c := newTestClient(b, "http://"+startStreamServer(b, shape.rate), nil)
			e := encode(b, shape.rate*streamSeconds)
			health, err := c.StartHealth()
			if err != nil {
				b.Fatal(err)
			}
			defer health.Close()
			var events, reads int
			var used float64
			var seen plimsoll.Client
			for b.Loop() {
				var wg sync.WaitGroup
				rows := make([]plimsoll.Row, shape.streams)
				epoch := time.Now()
				for i := range rows {
					if err := c.Renew(context.Background(), i, 0); err != nil {
						b.Fatal(err)
					}
				}
				begun := time.Now()
				for i := range rows {
					wg.Go(func() {
						c.Do(context.Background(), epoch, Call{Slot: i, Encoded: e, Output: dialect.Output{Policy: dialect.Recorded}, Request: time.Minute, Idle: 10 * time.Second}, &rows[i])
					})
				}
				used = middle(shape.streams, shape.rate)
				wg.Wait()
				seen = health.Window(begun, time.Now())
				for i := range rows {
					if rows[i].Class != plimsoll.ClassOK {
						b.Fatalf("%+v", rows[i])
					}
					events += int(rows[i].Events)
					reads += int(rows[i].Reads)
				}
			}
			b.ReportMetric(used, "cpu-us/event")
			b.ReportMetric(float64(events)/float64(reads), "events/read")
			b.ReportMetric(seen.SentinelP99ms, "sentinel-p99-ms")
			b.ReportMetric(seen.RunQueueShare*100, "run-queue-%")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkStreamsFloor reads the same streams with the least that can be: one thread
// that waits in epoll, receives, stamps, and looks at nothing. What it costs an event
// is the kernel's, and the floor of BenchmarkStreams.
func BenchmarkStreamsFloor(b *testing.B) {
	for _, shape := range shapes {
		b.Run(fmt.Sprintf("%dx%d", shape.streams, shape.rate), func(b *testing.B) {
			address := startStreamServer(b, shape.rate)
			body := fmt.Sprintf(`{"max_tokens":%d}`, shape.rate*streamSeconds)
			request := fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: m\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			p, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
			if err != nil {
				b.Fatal(err)
			}
			defer unix.Close(p)
			for range shape.streams {
				fd := plainSocket(b, address)
				if err := unix.EpollCtl(p, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: readable, Fd: int32(fd)}); err != nil {
					b.Fatal(err)
				}
				if _, err := unix.Write(fd, request); err != nil {
					b.Fatal(err)
				}
			}
			var used, reads float64
			for b.Loop() {
				done := make(chan int)
				go func() { done <- leastLoop(&poller{fd: p, events: make([]unix.EpollEvent, 256)}, shape.streams) }()
				used = middle(shape.streams, shape.rate)
				reads = float64(<-done)
			}
			b.ReportMetric(used, "cpu-us/event")
			b.ReportMetric(float64(shape.streams*shape.rate*streamSeconds)/reads, "events/read")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// leastLoop reads until so many streams have ended and returns how many reads it took.
func leastLoop(p *poller, streams int) (reads int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	buffer := make([]byte, 64<<10)
	var last time.Time
	for streams > 0 {
		n, _ := p.wait(-1)
		for _, e := range p.events[:n] {
			got, err := receive(int(e.Fd), buffer)
			last = time.Now()
			if err != nil {
				continue
			}
			reads++
			if bytes.HasSuffix(buffer[max(0, got-5):got], []byte("0\r\n\r\n")) {
				streams--
			}
		}
	}
	_ = last
	return reads
}

// plainSocket connects, past the Go runtime.
func plainSocket(b *testing.B, address string) int {
	to, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		b.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}); err != nil {
		b.Fatal(err)
	}
	return fd
}

// BenchmarkTurn sends whole turns of one token with a small and with a large context
// on one connection, and says what a turn costs beyond writing its bytes to a socket.
func BenchmarkTurn(b *testing.B) {
	for _, size := range []int{1 << 10, 400 << 10} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			address := startStreamServer(b, 1000)
			c := newTestClient(b, "http://"+address, nil)
			tr := testTrajectory(1)
			tr.Segments[0].Text = strings.Repeat("x", size)
			e, err := chatDialect(b).Encode(tr, dialect.Options{Model: "m", Usage: true})
			if err != nil {
				b.Fatal(err)
			}
			plain := copyTime(b, address, e)
			before, turns := cpuTime(), 0
			b.ReportAllocs()
			for b.Loop() {
				row := plimsoll.Row{}
				c.Do(context.Background(), time.Now(), Call{Encoded: e, Output: dialect.Output{Policy: dialect.Recorded}, Request: time.Minute, Idle: time.Minute}, &row)
				if row.Class != plimsoll.ClassOK {
					b.Fatalf("%+v", row)
				}
				turns++
			}
			used := float64((cpuTime() - before).Microseconds()) / float64(turns)
			b.ReportMetric(used, "cpu-us/turn")
			b.ReportMetric(plain, "copy-us/turn")
			b.ReportMetric(used-plain, "beyond-copy-us/turn")
		})
	}
}

// copyTime returns the CPU time, in us, of writing a turn's request to a socket and
// nothing else.
func copyTime(b *testing.B, address string, e *dialect.Encoded) float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const turns = 300
	fd := plainSocket(b, address)
	body, length := e.Request([][]byte{nil}, 0, dialect.Salts{}, dialect.Output{Policy: dialect.Recorded})
	buffer := make([]byte, 4<<10)
	var used time.Duration
	for range turns {
		slices := append([][]byte(nil), body...)
		slices[0] = fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: m\r\nContent-Length: %d\r\n\r\n", length)
		before := threadTime()
		for len(slices) > 0 {
			n, err := unix.Writev(fd, slices)
			if err != nil {
				b.Fatal(err)
			}
			slices = rest(slices, n)
		}
		used += threadTime() - before
		for whole := false; !whole; {
			n, err := unix.Read(fd, buffer)
			if n <= 0 {
				b.Fatal(n, err)
			}
			whole = bytes.HasSuffix(buffer[:n], []byte("0\r\n\r\n"))
		}
	}
	return float64(used.Nanoseconds()) / 1e3 / turns
}

func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}
