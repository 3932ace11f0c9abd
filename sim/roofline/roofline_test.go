package roofline_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"plimsoll/sim"
	"plimsoll/sim/roofline"
)

var (
	hardware = roofline.Hardware{HBMBytes: 80e9, HBMBandwidth: 3.35e12, BF16: 1e15, FP8: 2e15, LinkBandwidth: 450e9, LinkDomain: 8, NICBandwidth: 50e9, FloorFactor: 1, FourBitFactor: 1}
	consts   = roofline.Constants{
		EtaWeights: 0.8, EtaExperts: 0.74, EtaKV: 0.7, EtaCompute: 0.52, EtaMoE: 0.5, EtaAttention: 0.52, EtaIndex: 0.25,
		EtaLink: 0.7, EtaAllToAll: 0.65, EtaNIC: 0.8, ExpertImbalance: 1.4,
		DraftLayers: 1.3, VerifyOverhead: 0.03, ExchangeBytes: 3, ElementHidden: 7168,
	}
	dense = roofline.Model{
		Hidden: 4096, Vocab: 128256, MaxContext: 131072, CheckpointBytes: 16e9,
		Attention: []roofline.Attention{{Kind: roofline.GQA, Layers: 32, Parameters: 42e6, WeightBytes: 2, Format: roofline.BF16, QHeads: 32, KVHeads: 8, HeadDim: 128, EntryBytes: 512}},
		FFN:       []roofline.FFN{{Layers: 32, Parameters: 176e6, WeightBytes: 2, Format: roofline.BF16}},
	}
	experts = roofline.Model{
		Hidden: 4096, Vocab: 128256, MaxContext: 131072, CheckpointBytes: 40e9, ExpertBytes: 36e9,
		Attention: []roofline.Attention{{Kind: roofline.DSA, Layers: 32, Parameters: 100e6, WeightBytes: 1, Format: roofline.FP8, QHeads: 64, KVHeads: 1, HeadDim: 544, PrefillDim: 160, EntryBytes: 656, TopK: 2048, IndexHeads: 32, IndexDim: 128, IndexBytes: 132}},
		FFN:       []roofline.FFN{{Layers: 32, Parameters: 9e6, WeightBytes: 1, Format: roofline.FP8, Experts: 128, TopK: 8}},
	}
	one = roofline.Layout{TP: 1, DP: 1, EP: 1, PP: 1}
)

// An 8B model in BF16 on one accelerator of 3.35 TB/s: a lone token costs the
// reading of the weights, 15 GB at 80 % of the bandwidth.
func Example() {
	system, err := roofline.New(hardware, dense, consts, one)
	if err != nil {
		fmt.Println(err)
		return
	}
	cost := system.Cost(roofline.Software{PhiDecode: 1, PhiPrefill: 1})
	fmt.Printf("%.1f ms\n", 1e3*cost.Price([]sim.Work{{Seqs: 1, Context: 1000}}).Seconds)
	// Output: 5.7 ms
}

// More work never costs less, better hardware never more.
func TestMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		model, layout := dense, roofline.Layout{TP: rapid.SampledFrom([]int{1, 2, 4, 8}).Draw(t, "tp"), DP: 1, EP: 1, PP: 1}
		if rapid.Bool().Draw(t, "experts") {
			dp := rapid.SampledFrom([]int{1, 2, 4, 16}).Draw(t, "dp")
			model, layout = experts, roofline.Layout{TP: 1, DP: dp, EP: dp, PP: 1, Fused: rapid.Bool().Draw(t, "fused")}
		}
		software := roofline.Software{PhiDecode: 1.1, PhiPrefill: 0.95, Draft: rapid.IntRange(0, 4).Draw(t, "draft")}
		price := func(h roofline.Hardware, w sim.Work) sim.Price {
			s, err := roofline.New(h, model, consts, layout)
			if err != nil {
				t.Fatal(err)
			}
			return s.Cost(software).Price([]sim.Work{w})
		}
		w := sim.Work{Seqs: rapid.IntRange(1, 500).Draw(t, "seqs"), Prefill: rapid.IntRange(0, 8192).Draw(t, "prefill")}
		w.Context = int64(w.Seqs) * int64(rapid.IntRange(1, 100000).Draw(t, "context"))
		w.Attended = int64(w.Prefill) * int64(rapid.IntRange(1, 100000).Draw(t, "attended"))
		base := price(hardware, w)
		if !(base.Seconds > 0) || math.IsInf(base.Seconds, 0) || base.Compute > base.Seconds || base.Memory > base.Seconds {
			t.Fatalf("%+v costs %+v", w, base)
		}
		more := w
		more.Seqs++
		more.Context += w.Context / int64(w.Seqs)
		longer := w
		longer.Context += int64(w.Seqs)
		prompt := w
		prompt.Prefill++
		prompt.Attended += w.Attended/int64(max(1, w.Prefill)) + 1
		for name, other := range map[string]sim.Work{"one more sequence": more, "longer contexts": longer, "one more prompt token": prompt} {
			if p := price(hardware, other); p.Seconds < base.Seconds*(1-1e-12) {
				t.Fatalf("%s costs less: %g s, %g s before", name, p.Seconds, base.Seconds)
			}
		}
		better := hardware
		better.HBMBandwidth *= 1.3
		better.BF16 *= 1.3
		better.FP8 *= 1.3
		if p := price(better, w); p.Seconds > base.Seconds {
			t.Fatalf("better hardware costs more: %g s, %g s before", p.Seconds, base.Seconds)
		}
	})
}

func TestLayoutsThatDoNotFit(t *testing.T) {
	noFP8 := hardware
	noFP8.FP8 = 0
	for _, c := range []struct {
		name     string
		hardware roofline.Hardware
		model    roofline.Model
		layout   roofline.Layout
		want     string
	}{
		{"heads", hardware, dense, roofline.Layout{TP: 5, DP: 1, EP: 1, PP: 1}, "does not divide 32 query heads: remainder 2"},
		{"experts", hardware, experts, roofline.Layout{TP: 1, DP: 5, EP: 5, PP: 1}, "does not divide 128 experts + 0 redundant: remainder 3"},
		{"ranks", hardware, experts, roofline.Layout{TP: 1, DP: 2, EP: 4, PP: 1}, "must be tp * dp"},
		{"domain", hardware, dense, roofline.Layout{TP: 16, DP: 1, EP: 1, PP: 1}, "link domain of 8"},
		{"format", noFP8, experts, one, "no fp8 arithmetic"},
		{"zero", hardware, dense, roofline.Layout{}, "at least 1"},
	} {
		if _, err := roofline.New(c.hardware, c.model, consts, c.layout); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

// Redundant experts make other widths possible and cost memory.
func TestRedundantExperts(t *testing.T) {
	l := roofline.Layout{TP: 1, DP: 5, EP: 5, PP: 1, Redundant: 2}
	if _, err := roofline.New(hardware, experts, consts, l); err != nil {
		t.Fatal(err)
	}
	want := 36e9*130/128/5 + 4e9
	if got := experts.WeightsPerAccelerator(l); math.Abs(got-want) > 1 {
		t.Errorf("weights %g, want %g", got, want)
	}
}
