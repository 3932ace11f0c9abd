package plimsoll_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows lists which rooms of the module a room may import besides the root. A
// room that is not listed may import none. "*" stands for all: only cmd has it.
var arrows = map[string][]string{
	"cmd/plimsoll":        {"*"},
	"config":              {"search"},
	"trajectory":          {"token"},
	"trajectory/importer": {"trajectory", "token"},
	"trajectory/synth":    {"trajectory", "token"},
	"token":               {},
	"dialect":             {"token"},
	"agent":               {"measure"},
	"client":              {"dialect", "token"},
	"fleet":               {"agent", "client", "dialect", "token"},
	"sim":                 {},
	"sim/profile":         {"sim", "sim/roofline"},
	"sim/roofline":        {"sim"},
	"sim/server":          {"sim", "sim/profile", "sim/server/prompt", "token"},
	"sim/server/prompt":   {},
	"sim/study":           {"measure", "result", "sim", "sim/profile", "sim/simfleet"},
	"sim/metronome":       {},
	"sim/calibrate":       {"agent", "measure", "sim", "sim/profile", "sim/simfleet"},
	"sim/simfleet":        {"agent", "sim", "sim/profile", "token"},
	"measure":             {},
	"slo":                 {"measure"},
	"search":              {"measure", "slo"},
	"search/bench":        {"agent", "measure", "slo", "search", "search/shapes", "sim", "sim/profile", "sim/simfleet", "trajectory", "trajectory/synth", "token"},
	"search/shapes":       {"search", "slo", "measure"},
	"power":               {"scrape"},
	"bundle":              {},
	"bundle/schema":       {},
	"result":              {"bundle", "measure", "slo", "search", "power"},
	"seal":                {"bundle"},
	"report":              {"bundle", "result", "measure", "plan"},
	"report/browser":      {},
	"plan":                {"result", "power"},
	"e2e":                 {"report/browser"},
	"run":                 {"bundle", "measure", "power", "result", "scrape", "search", "slo"},
	"scrape":              {},
	"scrape/promtest":     {},
	"detector":            {},
	"web":                 {"bundle", "result", "report", "plan"},
}

// pure lists the rooms that must not touch the outside: no network, no files, no
// clock, no goroutines, no shared randomness.
var pure = []string{"agent", "dialect", "measure", "slo", "search", "plan", "sim", "sim/roofline"}

var forbiddenInPure = []string{"net", "net/http", "os", "os/exec", "sync", "sync/atomic", "math/rand", "io/fs", "context"}

// TestArrows checks every import of every room against the lists above.
func TestArrows(t *testing.T) {
	rooms := 0
	eachGoFile(t, func(path string) {
		room := filepath.ToSlash(filepath.Dir(path))
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		rooms++
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			checkImport(t, path, room, imported)
		}
	})
	if rooms < 10 {
		t.Fatalf("saw %d files; the walk is broken", rooms)
	}
}

func checkImport(t *testing.T, path, room, imported string) {
	t.Helper()
	if slices.Contains(pure, room) && slices.Contains(forbiddenInPure, imported) {
		t.Errorf("%s: pure room %s imports %s", path, room, imported)
	}
	if room == "." {
		if strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") || strings.HasPrefix(imported, "plimsoll/") {
			t.Errorf("%s: the root package imports %s; only the standard library may be", path, imported)
		}
		return
	}
	target, internal := strings.CutPrefix(imported, "plimsoll/")
	if !internal {
		return
	}
	allowed, known := arrows[room]
	if !known {
		t.Errorf("%s: room %s is not in the list of arrows", path, room)
		return
	}
	if !slices.Contains(allowed, "*") && !slices.Contains(allowed, target) {
		t.Errorf("%s: %s must not import %s", path, room, target)
	}
}

// TestDependenciesAreExplained checks that every direct dependency has its line
// in docs/dependencies.md.
func TestDependenciesAreExplained(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || strings.Contains(line, "// indirect") || !strings.Contains(fields[0], ".") {
			continue
		}
		if !strings.Contains(string(page), "`"+fields[0]+"`") {
			t.Errorf("docs/dependencies.md has no line for %s", fields[0])
		}
	}
}

// TestRoomsAreTold checks that docs/architecture.md has every room.
func TestRoomsAreTold(t *testing.T) {
	page, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for room := range arrows {
		if !strings.Contains(string(page), "`"+room+"`") {
			t.Errorf("docs/architecture.md does not say what %s is", room)
		}
	}
}

// TestNoBareSkip forbids a skip that does not say what is missing.
func TestNoBareSkip(t *testing.T) {
	eachTestFile(t, func(path string, text string) {
		for n, line := range strings.Split(text, "\n") {
			if strings.Contains(line, "t.Skip"+"()") || strings.Contains(line, "t.Skip"+"Now()") {
				t.Errorf("%s:%d: a skip must name what is missing", path, n+1)
			}
		}
	})
}

func eachGoFile(t *testing.T, do func(path string)) {
	t.Helper()
	walk(t, func(path string) {
		if !strings.HasSuffix(path, "_test.go") {
			do(path)
		}
	})
}

func eachTestFile(t *testing.T, do func(path, text string)) {
	t.Helper()
	walk(t, func(path string) {
		if !strings.HasSuffix(path, "_test.go") {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		do(path, string(text))
	})
}

func walk(t *testing.T, do func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "runs") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") {
			do(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
