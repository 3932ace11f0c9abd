package result_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/result"
)

// BenchmarkVerify verifies a folder of PLIMSOLL_TURNS turns (default 100,000) in
// 16 levels and reports how long that takes and the memory it needs. With
// PLIMSOLL_FOLDER=DIR the folder is made there and kept, for other measurements:
//
//	PLIMSOLL_TURNS=1000000 PLIMSOLL_FOLDER=/tmp/million go test -run '^$' -bench Verify -benchtime 1x ./result
func BenchmarkVerify(b *testing.B) {
	n := 100_000
	if s := os.Getenv("PLIMSOLL_TURNS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	path := os.Getenv("PLIMSOLL_FOLDER")
	if path == "" {
		path = filepath.Join(b.TempDir(), "run")
	}
	d := ladder(b, path, n)
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

// ladder makes a whole run folder of about n turns on the formula, with result and
// manifest: 16 rungs of nearly the same number of agents on ever slower engines.
func ladder(t testing.TB, path string, n int) *bundle.Dir {
	t.Helper()
	const rungs = 16
	f := fixtureFacts()
	first := max(1, n/rungs/24-rungs/2)
	for i := range rungs {
		f.Levels = append(f.Levels, first+i)
	}
	f.MaxAgents = first + rungs
	slower := func(s plimsoll.Stage) []plimsoll.Row { return loadedRows(s, float64(2*s.Level)) }
	if err := search(path, f, rungs, slower); err != nil {
		t.Fatal(err)
	}
	d, err := bundle.Resume(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.WriteResult(computed(t, d)); err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	return d
}
