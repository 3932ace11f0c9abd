package config_test

import (
	"fmt"

	"plimsoll/config"
)

func Example() {
	seed := uint64(7)
	plan, _, err := config.Resolve(config.Run{Seed: &seed}, config.Permit{})
	fmt.Println(plan.Preset, plan.Seed, plan.TierSet, err)
	// Output: quick 7 nvidia-blog-2026-06/deepseek-v4-pro <nil>
}
