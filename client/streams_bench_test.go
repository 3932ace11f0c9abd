//go:build unix

package client

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/dialect"
)

func startStreamServer(b *testing.B) string {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), streamServer+"=1")
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

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkStreams holds streams open at once, one event a read, on real sockets,
// and reports the client's CPU time an event.
func BenchmarkStreams(b *testing.B) {
	for _, shape := range []struct{ streams, rate int }{{300, 20}, {1000, 20}, {1000, 50}, {1000, 100}} {
		b.Run(fmt.Sprintf("%dx%d", shape.streams, shape.rate), func(b *testing.B) {
			const seconds = 3
			address := startStreamServer(b)
			pace := fmt.Sprintf("%d@%d", shape.rate*seconds, int(time.Second)/shape.rate)
			c := newTestClient(b, "http://"+address, func(c *Config) { c.Headers = []Header{{"X-Pace", Secret(pace)}} })
			e := encode(b, shape.rate*seconds+1)
			var events, reads int
			var used time.Duration
			health, err := c.StartHealth()
			if err != nil {
				b.Fatal(err)
			}
			defer health.Close()
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
				before, begun := cpuTime(), time.Now()
				for i := range rows {
					wg.Go(func() {
						c.Do(context.Background(), epoch, Call{Slot: i, Encoded: e, Output: dialect.Output{Policy: dialect.Recorded}, Request: time.Minute, Idle: 10 * time.Second}, &rows[i])
					})
				}
				wg.Wait()
				used += cpuTime() - before
				seen = health.Window(begun, time.Now())
				for i := range rows {
					if rows[i].Class != plimsoll.ClassOK {
						b.Fatalf("%+v", rows[i])
					}
					events += int(rows[i].Events)
					reads += int(rows[i].Reads)
				}
			}
			b.ReportMetric(float64(used.Microseconds())/float64(events), "cpu-us/event")
			b.ReportMetric(float64(events)/float64(reads), "events/read")
			b.ReportMetric(seen.SentinelP99ms, "sentinel-p99-ms")
			b.ReportMetric(seen.RunQueueShare*100, "run-queue-%")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkTurn sends whole turns with a small and with a large context on one
// connection. What a turn costs beyond copying its bytes is the small one's figure.
func BenchmarkTurn(b *testing.B) {
	for _, size := range []int{1 << 10, 400 << 10} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			address := startStreamServer(b)
			c := newTestClient(b, "http://"+address, func(c *Config) { c.Headers = []Header{{"X-Pace", "1@1000"}} })
			tr := testTrajectory(2)
			tr.Segments[0].Text = strings.Repeat("x", size)
			e, err := chatDialect(b).Encode(tr, dialect.Options{Model: "m", Usage: true})
			if err != nil {
				b.Fatal(err)
			}
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
			b.ReportMetric(float64((cpuTime()-before).Microseconds())/float64(turns), "cpu-us/turn")
		})
	}
}
