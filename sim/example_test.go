package sim_test

import (
	"fmt"
	"time"

	"plimsoll/sim"
)

// flat is a cost model for the example: 2 ms a step, 1 ms a decoding sequence,
// 10 µs a prompt token.
type flat struct{}

func (flat) Price(ranks []sim.Work) sim.Price {
	w := slowest(ranks)
	return sim.Price{Seconds: 2e-3 + 1e-3*float64(w.Seqs) + 1e-5*float64(w.Prefill)}
}

func Example() {
	engine, err := sim.New(sim.Config{
		Cost: flat{}, BlockTokens: 16, Blocks: 1000, Reserve: sim.ReserveOutput,
		MaxSeqs: 8, StepTokens: 512, MaxContext: 4096, Speed: 1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := engine.Submit(0, sim.Request{ID: 7, Tokens: 100, Output: 3}); err != nil {
		fmt.Println(err)
		return
	}
	for at, busy := engine.Next(); busy; at, busy = engine.Next() {
		engine.Advance(at, func(e sim.Emission) {
			fmt.Println(e.At.Round(time.Microsecond), e.Tokens, e.First, e.Done)
		})
	}
	// Output:
	// 3ms 1 true false
	// 9ms 2 false true
}
