package run

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/bundle"
)

// held is a level of n agents in which each sent a turn every ten seconds, of 500 tokens.
func held(n int) plimsoll.Past {
	return plimsoll.Past{
		Stage: plimsoll.Stage{Agents: n}, Took: 100, Spent: plimsoll.Tokens{Output: int64(5000 * n)},
		Evidence: plimsoll.Evidence{Turns: 10 * n, Window: plimsoll.Window{End: plimsoll.Instant(100 * time.Second)}},
	}
}

// A level that asks for more than is known to be borne is warned of before it begins,
// each limit once.
func TestWarn(t *testing.T) {
	card := plimsoll.Link{Interface: "eth0", BytesPerS: 125e6}
	known := &plimsoll.Calibration{Agents: 2000, EventsPerS: 60_000}
	for name, test := range map[string]struct {
		generator *plimsoll.Generator
		past      []plimsoll.Past
		agents    int
		want      string // a part of each warning, in order
	}{
		"virtual time":               {nil, nil, 100_000, ""},
		"borne":                      {&plimsoll.Generator{Calibration: known, OpenFiles: 20_000}, nil, 2000, ""},
		"more agents":                {&plimsoll.Generator{Calibration: known}, nil, 2001, "2001 agents are more than the 2000"},
		"said before":                {&plimsoll.Generator{Calibration: known}, []plimsoll.Past{held(2001)}, 4000, ""},
		"files":                      {&plimsoll.Generator{OpenFiles: 1024}, nil, 1000, "1064 open files"},
		"ports too":                  {&plimsoll.Generator{OpenFiles: 1024, LocalPorts: 500}, nil, 1000, "open files|local ports"},
		"one of two said before":     {&plimsoll.Generator{OpenFiles: 1024, LocalPorts: 1000}, []plimsoll.Past{held(1000)}, 2000, "local ports"},
		"events, no pace yet":        {&plimsoll.Generator{Calibration: known}, nil, 1500, ""},
		"events at the pace before":  {&plimsoll.Generator{Calibration: known}, []plimsoll.Past{held(100)}, 1500, "75000 events/s"},
		"network at the pace before": {&plimsoll.Generator{Link: card, BodyBytes: 400e3}, []plimsoll.Past{held(100)}, 2200, "88 MB/s of request bodies"},
		"network, no pace yet":       {&plimsoll.Generator{Link: card, BodyBytes: 400e3}, nil, 2200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := bundle.Create(filepath.Join(t.TempDir(), "run"), plimsoll.Facts{Generator: test.generator}, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer dir.Close()
			c := Config{Dir: dir, Now: time.Now}
			if err := c.warn(plimsoll.Stage{Agents: test.agents}, test.past); err != nil {
				t.Fatal(err)
			}
			var got []string
			err = dir.Events(func(e plimsoll.Event) error {
				if e.Kind == plimsoll.EventWarning {
					got = append(got, e.Message)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Split(test.want, "|")
			if test.want == "" {
				want = nil
			}
			if len(got) != len(want) {
				t.Fatalf("%q, want %q", got, want)
			}
			for i := range want {
				if !strings.Contains(got[i], want[i]) {
					t.Errorf("%q, want %q in it", got[i], want[i])
				}
			}
		})
	}
}
