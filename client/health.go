package client

import (
	"encoding/binary"
	"fmt"
	"io"
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
//	reader     StartHealth   the connection's end
//
// The writer stamps a message and writes it into a loopback connection every 10 ms;
// the reader stamps it right after its read returns, as the client stamps a reply.
// What lies between is how late this process reads: waiting for the poller, for the
// Go scheduler, and for a processor.
//
// The reader owns its thread. The kernel counts how long that thread was ready to
// run but did not (schedstat's run delay), and the share of the window that this
// makes is the run-queue share. One thread that wakes a hundred times a second says
// how long this process waits for a processor; the sum over all threads would grow
// with their number and with healthy load alike.
type Health struct {
	wg    sync.WaitGroup
	stop  chan struct{}
	once  sync.Once
	ends  []io.Closer
	start time.Time

	mu       sync.Mutex
	readings []reading
	vitals   []vital
}

// reading is one message of the sentinel: when it was read, since start, and how late.
type reading struct{ at, late time.Duration }

// vital is a snapshot of counters that only grow, and of memory.
type vital struct {
	at       time.Duration
	cpu      time.Duration // of the process
	waited   time.Duration // run delay of the reader's thread; -1 unknown
	resident int64
}

// StartHealth begins to watch.
func StartHealth() (*Health, error) {
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
	h := &Health{stop: make(chan struct{}), ends: []io.Closer{out, in}, start: time.Now()}
	h.wg.Go(func() { h.write(out) })
	h.wg.Go(func() { h.read(in) })
	return h, nil
}

// Close stops watching. What was seen stays.
func (h *Health) Close() {
	h.once.Do(func() {
		close(h.stop)
		for _, end := range h.ends {
			_ = end.Close()
		}
	})
	h.wg.Wait()
}

func (h *Health) write(out net.Conn) {
	tick := time.NewTicker(sentinelEvery)
	defer tick.Stop()
	var message [8]byte
	for {
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

func (h *Health) read(in net.Conn) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	source := openVitals()
	defer source.close()
	var buffer [8 << 10]byte
	have := 0
	for n := 0; ; n++ {
		if n%vitalsEvery == 0 {
			h.take(source.read(time.Since(h.start)))
		}
		got, err := in.Read(buffer[have:])
		now := time.Since(h.start)
		if err != nil {
			return
		}
		have += got
		used := 0
		h.mu.Lock()
		for ; used+8 <= have; used += 8 {
			written := time.Duration(binary.LittleEndian.Uint64(buffer[used:]))
			h.readings = append(h.readings, reading{now, now - written})
		}
		if len(h.readings) > keepReadings {
			h.readings = append(h.readings[:0], h.readings[keepReadings/2:]...)
		}
		h.mu.Unlock()
		copy(buffer[:], buffer[used:have])
		have -= used
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
