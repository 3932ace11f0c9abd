package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/detector"
	"plimsoll/result"
)

// crash is the folder of a whole run cut back to an instant at which it may have been
// killed: the file operations before it happened, those after it did not.
type crash struct {
	name   string
	levels int                            // sealed by then
	lines  int                            // whole lines of events.jsonl
	torn   bool                           // half of the next line is there
	also   func(*testing.T, string)       // what was half done, made in the folder
	keep   func(name string) (there bool) // which of result, report and manifest are there
}

// TestResumeAtEveryFileOperation goes on from every state that a kill can leave
// between two file operations of a run, or within one: sealed levels stay as they are,
// and the levels that follow are, row for row, those of the run that nothing stopped.
func TestResumeAtEveryFileOperation(t *testing.T) {
	t.Parallel()
	whole := filepath.Join(t.TempDir(), "whole")
	args := []string{"run", "--virtual", "--seed", "5", "--tier", "380tps/3s", "--out", whole} // 8, 4 and 2 agents fail, 1 passes
	if code, _, said := call(t, nil, args...); code != 0 {
		t.Fatalf("exit %d\n%s", code, said)
	}
	want := decided(t, whole)
	crashes := crashesOf(t, whole)
	if len(crashes) < 35 {
		t.Fatalf("only %d instants", len(crashes))
	}
	for i, c := range crashes {
		if detector.On() && i%4 != 0 {
			continue // a spread of them, that takes in each kind; all are gone through without it
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "killed")
			c.make(t, whole, dir)
			if code, out, said := call(t, nil, "run", "--resume", dir); code != 0 {
				t.Fatalf("exit %d\n%s%s", code, out, said)
			}
			if diff := cmp.Diff(want, decided(t, dir)); diff != "" {
				t.Errorf("decisions differ (-whole +resumed)\n%s", diff)
			}
			for i, id := range levelIDs(t, whole) {
				for _, name := range []string{"turns.parquet", "level.json"} {
					path := filepath.Join("levels", id, name)
					same := bytes.Equal(read(t, filepath.Join(whole, path)), read(t, filepath.Join(dir, path)))
					if !same && (i < c.levels || name == "turns.parquet") {
						t.Errorf("%s is not what it was", path)
					}
				}
			}
			if said, err := verified(t, dir); err != nil {
				t.Errorf("verify: %v\n%s", err, said)
			}
		})
	}
}

// crashesOf lists the instants: eleven around the first, a middle and the last
// level, and those at the end.
func crashesOf(t *testing.T, whole string) []crash {
	t.Helper()
	none := func(string) bool { return false }
	var list []crash
	line := 1 // begin
	list = append(list, crash{name: "before the first level", lines: 1, keep: none})
	ids := levelIDs(t, whole)
	for i, id := range ids {
		if i != 0 && i != len(ids)/2 && i != len(ids)-1 { // the operations are the same around every level
			line += 2
			continue
		}
		from := filepath.Join(whole, "levels", id)
		writing := func(files map[string]float64) func(*testing.T, string) {
			return func(t *testing.T, dir string) {
				for name, share := range files {
					data := read(t, filepath.Join(from, name))
					write(t, filepath.Join(dir, "levels", "."+id+".tmp", name), data[:int(share*float64(len(data)))])
				}
			}
		}
		at := func(name string, sealed, lines int, torn bool, also func(*testing.T, string)) {
			list = append(list, crash{name: id + ": " + name, levels: sealed, lines: lines, torn: torn, also: also, keep: none})
		}
		at("torn stage event", i, line, true, nil)
		at("stage event", i, line+1, false, nil)
		at("empty turns", i, line+1, false, writing(map[string]float64{"turns.parquet": 0}))
		at("turns under way", i, line+1, false, writing(map[string]float64{"turns.parquet": 0.6, "power.parquet": 0}))
		at("turns closed", i, line+1, false, writing(map[string]float64{"turns.parquet": 1, "power.parquet": 0.5}))
		at("both closed", i, line+1, false, writing(map[string]float64{"turns.parquet": 1, "power.parquet": 1}))
		at("half of level.json", i, line+1, false, writing(map[string]float64{"turns.parquet": 1, "power.parquet": 1, "level.json": 0.5}))
		at("not yet renamed", i, line+1, false, writing(map[string]float64{"turns.parquet": 1, "power.parquet": 1, "level.json": 1}))
		at("renamed", i+1, line+1, false, nil)
		at("torn sealed event", i+1, line+1, true, nil)
		line += 2
		at("sealed", i+1, line, false, nil)
	}
	n := len(ids)
	half := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			data := read(t, filepath.Join(whole, name))
			write(t, filepath.Join(dir, "."+name+".tmp"), data[:len(data)/2])
		}
	}
	upTo := func(names ...string) func(string) bool {
		return func(name string) bool { return strings.Contains(strings.Join(names, " "), name) }
	}
	return append(list,
		crash{name: "end event", levels: n, lines: line + 1, keep: none},
		crash{name: "half of result.json", levels: n, lines: line + 1, keep: none, also: half("result.json")},
		crash{name: "result.json", levels: n, lines: line + 1, keep: upTo("result.json")},
		crash{name: "half of report.html", levels: n, lines: line + 1, keep: upTo("result.json"), also: half("report.html")},
		crash{name: "report.html", levels: n, lines: line + 1, keep: upTo("result.json", "report.html")},
		crash{name: "half of manifest.json", levels: n, lines: line + 1, keep: upTo("result.json", "report.html"), also: half("manifest.json")},
		crash{name: "whole", levels: n, lines: line + 1, keep: upTo("result.json", "report.html", "manifest.json")},
	)
}

// make copies the whole folder and takes away what had not happened.
func (c crash) make(t *testing.T, whole, dir string) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	for _, id := range levelIDs(t, whole)[c.levels:] {
		if err := os.RemoveAll(filepath.Join(dir, "levels", id)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"result.json", "report.html", "manifest.json"} {
		if c.keep(name) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	lines := bytes.SplitAfter(read(t, filepath.Join(whole, "events.jsonl")), []byte("\n"))
	events := bytes.Join(lines[:c.lines], nil)
	if c.torn {
		events = append(events, lines[c.lines][:len(lines[c.lines])/2]...)
	}
	write(t, filepath.Join(dir, "events.jsonl"), events)
	if c.also != nil {
		c.also(t, dir)
	}
}

// decision is what a run decided, and the levels that it did so by.
type decision struct {
	Levels   []string
	Capacity []int
	Verdicts [][]plimsoll.Outcome
}

func decided(t *testing.T, dir string) decision {
	t.Helper()
	var r result.Result
	if err := json.Unmarshal(read(t, filepath.Join(dir, "result.json")), &r); err != nil {
		t.Fatal(err)
	}
	d := decision{Levels: levelIDs(t, dir)}
	for _, tier := range r.Tiers {
		d.Capacity = append(d.Capacity, *tier.Capacity)
		var words []plimsoll.Outcome
		for _, v := range tier.Verdicts {
			words = append(words, v.Verdict)
		}
		d.Verdicts = append(d.Verdicts, words)
	}
	return d
}

func levelIDs(t *testing.T, dir string) []string {
	t.Helper()
	d, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	levels, err := d.Levels()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, l := range levels {
		ids = append(ids, l.ID)
	}
	return ids
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A run whose simulated engine is another since it was cut does not go on.
func TestResumeOnAnotherSimulatedEngineIsRefused(t *testing.T) {
	t.Parallel()
	whole := filepath.Join(t.TempDir(), "whole")
	if code, _, said := call(t, nil, "run", "--virtual", "--seed", "5", "--tier", "380tps/3s", "--out", whole); code != 0 {
		t.Fatalf("exit %d\n%s", code, said)
	}
	dir := filepath.Join(t.TempDir(), "cut")
	crash{levels: 2, lines: 5, keep: func(string) bool { return false }}.make(t, whole, dir)
	file := filepath.Join(dir, bundle.RunFile)
	before := read(t, file)
	after := bytes.Replace(before, []byte("engine_speed: 1\n"), []byte("engine_speed: 0.7\n"), 1)
	if bytes.Equal(before, after) {
		t.Fatalf("no engine_speed in\n%s", before)
	}
	write(t, file, after)
	code, _, said := call(t, nil, "run", "--resume", dir)
	if code != exitFailed || !strings.Contains(said, "level 1 of 8 agents, held again") || !strings.Contains(said, "begin a new run") {
		t.Errorf("exit %d\n%s", code, said)
	}
	if ids := levelIDs(t, dir); len(ids) != 2 {
		t.Errorf("levels %v", ids)
	}
}
