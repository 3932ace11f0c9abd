package main

import (
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/measure"
)

func TestGeneratorOf(t *testing.T) {
	text := strings.Repeat("x", 1000)
	set := []*plimsoll.Trajectory{{
		Segments: []plimsoll.Segment{{Text: text}, {Text: text}, {Text: text}},
		Turns:    []plimsoll.Turn{{Prompt: []plimsoll.Span{{From: 0, To: 1}}}, {Prompt: []plimsoll.Span{{From: 0, To: 1}, {From: 1, To: 3}}, Branch: 2}},
	}}
	plan := plimsoll.Plan{Target: plimsoll.Target{URLs: []string{"http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"}, Routing: "round_robin"}}
	g := generatorOf(plan, set, &newProcess(nil).IO)
	if g.BodyBytes != 2000 || g.Connections != 6 || g.URLs != 2 || !g.Link.Loopback || g.Calibration != nil || g.CPUs != runtime.NumCPU() {
		t.Errorf("%+v", g)
	}
}

func TestLinkLine(t *testing.T) {
	g := plimsoll.Generator{BodyBytes: 400e3, Link: plimsoll.Link{Interface: "eth0", BytesPerS: 125e6}}
	if line := linkLine(g, measure.Pace{Turns: 0.1}); !strings.Contains(line, "400K bytes") || !strings.Contains(line, "about 2187 agents") {
		t.Error(line)
	}
	g.Link.BytesPerS = 0
	if line := linkLine(g, measure.Pace{Turns: 0.1}); !strings.Contains(line, "speed of eth0 is unknown") {
		t.Error(line)
	}
	if line := linkLine(plimsoll.Generator{Link: plimsoll.Link{Loopback: true}}, measure.Pace{}); line != "" {
		t.Error(line)
	}
}

func TestCalibrationIsKept(t *testing.T) {
	env := map[string]string{"XDG_CACHE_HOME": t.TempDir()}
	io := &newProcess(env).IO
	if c := kept(io); c != nil {
		t.Fatalf("%+v before the doctor ran", c)
	}
	diagnosed := func(agents int, rate, lag float64) plimsoll.Calibration {
		d := diagnosis{CPUs: runtime.NumCPU(), Loads: []calibrated{
			{Agents: agents, EventsPerS: rate, Delivered: 1}, {Agents: 10 * agents, EventsPerS: 10 * rate, Delivered: 1, LagP99: lag},
		}}
		d.calibrated = d.best()
		return d.calibration(time.Now())
	}
	full := diagnosed(100, 2000, 50) // the larger load was too much
	if full.Agents != 100 || full.EventsPerS != 2000 || full.LagP99 != 0 {
		t.Errorf("%+v", full)
	}
	for _, step := range []struct {
		c      plimsoll.Calibration
		chosen bool
		want   int
	}{{full, false, 100}, {diagnosed(10, 200, 50), true, 100}, {diagnosed(200, 4000, 50), true, 200}, {full, false, 100}} {
		if err := keep(step.c, step.chosen, io); err != nil {
			t.Fatal(err)
		}
		if c := kept(io); c == nil || c.Agents != step.want || !c.At.Equal(c.At.Truncate(time.Second)) {
			t.Errorf("kept %+v, want %d agents", c, step.want)
		}
	}
	code, out, _ := call(t, env, "run", "--dry-run", "--max-agents", "101")
	if code != 0 || !strings.Contains(out, "found 100 agents and 2000 events/s") || !strings.Contains(out, "# ! 101 agents are more than the 100") {
		t.Errorf("exit %d\n%s", code, out)
	}
	full.CPUs++
	data, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(calibrationFile(io), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if c := kept(io); c != nil {
		t.Errorf("a machine of other processors has %+v", c)
	}
	_, out, _ = call(t, env, "run", "--dry-run")
	if !strings.Contains(out, "not calibrated") {
		t.Errorf("%s", out)
	}
}
