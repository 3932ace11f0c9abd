package bundle_test

import (
	"fmt"
	"os"
	"path/filepath"

	"plimsoll"
	"plimsoll/bundle"
)

// A run folder is created, one level is sealed, and it is read back.
func Example() {
	parent, err := os.MkdirTemp("", "plimsoll")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(parent)
	dir, err := bundle.Create(filepath.Join(parent, "run"), plimsoll.Facts{Preset: "quick"}, []byte("preset: quick\n"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dir.Close()
	level, err := dir.Begin(plimsoll.Stage{Level: 1, Attempt: 1, Agents: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer level.Discard()
	if err := level.Row(plimsoll.Row{Slot: 3, Class: plimsoll.ClassOK}); err != nil {
		fmt.Println(err)
		return
	}
	if err := level.Seal(plimsoll.Observed{TurnsSent: 1}); err != nil {
		fmt.Println(err)
		return
	}
	levels, err := dir.Levels()
	for _, l := range levels {
		fmt.Println(l.ID, l.Stage.Agents, "agents")
		err = l.Rows(func(r *plimsoll.Row) error {
			fmt.Println("slot", r.Slot, r.Class)
			return nil
		})
	}
	fmt.Println(err)
	// Output:
	// 0001.1 8 agents
	// slot 3 ok
	// <nil>
}
