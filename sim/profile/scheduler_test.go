package profile

import (
	"testing"

	"plimsoll/sim"
)

// The SGLang runtimes schedule with SGLang's own numbers; first come, first served is its
// default.
func TestSGLangSchedulers(t *testing.T) {
	for runtime, order := range map[string]sim.Order{"sglang": {}, "sglang-lpm": {LongestPrefix: 128, SharedTokens: 32}} {
		p, err := Load("h100+llama-3.1-8b+" + runtime)
		if err != nil {
			t.Fatal(err)
		}
		e, err := p.Engine()
		if err != nil {
			t.Fatal(err)
		}
		share := 0.7 // a variable: constants would be multiplied exactly
		want := sim.Estimate{First: share, Least: share * 0.14, Steps: 600, MaxTokens: 4096, RetractTokens: 20}
		if e.Order != order || e.Estimate != want || e.Reserve != sim.ReserveEstimate || !e.Separate {
			t.Errorf("%s: order %+v, reserve %s, separate %v, estimate %+v", runtime, e.Order, e.Reserve, e.Separate, e.Estimate)
		}
	}
}
