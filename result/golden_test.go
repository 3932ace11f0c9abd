package result_test

import (
	"os"
	"path/filepath"
	"strings"
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

// TestOtherRules: what another version's search decided is named as such in one
// sentence, and everything below the search is still checked.
func TestOtherRules(t *testing.T) {
	d := measured(t)
	r := computed(t, d)
	f := d.Facts()
	f.Rules = "aa/9"
	again, err := bundle.Create(filepath.Join(t.TempDir(), "run"), f, []byte("virtual: true\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := os.CopyFS(filepath.Join(again.Path(), bundle.LevelsDir), os.DirFS(filepath.Join(d.Path(), bundle.LevelsDir))); err != nil {
		t.Fatal(err)
	}
	agents := 1000
	r.Tiers[0].Capacity, r.Levels[0].Turns = &agents, r.Levels[0].Turns+1
	if err := again.WriteResult(r); err != nil {
		t.Fatal(err)
	}
	if err := again.Finish(); err != nil {
		t.Fatal(err)
	}
	found := verified(t, again)
	if len(found) != 2 || !strings.Contains(found[0].What, "rules aa/9") || !strings.Contains(found[1].Where, "turns") {
		t.Errorf("findings are %v, want the rules and the turns of a level", found)
	}
}
