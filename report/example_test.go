package report_test

import (
	"fmt"
	"os"

	"plimsoll"
	"plimsoll/report"
	"plimsoll/result"
)

// A result is written as a Markdown table.
func Example() {
	capacity, each := 90, 11.25
	r := result.Result{
		Engine: result.Engine{Model: "example-70b"}, Accelerators: 8, Method: "aa", Preset: "standard", Seed: 42,
		Comparable: result.Comparable{Yes: true},
		Tiers: []result.Tier{{
			Name: "30tps/10s", SpeedTPS: 30, TTFTs: 10, Verdict: plimsoll.Pass, Capacity: &capacity, BoundBy: "ttft", PerAcc: &each,
			NoPerMW: "no power was given",
		}},
	}
	if err := report.Markdown(os.Stdout, r); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ### example-70b on 8 accelerators
	//
	// | Tier | Limits | Agents | per accelerator | per MW | boundary, basis, grade | Verdict | Bound by |
	// | --- | --- | ---: | ---: | ---: | --- | --- | --- |
	// | 30tps/10s | P25 ≥ 30 tok/s, P95 TTFT ≤ 10 s | 90 | 11.2 | – | no power was given | pass | TTFT |
	//
	// 0 levels, 0 turns, none failed; method aa, preset standard, seed 42. The client kept up (lag p99 0 ms, read delay p99 0 ms, 0 % of a core).
}
