package profile

import (
	"slices"
	"testing"

	"plimsoll/sim"
	"plimsoll/sim/roofline"
)

// system puts the embedded parts together.
func system(t *testing.T, accelerator, model string, l Layout) *Profile {
	t.Helper()
	p := Profile{Name: accelerator + "+" + model, ModelName: model, Layout: l}
	for folder, into := range map[string]any{"accelerators/" + accelerator: &p.Accelerator, "models/" + model: &p.Model, "constants/kernels": &p.Constants, "runtimes/vllm": &p.Runtime} {
		text, err := data.ReadFile("data/" + folder + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := decode(folder, text, into); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.check(); err != nil {
		t.Fatal(err)
	}
	return &p
}

// Marginal prefill rates that the calibration of V4-Pro at 27K context gave,
// tokens/s with phi 1 and balanced ranks; the band is that of the engine goldens.
func TestMarginalPrefillRates(t *testing.T) {
	for _, c := range []struct {
		accelerator string
		layout      Layout
		rate        float64 // tokens/s an accelerator, or a node
		per         float64
	}{
		{"gb300-nvl72", Layout{DP: 8, EP: 8, Fused: true}, 12.4e3, 8},
		{"b300", Layout{DP: 4, EP: 4}, 11.6e3, 4},
		{"h200", Layout{TP: 8}, 12.6e3, 1},
	} {
		p := system(t, c.accelerator, "deepseek-v4-pro", c.layout)
		s, err := p.System(c.layout)
		if err != nil {
			t.Fatal(err)
		}
		cost := s.Cost(roofline.Software{PhiDecode: 1, PhiPrefill: 1})
		price := func(n int) float64 {
			rank := sim.Work{Prefill: n / c.layout.roofline().DP, Attended: int64(n/c.layout.roofline().DP) * 27000}
			return cost.Price(slices.Repeat([]sim.Work{rank}, c.layout.roofline().DP)).Seconds
		}
		got := 1e5 / (price(2e5) - price(1e5)) / c.per
		t.Logf("%s: %.0f tokens/s, reference %.0f, ratio %.2f", c.accelerator, got, c.rate, got/c.rate)
		if r := got / c.rate; r > 1.25 || r < 1/1.25 {
			t.Errorf("%s: %.0f tokens/s is not within 1.25x of %.0f", c.accelerator, got, c.rate)
		}
	}
}

func TestEveryAcceleratorWithEveryModel(t *testing.T) {
	made := 0
	for _, a := range list("accelerators") {
		for _, m := range list("models") {
			p, err := Load(a + "+" + m)
			if err != nil {
				t.Logf("%v", err)
				continue
			}
			made++
			cfg, err := p.Engine()
			if err != nil {
				t.Errorf("%v", err)
			}
			one := cfg.Cost.Price([]sim.Work{{Seqs: 1, Context: 8192}}).Seconds
			many := cfg.Cost.Price([]sim.Work{{Seqs: 32, Context: 32 * 8192}}).Seconds
			t.Logf("%-36s tp %d, pool %5.1fM tokens, decode 1: %5.1f ms, 32: %5.1f ms", p.Name, p.Layout.TP, float64(cfg.PoolTokens())/1e6, one*1e3, many*1e3)
			if !(one > 0 && many >= one && one < 1) {
				t.Errorf("%s: steps of %g s and %g s", p.Name, one, many)
			}
		}
	}
	if made < 60 {
		t.Errorf("only %d combinations make an engine", made)
	}
}
