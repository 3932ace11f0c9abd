package measure

import (
	"fmt"
	"math"

	"plimsoll"
)

// unlike is the share by which a window's mean tokens a turn may differ from the
// set's.
const unlike = 0.05

// Representative says in sentences how the window's load and the engine's cache differ by
// more than 5 % from the set's turn-weighted means; none: the window is representative.
//
// The load is which turns the window drew, by input and output tokens, and whether agents
// shared prompts: with one salt for a level those on one trajectory find each other's
// prompts in the cache, and a set of few trajectories carries more agents than one of many.
// The cache is what was computed of the prompts, where eviction or reuse show too.
func Representative(e plimsoll.Evidence) (load, cache []string) {
	if off := off(e.MeanInput, e.SetInput); off != 0 {
		load = append(load, meansWords("input", e.MeanInput, e.SetInput, off))
	}
	if off := off(e.MeanOutput, e.SetOutput); off != 0 {
		load = append(load, meansWords("output", e.MeanOutput, e.SetOutput, off))
	}
	off := off(e.MeanUncached, e.SetUncached)
	if e.LevelSalt && e.MeanUncached > 0 && e.SetUncached > 0 && (off < 0 || e.Stage.Agents > e.SetCount) {
		return append(load, sharedWords(e)), cache
	}
	switch words := meansWords("uncached input", e.MeanUncached, e.SetUncached, off); {
	case off > 0:
		cache = append(cache, words+" (an engine that evicts its prefix cache shows here too)")
	case off < 0:
		cache = append(cache, words)
	}
	return load, cache
}

// off is by which share a mean differs from the set's, 0 where that is little or unknown.
func off(seen, ofSet float64) float64 {
	if ofSet <= 0 || !(seen > 0) {
		return 0
	}
	if off := seen/ofSet - 1; math.Abs(off) > unlike {
		return off
	}
	return 0
}

func meansWords(name string, seen, ofSet, off float64) string {
	return fmt.Sprintf("mean %s tokens a turn %.0f, the set's %.0f: %+.0f %%", name, seen, ofSet, 100*off)
}

// sharedWords says what agents that share prompts save. Eviction hides some of it.
func sharedWords(e plimsoll.Evidence) string {
	out := fmt.Sprintf("%d agents share %d trajectories under one salt: uncached input tokens a turn %.0f, the set's %.0f", e.Stage.Agents, e.SetCount, e.MeanUncached, e.SetUncached)
	if saved := e.SetUncached - e.MeanUncached; saved > 0 {
		return out + fmt.Sprintf(", so that at least %.0f of %.0f input tokens a turn came from another walk's prompt", saved, e.MeanInput)
	}
	return out + ", in spite of what came from other walks' prompts"
}
