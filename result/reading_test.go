package result_test

import (
	"math"
	"strings"
	"testing"

	"plimsoll/result"
)

// TestReading reads the published results at the speed that they share, and past it.
func TestReading(t *testing.T) {
	entries, err := result.Published()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, e := range entries {
		at[e.Name] = i
	}
	gb, wide, h := at["NVIDIA GB300 NVL72, 32 GPUs"], at["NVIDIA GB300 NVL72, 40 GPUs"], at["NVIDIA H200 HGX, 8 GPUs"]
	r := result.At(entries, 20)
	// 61,354 over 2,594 agents a megawatt, 57.5 over 1.4 an accelerator.
	s, same := r.Over(gb, h)
	if !same || math.Abs(float64(s.PerMW.Value)-61354.0/2594) > 0.01 || math.Abs(float64(s.PerAcc.Value)-57.5/1.4) > 0.01 {
		t.Errorf("GB300 over H200 at 20 tok/s: %v per MW, %v per accelerator, same TTFT limit %t", s.PerMW.Value, s.PerAcc.Value, same)
	}
	back, _ := r.Over(h, gb)
	if product := float64(back.PerMW.Value * s.PerMW.Value); math.Abs(product-1) > 1e-12 {
		t.Errorf("a ratio and its inverse give %g", product)
	}
	if s, same := r.Over(wide, h); same || !s.PerAcc.Value.Known() { // 60 tok/s is at least 20, within 5 s instead of 10
		t.Errorf("GB300 with 40 GPUs over H200: %v, same TTFT limit %t", s.PerAcc.Value, same)
	}
	fast := result.At(entries, 21)
	if fast.Tiers[h] != nil || fast.Tiers[wide] == nil {
		t.Error("at 21 tok/s H200 has a figure, or GB300 with 40 GPUs has none")
	}
	if s, _ := fast.Over(h, wide); s.Has || s.PerAcc.Value.Known() || !strings.Contains(s.PerAcc.Reason, "no figure") {
		t.Errorf("a ratio without a figure: %+v", s)
	}
}
