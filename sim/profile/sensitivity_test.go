package profile

import (
	"os"
	"testing"
)

// What uncertain inputs are worth, agents an accelerator at 20 tokens/s and 10 s,
// beside the calibration of the same model by an independent script. Band 1.3x, or
// one agent where a node carries few.
func TestSensitivity(t *testing.T) {
	if os.Getenv("PLIMSOLL_PUBLISHED") == "" {
		t.Skip("takes 20 s of CPU: set PLIMSOLL_PUBLISHED=1 to run it")
	}
	for _, c := range []struct {
		name, what string
		low, high  float64 // agents an accelerator
		change     func(*Profile)
	}{
		{"h200", "ideal KV", 5.2, 5.2, func(p *Profile) { p.Pools[0].KVRegime = "ideal" }},
		{"h200", "padded KV", 2.8, 5.2, func(p *Profile) { p.Pools[0].KVRegime = "padded" }},
		{"h200", "prefix pool 20 GB", 2.1, 2.1, func(p *Profile) { p.Runtime.ReservedBytes.Value = 6e9 }},
		{"b300", "ideal KV", 46.9, 46.9, func(p *Profile) { p.Pools[0].KVRegime = "ideal" }},
		{"b300", "padded KV", 26, 36, func(p *Profile) { p.Pools[0].KVRegime = "padded" }},
		{"mi355x", "phi 1.84", 1.8, 1.8, func(p *Profile) { p.Runtime.PhiDecode.Value, p.Runtime.PhiPrefill.Value = 1.84, 1.84 }},
		{"mi355x", "phi 1.5", 3.9, 3.9, func(p *Profile) { p.Runtime.PhiDecode.Value, p.Runtime.PhiPrefill.Value = 1.5, 1.5 }},
		{"mi355x", "ideal KV changes nothing", 2.9, 2.9, func(p *Profile) { p.Pools[0].KVRegime = "ideal" }},
	} {
		t.Run(c.name+" "+c.what, func(t *testing.T) {
			p, err := Load(c.name)
			if err != nil {
				t.Fatal(err)
			}
			c.change(p)
			cfg, err := p.Deployment()
			if err != nil {
				t.Fatal(err)
			}
			n := float64(p.Accelerators())
			got := float64(capacity(t, cfg, max(1, int(c.low*n/2)), int(c.high*n*2)))
			t.Logf("%.2f agents an accelerator, reference %.1f..%.1f", got/n, c.low, c.high)
			if got+1 < c.low*n/1.3 || got-1 > c.high*n*1.3 {
				t.Errorf("%.2f agents an accelerator are not within 1.3x of %.1f..%.1f", got/n, c.low, c.high)
			}
		})
	}
}

// More memory, bandwidth, acceptance or a shorter software path never lowers the
// limit (by more than the bisection's step).
func TestMoreNeverLowers(t *testing.T) {
	if os.Getenv("PLIMSOLL_PUBLISHED") == "" {
		t.Skip("takes 20 s of CPU: set PLIMSOLL_PUBLISHED=1 to run it")
	}
	limit := func(name string, change func(*Profile)) int {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		change(p)
		cfg, err := p.Deployment()
		if err != nil {
			t.Fatal(err)
		}
		return capacity(t, cfg, 4, 400)
	}
	for _, name := range []string{"h200", "mi355x", "b300"} {
		base := limit(name, func(*Profile) {})
		for what, change := range map[string]func(*Profile){
			"HBM":        func(p *Profile) { p.Accelerator.HBMBytes.Value *= 1.2 },
			"bandwidth":  func(p *Profile) { p.Accelerator.HBMBandwidth.Value *= 1.2 },
			"arithmetic": func(p *Profile) { p.Accelerator.BF16.Value *= 1.2; p.Accelerator.FP8.Value *= 1.2 },
			"software":   func(p *Profile) { p.Runtime.PhiDecode.Value /= 1.2; p.Runtime.PhiPrefill.Value /= 1.2 },
		} {
			if got := limit(name, change); float64(got) < 0.9*float64(base)-1 {
				t.Errorf("%s: 20 %% more %s lowers the limit from %d to %d", name, what, base, got)
			}
		}
	}
}
