package bundle_test

import (
	"math"
	"path/filepath"
	"testing"

	"plimsoll"
	"plimsoll/bundle"
)

func TestEngineReadingsComeBack(t *testing.T) {
	dir, err := bundle.Create(filepath.Join(t.TempDir(), "run"), plimsoll.Facts{}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	level, err := dir.Begin(plimsoll.Stage{Level: 1, Attempt: 1})
	if err != nil {
		t.Fatal(err)
	}
	want := plimsoll.UnknownEngine("http://h/metrics", 5)
	want.Running, want.Failed = 3, "HTTP status 503"
	if err := level.Engine([]plimsoll.EngineReading{want}); err != nil {
		t.Fatal(err)
	}
	if err := level.Seal(plimsoll.Observed{}); err != nil {
		t.Fatal(err)
	}
	sealed, err := dir.Levels()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = sealed[0].Engine(func(got *plimsoll.EngineReading) error {
		n++
		if got.Source != want.Source || got.At != 5 || got.Running != 3 || got.Failed != want.Failed || !math.IsNaN(got.Waiting) {
			t.Errorf("came back as %+v", *got)
		}
		return nil
	})
	if err != nil || n != 1 {
		t.Fatalf("%d readings, %v", n, err)
	}
}
