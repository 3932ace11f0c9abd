package result

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVary(t *testing.T) {
	run := func(command, window string) Entry {
		return Entry{Name: command, Kind: "run", Settings: map[string]string{"launch_command": command, "window": window, "seed": "42"}}
	}
	got := vary([]Entry{
		run("serve m --tp 8 --max-num-seqs=256 --enable-x", "5m0s"), {Name: "published"}, run("serve m --tp 4 --max-num-seqs=256", "5m0s"),
	})
	want := []Variation{
		{"launch_command --enable-x", []string{"given", "", ""}},
		{"launch_command --tp", []string{"8", "", "4"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := vary([]Entry{run("a", "1m"), run("a", "1m"), {Name: "published"}}); len(got) != 0 {
		t.Errorf("nothing differs, and yet %v", got)
	}
}
