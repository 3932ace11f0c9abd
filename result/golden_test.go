package result_test

import (
	"testing"

	"plimsoll/bundle"
	"plimsoll/result"
)

// TestVersion1 reads a whole run folder in the bytes that version 1 had when it was
// first written, in November 2026. They are never written anew: whoever kept such a
// folder can still open and verify it.
func TestVersion1(t *testing.T) {
	d, err := bundle.Open("testdata/v1")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	found, err := result.Verify(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
	var r result.Result
	if err := d.ReadResult(&r); err != nil {
		t.Fatal(err)
	}
	if len(r.Levels) != 2 || r.Levels[1].Agents != 4 || r.Levels[1].Turns != 31 || len(r.Tiers) != 3 || r.Tiers[0].AtLeast != 4 {
		t.Errorf("%d levels, %+v", len(r.Levels), r.Tiers)
	}
	if r.Levels[0].Views != nil {
		t.Error("views in a file that is older than they are")
	}
}
