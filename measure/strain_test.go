package measure

import (
	"math"
	"strings"
	"testing"
	"time"

	"plimsoll"
)

func TestStrain(t *testing.T) {
	card := plimsoll.Link{Interface: "eth0", BytesPerS: 125e6} // 1 Gbit/s
	known := &plimsoll.Calibration{Agents: 1000, EventsPerS: 20_000}
	pace := Pace{Turns: 0.1, Tokens: 10}
	for name, test := range map[string]struct {
		generator plimsoll.Generator
		agents    int
		want      string // limits, joined
	}{
		"nothing known":        {plimsoll.Generator{}, 1_000_000, ""},
		"files":                {plimsoll.Generator{OpenFiles: 1024}, 1000, "files"},
		"files, two branches":  {plimsoll.Generator{OpenFiles: 1024, Connections: 2}, 481, "files"},
		"files enough":         {plimsoll.Generator{OpenFiles: 1024}, 960, ""},
		"ports":                {plimsoll.Generator{LocalPorts: 28_232}, 28_233, "ports"},
		"ports over two URLs":  {plimsoll.Generator{LocalPorts: 28_232, URLs: 2}, 56_464, ""},
		"400 KB bodies":        {plimsoll.Generator{BodyBytes: 400e3, Link: card}, 2200, "network"}, // 88 MB/s of 125
		"just below":           {plimsoll.Generator{BodyBytes: 400e3, Link: card}, 2187, ""},
		"loopback":             {plimsoll.Generator{BodyBytes: 400e3, Link: plimsoll.Link{Loopback: true, BytesPerS: 1}}, 2200, ""},
		"unknown card":         {plimsoll.Generator{BodyBytes: 400e3, Link: plimsoll.Link{Interface: "wg0"}}, 2200, ""},
		"more than calibrated": {plimsoll.Generator{Calibration: known}, 1001, "agents"},
		"calibrated to none":   {plimsoll.Generator{Calibration: &plimsoll.Calibration{EventsPerS: 1}}, 1, "agents"},
		"as calibrated":        {plimsoll.Generator{Calibration: known}, 1000, ""},
		"more events":          {plimsoll.Generator{Calibration: &plimsoll.Calibration{Agents: 5000, EventsPerS: 20_000}}, 2001, "events"},
	} {
		var got []string
		for _, s := range StrainOf(test.generator, test.agents, pace) {
			got = append(got, s.Limit)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %v, want %q", name, got, test.want)
		}
	}
	g := plimsoll.Generator{BodyBytes: 400e3, Link: card}
	if n := LinkAgents(g, pace); n != 2187 {
		t.Errorf("%d agents fill the card, want 2187", n)
	}
	if n := LinkAgents(plimsoll.Generator{}, pace); n != 0 {
		t.Errorf("%d agents fill an unknown card", n)
	}
}

func TestPace(t *testing.T) {
	tier := plimsoll.Tier{SpeedTPS: 30, TTFT: 10 * time.Second}
	if p := PaceAt(tier, 5, 300); math.Abs(p.Turns-0.05) > 1e-12 || math.Abs(p.Tokens-15) > 1e-9 {
		t.Errorf("%+v, want a turn each 20 s and 15 tokens/s", p)
	}
	past := plimsoll.Past{Stage: plimsoll.Stage{Agents: 4}, Took: 20, Spent: plimsoll.Tokens{Output: 1600}}
	if p := PaceOf(past); p != (Pace{}) {
		t.Errorf("a level without turns: %+v", p)
	}
	past.Evidence.Turns, past.Evidence.Window = 8, plimsoll.Window{Start: 0, End: plimsoll.Instant(10 * time.Second)}
	if p := PaceOf(past); p != (Pace{Turns: 0.2, Tokens: 20}) {
		t.Errorf("%+v", p)
	}
}
