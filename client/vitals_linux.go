package client

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// vitals reads the process's counters; the files stay open.
type vitals struct{ sched, statm *os.File }

// openVitals is called on the thread whose run delay is to be told.
func openVitals() vitals {
	var v vitals
	v.sched, _ = os.Open(fmt.Sprintf("/proc/self/task/%d/schedstat", syscall.Gettid()))
	v.statm, _ = os.Open("/proc/self/statm")
	return v
}

func (v vitals) close() {
	for _, f := range []*os.File{v.sched, v.statm} {
		if f != nil {
			_ = f.Close()
		}
	}
}

func (v vitals) read(at time.Duration) vital {
	out := vital{at: at, waited: -1}
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		out.cpu = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	// schedstat: time on the processor, time waiting on a run queue (both ns), slices.
	if n, ok := field(v.sched, 1); ok {
		out.waited = time.Duration(n)
	}
	// statm: pages in all, pages resident.
	if n, ok := field(v.statm, 1); ok {
		out.resident = n * int64(os.Getpagesize())
	}
	return out
}

// field reads a number of a file of numbers.
func field(f *os.File, index int) (int64, bool) {
	if f == nil {
		return 0, false
	}
	var b [128]byte
	n, _ := f.ReadAt(b[:], 0)
	fields := bytes.Fields(b[:n])
	if index >= len(fields) {
		return 0, false
	}
	v, err := strconv.ParseInt(string(fields[index]), 10, 64)
	return v, err == nil
}
