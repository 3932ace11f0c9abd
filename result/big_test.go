package result_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/result"
)

// BenchmarkVerify verifies a folder of PLIMSOLL_TURNS turns (default 100,000) in
// 16 levels and reports how long that takes and the memory it needs.
func BenchmarkVerify(b *testing.B) {
	n := 100_000
	if s := os.Getenv("PLIMSOLL_TURNS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	const levels = 16
	f := fixtureFacts()
	d, err := bundle.Create(filepath.Join(b.TempDir(), "run"), f, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	for i := range levels {
		stage := plimsoll.Stage{Level: i + 1, Attempt: 1, Agents: n / levels / 24, Fresh: true, Tiers: f.Tiers}
		sealFixture(b, d, stage, f.Started.Add(time.Duration(i)*130*time.Second), nil)
	}
	if err := d.WriteResult(computed(b, d)); err != nil {
		b.Fatal(err)
	}
	if err := d.Finish(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		found, err := result.Verify(d)
		if err != nil || len(found) > 0 {
			b.Fatal(found, err)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/1e6, "MB-sys")
}
