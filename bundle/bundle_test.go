package bundle_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/bundle"
)

func facts() plimsoll.Facts {
	return plimsoll.Facts{
		Schema: plimsoll.FactsSchema, MetricSet: plimsoll.MetricSet, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Method: "aa", Preset: "quick", Seed: 42, Tiers: []plimsoll.Tier{{Name: "a", SpeedTPS: 30, TTFT: 10 * time.Second}},
		Power: []plimsoll.PowerSpec{{Kind: "static", Target: "700W", Boundary: plimsoll.BoundaryAccelerator}},
	}
}

func newDir(t testing.TB) *bundle.Dir {
	t.Helper()
	d, err := bundle.Create(filepath.Join(t.TempDir(), "run"), facts(), []byte("preset: quick\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func stage(level, attempt int) plimsoll.Stage {
	return plimsoll.Stage{Level: level, Attempt: attempt, Agents: 8, Fresh: true, Why: "first", Tiers: facts().Tiers,
		Shape: plimsoll.Shape{Min: time.Second, Tick: time.Second, Request: time.Minute}}
}

func row(slot, walk, turn int) plimsoll.Row {
	return plimsoll.Row{Level: 7, Attempt: 1, Slot: int32(slot), Walk: int32(walk), Turn: int32(turn), Trajectory: "t-1",
		Due: 1, Sent: 2, FirstByte: 3, FirstToken: 4, FirstVisible: plimsoll.Never, LastToken: 5, End: 6,
		FirstChunkSource: "usage", UsagePrompt: 100, UsageCompletion: 10, Finish: "length", Class: plimsoll.ClassOK, Status: 200}
}

func seal(t testing.TB, d *bundle.Dir, s plimsoll.Stage, rows []plimsoll.Row, samples []plimsoll.Sample) {
	t.Helper()
	l, err := d.Begin(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := l.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range samples {
		if err := l.Sample(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Seal(plimsoll.Observed{Closed: "full", TurnsSent: len(rows)}); err != nil {
		t.Fatal(err)
	}
}

func TestLevelComesBackAsItWasStored(t *testing.T) {
	d := newDir(t)
	rows := []plimsoll.Row{row(0, 0, 0), row(0, 0, 1), row(1, 2, 200)}
	samples := []plimsoll.Sample{{Meter: "static:700W@accelerator", Device: "gpu0", At: 5, Watts: 700, Joules: math.NaN(), DeviceAt: plimsoll.Never}}
	seal(t, d, stage(7, 1), append(rows, rows[1]), samples) // one row twice
	seal(t, d, stage(2, 2), nil, nil)
	seal(t, d, stage(2, 1), nil, nil)

	back, err := bundle.Open(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(facts(), back.Facts()); diff != "" {
		t.Errorf("facts differ (-want +got):\n%s", diff)
	}
	levels, err := back.Levels()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, l := range levels {
		ids = append(ids, l.ID)
	}
	if diff := cmp.Diff([]string{"0002.1", "0002.2", "0007.1"}, ids); diff != "" {
		t.Fatalf("levels differ (-want +got):\n%s", diff)
	}
	last := levels[2]
	if diff := cmp.Diff(stage(7, 1), last.Stage); diff != "" {
		t.Errorf("stage differs (-want +got):\n%s", diff)
	}
	if last.Observed.TurnsSent != 4 || last.Files[0].Rows != 3 {
		t.Errorf("observed %d turns, stored %d rows; want 4 and 3", last.Observed.TurnsSent, last.Files[0].Rows)
	}
	var gotRows []plimsoll.Row
	if err := last.Rows(func(r *plimsoll.Row) error { gotRows = append(gotRows, *r); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows, gotRows); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
	var gotSamples []plimsoll.Sample
	if err := last.Samples(func(s *plimsoll.Sample) error { gotSamples = append(gotSamples, *s); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(samples, gotSamples, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("samples differ (-want +got):\n%s", diff)
	}
}

func TestManyWritersManyRowGroups(t *testing.T) {
	const writers, each = 8, 10000 // more than two row groups
	d := newDir(t)
	l, err := d.Begin(stage(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range each {
				if err := errors.Join(l.Row(row(w, i/50, i%50)), l.Row(row(w, i/50, i%50))); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	wg.Wait()
	if err := l.Seal(plimsoll.Observed{}); err != nil {
		t.Fatal(err)
	}
	levels, err := d.Levels()
	if err != nil {
		t.Fatal(err)
	}
	var next [writers]int32 // row of each, which come back in the order they were stored
	if err := levels[0].Rows(func(r *plimsoll.Row) error {
		if at := r.Walk*50 + r.Turn; at != next[r.Slot] {
			return fmt.Errorf("row %d of writer %d comes back as row %d", at, r.Slot, next[r.Slot])
		}
		next[r.Slot]++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if slices.Min(next[:]) != each || levels[0].Files[0].Rows != writers*each {
		t.Errorf("stored %d rows, of the writers %d, want %d each", levels[0].Files[0].Rows, next, each)
	}
	enough, read := errors.New("enough"), 0
	err = levels[0].Rows(func(*plimsoll.Row) error {
		if read++; read == 40000 { // in the second row group
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || read != 40000 {
		t.Errorf("reading goes on after an error: %d rows, %v", read, err)
	}
}

func TestBrokenLevelsDoNotExist(t *testing.T) {
	d := newDir(t)
	killed, err := d.Begin(stage(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Row(row(0, 0, 0)); err != nil {
		t.Fatal(err)
	}
	assertLevels(t, d, 0)
	t.Cleanup(func() { killed.Discard() }) // only so that its goroutines end

	again, err := d.Begin(stage(2, 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Discard(); err != nil {
		t.Fatal(err)
	}
	if err := again.Row(row(0, 0, 0)); err == nil {
		t.Error("a row after the level's end was taken")
	}
	if err := again.Seal(plimsoll.Observed{}); err == nil {
		t.Error("a discarded level was sealed")
	}
	bad, err := d.Begin(stage(3, 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := bad.Seal(plimsoll.Observed{Delivered: math.NaN()}); err == nil || !strings.Contains(err.Error(), "0003.1") {
		t.Errorf("sealing a NaN: %v", err)
	}
	assertLevels(t, d, 0)

	resumed, err := bundle.Resume(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(filepath.Join(d.Path(), bundle.LevelsDir)); len(left) != 0 {
		t.Errorf("resume left %v", left)
	}
	seal(t, resumed, stage(1, 1), nil, nil)
	assertLevels(t, resumed, 1)
	if _, err := resumed.Begin(stage(1, 1)); err == nil {
		t.Error("a sealed level was begun again")
	}
}

func assertLevels(t *testing.T, d *bundle.Dir, want int) {
	t.Helper()
	levels, err := d.Levels()
	if err != nil {
		t.Fatal(err)
	}
	if len(levels) != want {
		t.Errorf("%d levels are sealed, want %d", len(levels), want)
	}
}

func TestEventsSurviveATornLine(t *testing.T) {
	d := newDir(t)
	for i := range 3 {
		if err := d.Append(plimsoll.Event{Kind: plimsoll.EventWarning, Message: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(d.Path(), bundle.EventsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) + 1 {
		got := 0
		read, err := bundle.ReadEvents(bytes.NewReader(whole[:cut]), func(plimsoll.Event) error { got++; return nil })
		if want := bytes.Count(whole[:cut], []byte("\n")); err != nil || got != want || read != int64(bytes.LastIndexByte(whole[:cut], '\n')+1) {
			t.Fatalf("cut at %d: %d events, %d bytes, error %v; want %d events", cut, got, read, err, want)
		}
	}
	d.Close()
	if err := os.WriteFile(path, whole[:len(whole)-4], 0o644); err != nil {
		t.Fatal(err)
	}
	resumed, err := bundle.Resume(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resumed.Close() })
	if err := resumed.Append(plimsoll.Event{Kind: plimsoll.EventEnd, Message: "end"}); err != nil {
		t.Fatal(err)
	}
	var messages []string
	if err := resumed.Events(func(e plimsoll.Event) error { messages = append(messages, e.Message); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"0", "1", "end"}, messages); diff != "" {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
}

func TestFinishAndCheck(t *testing.T) {
	d := newDir(t)
	seal(t, d, stage(1, 1), []plimsoll.Row{row(0, 0, 0)}, nil)
	if err := d.Append(plimsoll.Event{Kind: plimsoll.EventEnd}); err != nil {
		t.Fatal(err)
	}
	if err := d.WriteResult(map[string]int{"capacity": 3}); err != nil {
		t.Fatal(err)
	}
	if found, err := d.Check(); err != nil || len(found) != 1 || found[0].Path != bundle.ManifestFile {
		t.Fatalf("before Finish: %v, %v", found, err)
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	if found, err := d.Check(); err != nil || len(found) != 0 {
		t.Fatalf("after Finish: %v, %v", found, err)
	}
	var files []string
	filepath.WalkDir(d.Path(), func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			name, _ := filepath.Rel(d.Path(), path)
			files = append(files, name)
		}
		return err
	})
	rapid.Check(t, func(t *rapid.T) { // any flipped byte is found, in the file where it is
		name := rapid.SampledFrom(files).Draw(t, "file")
		path := filepath.Join(d.Path(), name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defer os.WriteFile(path, good, 0o644)
		bad := bytes.Clone(good)
		bad[rapid.IntRange(0, len(bad)-1).Draw(t, "at")] ^= rapid.ByteRange(1, 255).Draw(t, "flip")
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		found, err := d.Check()
		if err != nil || len(found) == 0 {
			t.Fatalf("flipped byte in %s: %v, %v", name, found, err)
		}
		if name != bundle.ManifestFile && found[0].Path != name {
			t.Fatalf("flipped byte in %s was found in %v", name, found)
		}
	})
	os.WriteFile(filepath.Join(d.Path(), "extra"), nil, 0o644)
	os.Remove(filepath.Join(d.Path(), bundle.RunFile))
	found, err := d.Check()
	if err != nil {
		t.Fatal(err)
	}
	want := []bundle.Difference{{Path: "extra", What: "is not in the manifest"}, {Path: bundle.RunFile, What: "is missing"}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("differences differ (-want +got):\n%s", diff)
	}
}

func TestDamagedParquetIsAnError(t *testing.T) {
	d := newDir(t)
	seal(t, d, stage(1, 1), []plimsoll.Row{row(0, 0, 0)}, nil)
	levels, err := d.Levels()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(d.Path(), bundle.LevelsDir, "0001.1", "turns.parquet")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	os.WriteFile(path, data, 0o644)
	if err := levels[0].Rows(func(*plimsoll.Row) error { return nil }); err == nil || !strings.Contains(err.Error(), "turns.parquet differs") {
		t.Errorf("error is %v", err)
	}
}

func TestWriteErrorsSayWhatToDo(t *testing.T) {
	d := newDir(t)
	boom := errors.New("boom")
	if err := d.WriteResult(1); err != nil {
		t.Fatal(err)
	}
	err := d.WriteFile(bundle.ResultFile, func(w io.Writer) error { w.Write([]byte("half")); return boom })
	if !errors.Is(err, boom) || !strings.Contains(err.Error(), "result.json") {
		t.Errorf("error is %v", err)
	}
	if data, _ := d.ReadFile(bundle.ResultFile); string(data) != "1\n" {
		t.Errorf("result.json is %q after a failed write, want the old one", data)
	}
	for name, path := range map[string]string{"a folder with files": d.Path(), "a file": filepath.Join(d.Path(), bundle.RunFile)} {
		if _, err := bundle.Create(path, facts(), nil, nil); err == nil {
			t.Errorf("created a run folder in %s", name)
		}
	}
	if _, err := bundle.Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no run folder") {
		t.Errorf("opening an empty folder: %v", err)
	}
	read, err := bundle.Open(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Append(plimsoll.Event{}); !errors.Is(err, bundle.ErrReadOnly) {
		t.Errorf("append to a folder opened for reading: %v", err)
	}
	if err := d.WriteFile("../x", func(io.Writer) error { return nil }); err == nil {
		t.Error("wrote out of the folder")
	}
}

func FuzzReadEvents(f *testing.F) {
	f.Add([]byte(`{"schema":"plimsoll-event/1","kind":"end"}` + "\n{"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		read, _ := bundle.ReadEvents(bytes.NewReader(data), func(plimsoll.Event) error { return nil })
		if read > int64(len(data)) || read > 0 && data[read-1] != '\n' {
			t.Errorf("read %d of %d bytes", read, len(data))
		}
	})
}
