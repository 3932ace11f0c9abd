package client

import (
	"encoding/binary"
	"fmt"
	"net"
	"runtime"
	"sort"
	"sync"
	"time"

	"plimsoll"
)

// The sentinel's rhythm, and how often CPU time, run queue and memory are read.
const (
	sentinelEvery = 10 * time.Millisecond
	vitalsEvery   = 10 // sentinel readings
	keepReadings  = 1 << 19
)

// Health watches the process that makes the load.
//
//	goroutine  owner         ends
//	writer     StartHealth   Close closes stop, then the connection
//	reader     StartHealth   the connection's end; none where the client's poller reads
//
// The writer stamps a message and writes it into a loopback connection every 10 ms.
// The client's poller reads it like a reply, in its turn among the replies, and stamps
// it right after the read. What lies between is how late replies are read: waiting for
// the loop to come round, for the Go scheduler, and for a processor. Without a poller
// a goroutine reads, as it does then for each reply.
//
// The writer owns its thread. The kernel counts how long that thread was ready to
// run but did not (schedstat's run delay), and the share of the window that this
// makes is the run-queue share. One thread that wakes a hundred times a second says
// how long this process waits for a processor; the sum over all threads would grow
// with their number and with healthy load alike.
type Health struct {
	wg    sync.WaitGroup
	stop  chan struct{}
	once  sync.Once
	ends  []func()
	start time.Time

	mu       sync.Mutex
	partial  []byte // of a message
	readings []reading
	vitals   []vital
}

// reading is one message of the sentinel: when it was read, since start, and how late.
type reading struct{ at, late time.Duration }

// vital is a snapshot of counters that only grow, and of memory.
type vital struct {
	at       time.Duration
	cpu      time.Duration // of the process
	waited   time.Duration // run delay of the writer's thread; -1 unknown
	resident int64
}

// StartHealth begins to watch the process, and how late the client reads in it.
func (c *Client) StartHealth() (*Health, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("sentinel: listen on loopback: %w", err)
	}
	defer l.Close()
	out, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return nil, fmt.Errorf("sentinel: connect on loopback: %w", err)
	}
	in, err := l.Accept()
	if err != nil {
		_ = out.Close()
		return nil, fmt.Errorf("sentinel: accept on loopback: %w", err)
	}
	h := &Health{stop: make(chan struct{}), start: time.Now()}
	untap, err := c.tap(in, h.read)
	if err != nil {
		_, _ = in.Close(), out.Close()
		return nil, fmt.Errorf("sentinel: %w", err)
	}
	if untap == nil {
		untap = func() { _ = in.Close() }
		h.wg.Go(func() { h.drain(in) })
	}
	h.ends = []func(){func() { _ = out.Close() }, untap}
	h.wg.Go(func() { h.write(out) })
	return h, nil
}

// Close stops watching. What was seen stays.
func (h *Health) Close() {
	h.once.Do(func() {
		close(h.stop)
		for _, end := range h.ends {
			end()
		}
	})
	h.wg.Wait()
}

func (h *Health) write(out net.Conn) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	source := openVitals()
	defer source.close()
	tick := time.NewTicker(sentinelEvery)
	defer tick.Stop()
	var message [8]byte
	for n := 0; ; n++ {
		if n%vitalsEvery == 0 {
			h.take(source.read(time.Since(h.start)))
		}
		select {
		case <-h.stop:
			return
		case <-tick.C:
		}
		binary.LittleEndian.PutUint64(message[:], uint64(time.Since(h.start)))
		if _, err := out.Write(message[:]); err != nil {
			return
		}
	}
}

// drain reads the sentinel where the client has no poller.
func (h *Health) drain(in net.Conn) {
	var buffer [8 << 10]byte
	for {
		n, err := in.Read(buffer[:])
		if err != nil {
			return
		}
		h.read(buffer[:n])
	}
}

// read takes what a read of the sentinel's connection brought, right after it.
func (h *Health) read(p []byte) {
	now := time.Since(h.start)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.partial = append(h.partial, p...)
	used := 0
	for ; used+8 <= len(h.partial); used += 8 {
		written := time.Duration(binary.LittleEndian.Uint64(h.partial[used:]))
		h.readings = append(h.readings, reading{now, now - written})
	}
	h.partial = append(h.partial[:0], h.partial[used:]...)
	if len(h.readings) > keepReadings {
		h.readings = append(h.readings[:0], h.readings[keepReadings/2:]...)
	}
}

func (h *Health) take(v vital) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.vitals = append(h.vitals, v)
	if len(h.vitals) > keepReadings/vitalsEvery {
		h.vitals = append(h.vitals[:0], h.vitals[keepReadings/vitalsEvery/2:]...)
	}
}

// Window says how the process fared between two times. It may be asked while the
// watch goes on; it knows about the last 40 minutes at least.
func (h *Health) Window(start, end time.Time) plimsoll.Client {
	from, to := start.Sub(h.start), end.Sub(h.start)
	h.mu.Lock()
	defer h.mu.Unlock()
	out := plimsoll.Client{SentinelP99ms: -1, RunQueueShare: -1}
	var late []float64
	for i := firstAt(len(h.readings), func(i int) time.Duration { return h.readings[i].at }, from); i < len(h.readings); i++ {
		if h.readings[i].at > to {
			break
		}
		late = append(late, float64(h.readings[i].late)/1e6)
	}
	if out.SentinelReadings = len(late); len(late) > 0 {
		sort.Float64s(late)
		out.SentinelP99ms = rank(late, 0.99)
	}
	h.window(&out, from, to)
	return out
}

// window fills in what the vitals say: differences between the last snapshots not
// after the window's ends, over the time between those snapshots.
func (h *Health) window(out *plimsoll.Client, from, to time.Duration) {
	at := func(i int) time.Duration { return h.vitals[i].at }
	i, j := max(0, firstAt(len(h.vitals), at, from)-1), firstAt(len(h.vitals), at, to+1)-1
	if j <= i {
		return
	}
	a, b := h.vitals[i], h.vitals[j]
	out.CPUShare = (b.cpu - a.cpu).Seconds() / (b.at - a.at).Seconds()
	out.CPUSeconds = out.CPUShare * (to - from).Seconds()
	if a.waited >= 0 && b.waited >= 0 {
		out.RunQueueShare = (b.waited - a.waited).Seconds() / (b.at - a.at).Seconds()
	}
	for _, v := range h.vitals[i : j+1] {
		out.ResidentBytes = max(out.ResidentBytes, v.resident)
	}
}

// firstAt returns the first of n ascending times that is not before t.
func firstAt(n int, at func(int) time.Duration, t time.Duration) int {
	return sort.Search(n, func(i int) bool { return at(i) >= t })
}

// rank returns the value at rank (n-1)q of ascending values, linearly between two.
func rank(values []float64, q float64) float64 {
	at := q * float64(len(values)-1)
	i := int(at)
	if i+1 >= len(values) {
		return values[len(values)-1]
	}
	return values[i] + (at-float64(i))*(values[i+1]-values[i])
}
