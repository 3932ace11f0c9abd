package profile

import (
	"fmt"

	"plimsoll/sim"
)

// checkScheduler refuses words and combinations that are not modelled.
func (r *Runtime) checkScheduler() error {
	sglang, estimate, lpm := r.Scheduler == "sglang", r.Reserve == string(sim.ReserveEstimate), r.SchedulePolicy == "lpm"
	switch {
	case !sglang && r.Scheduler != "vllm" && r.Scheduler != "trtllm":
		return fmt.Errorf("runtime.scheduler %q is not modelled; there are: vllm, sglang, trtllm", r.Scheduler)
	case r.Scheduler == "trtllm" && r.Reserve != string(sim.ReserveOutput):
		return fmt.Errorf("runtime.reserve is %q; the scheduler trtllm is modelled without eviction: output", r.Reserve)
	case estimate && !sglang:
		return fmt.Errorf("runtime.reserve is %q, which the scheduler %s does not have; sglang has", r.Reserve, r.Scheduler)
	case r.SchedulePolicy != "" && r.SchedulePolicy != "fcfs" && !lpm:
		return fmt.Errorf("runtime.schedule_policy %q is not modelled; there are: fcfs, lpm", r.SchedulePolicy)
	case lpm && !sglang:
		return fmt.Errorf("runtime.schedule_policy is lpm, which the scheduler %s does not have; sglang has", r.Scheduler)
	}
	for _, f := range []struct {
		name   string
		value  Value
		needed bool
		by     string
	}{
		{"lpm_max_queue", r.LPMMaxQueue, lpm, "schedule_policy lpm"},
		{"lpm_shared_tokens", r.LPMSharedTokens, lpm, "schedule_policy lpm"},
		{"init_new_token_ratio", r.InitNewTokenRatio, estimate, "reserve estimate"},
		{"min_new_token_ratio_factor", r.MinNewTokenRatioFactor, estimate, "reserve estimate"},
		{"new_token_ratio_decay_steps", r.NewTokenRatioDecaySteps, estimate, "reserve estimate"},
		{"clip_max_new_tokens", r.ClipMaxNewTokens, estimate, "reserve estimate"},
		{"retract_decode_steps", r.RetractDecodeSteps, estimate, "reserve estimate"},
	} {
		switch given := f.value != (Value{}); {
		case given && !f.needed:
			return fmt.Errorf("runtime.%s is given, but only %s has it", f.name, f.by)
		case !given && f.needed:
			return fmt.Errorf("runtime.%s is missing; %s needs it", f.name, f.by)
		}
	}
	return nil
}

// order is in which order requests are let in.
func (r *Runtime) order() sim.Order {
	return sim.Order{LongestPrefix: r.LPMMaxQueue.int(), SharedTokens: r.LPMSharedTokens.int()}
}

// estimate is what running requests are thought to generate.
func (r *Runtime) estimate() sim.Estimate {
	first := r.InitNewTokenRatio.Value
	return sim.Estimate{
		First: first, Least: first * r.MinNewTokenRatioFactor.Value, Steps: r.NewTokenRatioDecaySteps.int(),
		MaxTokens: r.ClipMaxNewTokens.int(), RetractTokens: r.RetractDecodeSteps.int(),
	}
}
