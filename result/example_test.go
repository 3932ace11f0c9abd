package result_test

import (
	"fmt"

	"plimsoll/result"
)

// Two published results are set side by side.
func Example() {
	published, err := result.Published()
	if err != nil {
		fmt.Println(err)
		return
	}
	gb300, h200 := published[0], published[4]
	c, err := result.Compare([]result.Entry{h200, gb300})
	if err != nil {
		fmt.Println(err)
		return
	}
	side := c.Tiers[0].Sides[1]
	fmt.Printf("%s over %s at %g tok/s: %.1fx per megawatt, %.0fx per accelerator\n",
		gb300.Name, h200.Name, c.Tiers[0].SpeedTPS, side.PerMW.Value, side.PerAcc.Value)
	// Output:
	// NVIDIA GB300 NVL72, 32 GPUs over NVIDIA H200 HGX, 8 GPUs at 20 tok/s: 23.7x per megawatt, 41x per accelerator
}
