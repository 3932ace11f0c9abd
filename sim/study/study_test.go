package study_test

import (
	"math"
	"strings"
	"testing"

	"plimsoll/sim/profile"
	"plimsoll/sim/study"
)

func load(t *testing.T, name string) *profile.Profile {
	t.Helper()
	p, err := profile.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each optimisation of the rack can be taken away, and the rest of the profile stays.
func TestWithoutEach(t *testing.T) {
	rack := load(t, "gb300-nvl72")
	before := rack.Words()
	for name, check := range map[string]func(*profile.Profile) bool{
		"wideep":      func(p *profile.Profile) bool { return p.Words() == "4xdep8+5xdep8" },
		"overlap":     func(p *profile.Profile) bool { return !p.Pools[0].Layout.Fused && !p.Pools[1].Layout.Fused },
		"nvl72":       func(p *profile.Profile) bool { return p.Accelerator.LinkDomain.Value == 8 },
		"affinity":    func(p *profile.Profile) bool { return p.Router == "least_loaded" },
		"speculation": func(p *profile.Profile) bool { return p.Speculation.Draft == 0 },
		"mxfp4": func(p *profile.Profile) bool {
			// 836 GB of experts at 4.25 bits are 1,623 GB at 8.25.
			return math.Abs(p.Model.ExpertBytes.Value-836e9*8.25/4.25) < 1e9
		},
	} {
		p, err := study.Without(rack, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !check(p) || p.Accelerators() != rack.Accelerators() {
			t.Errorf("%s: %+v on %d accelerators", name, p.Pools, p.Accelerators())
		}
		if _, err := p.Deployment(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if rack.Words() != before || rack.Accelerator.LinkDomain.Value != 72 || !rack.Pools[0].Layout.Fused {
		t.Error("the profile itself was changed")
	}
}

// What a system does not have is refused by name, never ignored.
func TestWithoutIsRefused(t *testing.T) {
	for _, c := range []struct{ system, name, want string }{
		{"h200", "wideep", "ablate wideep: h200 has no engine"},
		{"h200", "overlap", "no fused expert kernels"},
		{"h200", "nvl72", "link domain of 8"},
		{"h200", "affinity", "one engine"},
		{"mi355x", "speculation", "does not speculate"},
		{"h200+llama-3.1-8b", "mxfp4", "without 4-bit experts"},
		{"h200", "tiers", "ablate tiers: h200 has no offload tiers"},
		{"h200", "magic", "there are wideep, overlap, nvl72, affinity, speculation, mxfp4, tiers"},
	} {
		if _, err := study.Without(load(t, c.system), c.name); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s without %s: %v, want %q", c.system, c.name, err, c.want)
		}
	}
}

func TestRange(t *testing.T) {
	got, err := study.Of([]float64{50, 10, 40, 0, 20, 30, 60, 70, 80, 90, 100})
	if err != nil || got.Low != 10 || got.High != 90 || got.Members != 11 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := study.Of([]float64{1}); err == nil {
		t.Error("a range of one member")
	}
}
