package profile

import (
	"fmt"
	"testing"

	"plimsoll/sim/roofline"
)

// Measured module times of DeepSeek-V4-Pro, ms: one layer on one rank. Each must be
// met within 1.3x by the constants of the embedded files.
func TestKernelGoldens(t *testing.T) {
	const band, context8K, prefix32K = 1.3, 8192, 32768 + 4096 // a chunk's mean context
	for _, c := range []struct {
		name        string
		accelerator string
		layout      Layout
		ms          float64
		price       func(*roofline.System, roofline.Model) float64
	}{
		{"CSA decode", "gb300-nvl72", Layout{DP: 8, EP: 8}, 0.231, attention(0, 64, 64, context8K, false)},
		{"HCA decode", "gb300-nvl72", Layout{DP: 8, EP: 8}, 0.128, attention(1, 64, 64, context8K, false)},
		{"CSA prefill", "gb300-nvl72", Layout{DP: 8, EP: 8}, 6.76, attention(0, 8192, 1, prefix32K, true)},
		{"HCA prefill", "gb300-nvl72", Layout{DP: 8, EP: 8}, 3.64, attention(1, 8192, 1, prefix32K, true)},
		{"experts fused EP8", "gb300-nvl72", Layout{DP: 8, EP: 8, Fused: true}, 0.351, experts(64, 1)},
		{"experts fused EP8, many tokens", "gb300-nvl72", Layout{DP: 8, EP: 8, Fused: true}, 2.65, experts(8192, 1)},
		{"experts fused EP8, skewed", "gb300-nvl72", Layout{DP: 8, EP: 8, Fused: true}, 4.74, experts(8192, 1.9)},
		{"experts fused EP32", "gb300-nvl72", Layout{DP: 32, EP: 32, Fused: true}, 0.155, experts(64, 1)},
		{"experts EP4", "b300", Layout{DP: 4, EP: 4}, 0.511, experts(64, 1)},
		{"experts EP8", "b300", Layout{DP: 8, EP: 8}, 0.269, experts(64, 1)},
		{"CSA prefill TP8", "h200", Layout{TP: 8}, 6.83, attention(0, 8192, 1, prefix32K, true)},
		{"HCA prefill TP8", "h200", Layout{TP: 8}, 2.55, attention(1, 8192, 1, prefix32K, true)},
		{"CSA decode TP8", "h200", Layout{TP: 8}, 0.240, attention(0, 64, 64, context8K, false)},
		{"HCA decode TP8", "h200", Layout{TP: 8}, 0.077, attention(1, 64, 64, context8K, false)},
		{"experts TP8, FP8 weights", "h200", Layout{TP: 8}, 0.503, fp8Experts(64, 1)},
	} {
		t.Run(fmt.Sprint(c.accelerator, " ", c.name), func(t *testing.T) {
			var p Profile
			for folder, into := range map[string]any{"accelerators/" + c.accelerator: &p.Accelerator, "models/deepseek-v4-pro": &p.Model, "constants/kernels": &p.Constants} {
				text, err := data.ReadFile("data/" + folder + ".yaml")
				if err != nil {
					t.Fatal(err)
				}
				if err := decode(folder, text, into); err != nil {
					t.Fatal(err)
				}
			}
			system, err := p.System(c.layout)
			if err != nil {
				t.Fatal(err)
			}
			got := c.price(system, p.Shape()) * 1e3
			ratio := got / c.ms
			t.Logf("%.3f ms, measured %.3f, ratio %.2f", got, c.ms, ratio)
			if ratio > band || ratio < 1/band {
				t.Errorf("%.3f ms is outside %.3f ms within %gx", got, c.ms, band)
			}
		})
	}
}

type pricer = func(*roofline.System, roofline.Model) float64

func attention(group int, tokens, seqs, context float64, prompt bool) pricer {
	return func(s *roofline.System, m roofline.Model) float64 {
		return s.Attention(m.Attention[group], tokens, seqs, context, prompt)
	}
}

func experts(tokens, imbalance float64) pricer {
	return func(s *roofline.System, m roofline.Model) float64 { return s.FFN(m.FFN[0], tokens, imbalance) }
}

func fp8Experts(tokens, imbalance float64) pricer {
	return func(s *roofline.System, m roofline.Model) float64 {
		f := m.FFN[0]
		f.WeightBytes = 1
		return s.FFN(f, tokens, imbalance)
	}
}
