package result_test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"plimsoll/bundle"
	"plimsoll/result"
)

// TestFoldAsLevelsAreSealed: what a run folds level by level is what its folder computes
// to at every point.
func TestFoldAsLevelsAreSealed(t *testing.T) {
	f := fixtureFacts()
	d, err := bundle.Create(filepath.Join(t.TempDir(), "run"), f, []byte("preset: quick\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	method, _, err := result.Method(f)
	if err != nil {
		t.Fatal(err)
	}
	read, err := result.Folded(d)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		stage, answer := method.Next(read.Past())
		if answer != nil {
			t.Fatalf("level %d: the search has ended: %s", n, answer.Reason)
		}
		stage.Warmup = n == 0
		stage.Level = n + 1
		if err := seal(d, *stage, f.Started.Add(time.Duration(n)*130*time.Second), fixtureRows(*stage)); err != nil {
			t.Fatal(err)
		}
		if _, err := read.Read(nil); err != nil {
			t.Fatal(err)
		}
		if len(read.Past()) != n {
			t.Fatalf("after %d levels, one a warm-up, the past has %d", n+1, len(read.Past()))
		}
		if got, want := text(t, read.Result()), text(t, computed(t, d)); got != want {
			t.Fatalf("after %d levels the fold says\n%s\nthe folder\n%s", n+1, got, want)
		}
	}
}

func text(t *testing.T, r result.Result) string {
	t.Helper()
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
