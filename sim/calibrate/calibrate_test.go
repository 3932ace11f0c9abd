package calibrate

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/sim/profile"
	"plimsoll/trajectory/synth"
)

// rehearsal is a small engine with a small pool under a few levels, seen through
// factors x.
func rehearsal(t *testing.T, x factors) Config {
	t.Helper()
	p, err := profile.Choose(profile.Choice{System: "h100", Model: "llama-3.1-8b"})
	if err != nil {
		t.Fatal(err)
	}
	p.Runtime.KVFactor = profile.Value{Value: 0.1, Unit: "1", Source: "test", Date: "2026-01-01", Kind: "estimated", Low: 0.1, High: 0.1}
	preset, err := synth.LoadPreset("mini")
	if err != nil {
		t.Fatal(err)
	}
	set, err := preset.Generate(7, 16)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Profile: p, Trajectories: set.Trajectories, Agents: agent.Config{Seed: 3, DelaySeed: 4, Start: "spread", ToolDelay: "recorded"}, OutputPolicy: "recorded"}
	for i, n := range []int{4, 12, 24, 40} {
		shape := plimsoll.Shape{Ramp: 2 * time.Second, Settle: 4 * time.Second, Min: 20 * time.Second, Max: 20 * time.Second, Tick: time.Second, Request: time.Minute, Idle: time.Minute}
		l := Level{
			Stage:    plimsoll.Stage{Level: i + 1, Attempt: 1, Agents: n, Fresh: true, Shape: shape, Tiers: []plimsoll.Tier{{Name: "t", SpeedTPS: 20, TTFT: 10 * time.Second}}},
			Observed: plimsoll.Observed{Window: plimsoll.Window{Start: 6e9, End: 26e9}},
		}
		if l.Seen, err = c.hold(t.Context(), x, l); err != nil {
			t.Fatal(err)
		}
		c.Levels = append(c.Levels, l)
	}
	return c
}

// Levels that an engine with known factors made give these factors back, from a
// profile that does not have them, within the error bars or 5 %.
func TestFitFindsTheFactorsBack(t *testing.T) {
	truth := factors{math.Log(1.3), math.Log(1.2), math.Log(0.75)}
	c := rehearsal(t, truth)
	r, err := Fit(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	want := truth.values(c.Profile)
	for i, f := range r.Factors {
		t.Logf("%+v, want %.4f", f, want[i])
		if !f.Identified || f.Low > f.Value || f.Value > f.High {
			t.Errorf("%+v", f)
		}
		if (want[i] < f.Low || want[i] > f.High) && math.Abs(f.Value/want[i]-1) > 0.05 {
			t.Errorf("%s is %.4f (%.4f to %.4f), the levels were made with %.4f", f.Name, f.Value, f.Low, f.High, want[i])
		}
	}
	if r.SpeedErr > 0.1 || r.TTFTErr > 0.25 {
		t.Errorf("levels not seen are off by %.3f and %.3f", r.SpeedErr, r.TTFTErr)
	}
	text, err := r.Into(c.Profile, Factor{}, "run x", "2026-01-01").YAML()
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Read("fitted", text)
	if err != nil {
		t.Fatal(err)
	}
	if v := p.Runtime.PhiDecode; v.Kind != "measured" || v.Source != "calibrated on run x" || v.Value != r.Factors[0].Value || v.Low != r.Factors[0].Low {
		t.Errorf("%+v", v)
	}
}

// A figure that the engine does not say is left out, and endless is equal to endless.
func TestResiduals(t *testing.T) {
	same := Figures{10, 20, 1, math.Inf(1), math.NaN()}
	if r := residuals(same, same); r != [5]float64{} {
		t.Error(r)
	}
	if r := residuals(Figures{11, 20, 1, 5, 100}, same); math.Abs(r[0]-math.Log(1.1)/0.03) > 1e-9 || r[3] != -farOff/0.15 || r[4] != 0 {
		t.Error(r)
	}
}

func TestAccepted(t *testing.T) {
	rows := make([]plimsoll.Row, 30)
	for i := range rows {
		rows[i] = plimsoll.Row{Class: plimsoll.ClassOK, UsageCompletion: 101, FirstChunkTokens: 1, Events: 41} // 100 tokens in 40 steps
	}
	if f, ok := Accepted(rows); !ok || f.Value != 2.5 || f.Low > 2.5 || f.High < 2.5 {
		t.Errorf("%+v %v", f, ok)
	}
	for i := range rows {
		rows[i].Events = 101
	}
	if f, ok := Accepted(rows); ok {
		t.Errorf("one token an event gives %+v", f)
	}
}

func TestFitRefuses(t *testing.T) {
	c := rehearsal(t, factors{})
	few := c
	few.Levels = c.Levels[:1]
	if _, err := Fit(t.Context(), few); err == nil || !strings.Contains(err.Error(), "at least 2") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fit(ctx, c); err == nil {
		t.Error("a cancelled fit has a result")
	}
}
