package simfleet

import (
	"context"
	"syscall"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/sim/profile"
	"plimsoll/trajectory/synth"
)

// counted is a Sink that counts rows.
type counted int

func (c *counted) Row(plimsoll.Row) error       { *c++; return nil }
func (c *counted) Sample(plimsoll.Sample) error { return nil }

// racks is so many copies of the published rack under the synthetic set aa.
func racks(t testing.TB, copies int) Config {
	t.Helper()
	p, err := profile.Choose(profile.Choice{System: "gb300-nvl72", Racks: copies})
	if err != nil {
		t.Fatal(err)
	}
	deployment, err := p.Deployment()
	if err != nil {
		t.Fatal(err)
	}
	preset, err := synth.LoadPreset("aa")
	if err != nil {
		t.Fatal(err)
	}
	set, err := preset.Generate(42, 500)
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Deployment: deployment, Trajectories: set.Trajectories, OutputPolicy: "recorded",
		Agents: agent.Config{Seed: 42, DelaySeed: 1, Start: agent.StartSpread, ToolDelay: agent.DelayRecorded},
	}
}

// tenMinutes is a level that ends ten minutes after it began.
func tenMinutes(n int) plimsoll.Stage {
	return plimsoll.Stage{Level: 1, Attempt: 1, Agents: n, Fresh: true, Tiers: defaultTiers(), Shape: plimsoll.Shape{
		Ramp: time.Minute, Settle: time.Minute, Min: 8 * time.Minute, Limit: 10 * time.Minute, Tick: 5 * time.Second, Request: 5 * time.Minute,
	}}
}

// BenchmarkRack holds 4,000 agents on a rack of 72 GPUs for ten minutes of virtual time.
func BenchmarkRack(b *testing.B) { benchmarkRacks(b, 1, 4000) }

// BenchmarkMegawatt is 15 racks, 1,080 GPUs, with 60,000 agents.
func BenchmarkMegawatt(b *testing.B) { benchmarkRacks(b, 15, 60000) }

// BenchmarkSite is a hundred racks, 7,200 GPUs, with 400,000 agents.
func BenchmarkSite(b *testing.B) { benchmarkRacks(b, 100, 400000) }

func benchmarkRacks(b *testing.B, copies, agents int) {
	c := racks(b, copies)
	before := processor(b)
	for b.Loop() {
		f, err := New(c)
		if err != nil {
			b.Fatal(err)
		}
		var rows counted
		if _, err := f.Hold(context.Background(), tenMinutes(agents), &rows, nil); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(rows), "turns")
	}
	b.ReportMetric((processor(b)-before).Seconds()/float64(b.N), "cpu-s/op")
}

// processor is the time that the process has had of all processors, which other work
// on the machine disturbs less than the clock.
func processor(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
