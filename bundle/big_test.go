package bundle_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/bundle"
)

// BenchmarkTurns writes and reads back levels of PLIMSOLL_TURNS turns (default
// 200,000) and reports rows a second and the memory held.
func BenchmarkTurns(b *testing.B) {
	n := 200_000
	if s := os.Getenv("PLIMSOLL_TURNS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	for range b.N {
		d, err := bundle.Create(filepath.Join(b.TempDir(), "run"), facts(), nil, nil)
		if err != nil {
			b.Fatal(err)
		}
		begin := time.Now()
		l, err := d.Begin(stage(1, 1))
		if err != nil {
			b.Fatal(err)
		}
		for i := range n {
			if err := l.Row(row(i%512, i/(512*40), i/512%40)); err != nil {
				b.Fatal(err)
			}
		}
		if err := l.Seal(plimsoll.Observed{}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n)/time.Since(begin).Seconds(), "written/s")
		levels, err := d.Levels()
		if err != nil {
			b.Fatal(err)
		}
		begin, read := time.Now(), 0
		if err := levels[0].Rows(func(*plimsoll.Row) error { read++; return nil }); err != nil {
			b.Fatal(err)
		}
		if read != n {
			b.Fatalf("read %d of %d rows", read, n)
		}
		b.ReportMetric(float64(n)/time.Since(begin).Seconds(), "read/s")
		b.ReportMetric(float64(levels[0].Files[0].Size)/float64(n), "B/row")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.Sys)/1e6, "MB-sys")
	}
}
