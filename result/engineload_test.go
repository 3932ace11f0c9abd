package result

import (
	"math"
	"testing"

	"plimsoll"
)

func TestEngineLoad(t *testing.T) {
	at := func(source string, second float64, set func(*plimsoll.EngineReading)) plimsoll.EngineReading {
		r := plimsoll.UnknownEngine(source, plimsoll.Instant(second*1e9))
		set(&r)
		return r
	}
	bySource := map[string][]plimsoll.EngineReading{
		"a": {
			at("a", 1, func(r *plimsoll.EngineReading) {
				r.Running, r.KVUse, r.PrefixHits, r.PrefixQueries, r.Drafts, r.Accepted, r.Generated = 2, 0.2, 100, 1000, 10, 10, 50
			}),
			at("a", 3, func(r *plimsoll.EngineReading) {
				r.Running, r.KVUse, r.PrefixHits, r.PrefixQueries, r.Drafts, r.Accepted, r.Generated = 4, 0.4, 190, 1100, 20, 25, 250
			}),
		},
		"b": {
			at("b", 1, func(r *plimsoll.EngineReading) { r.Running, r.KVUse, r.Prompt = 10, 0.9, 70 }),
			at("b", 2, func(r *plimsoll.EngineReading) { r.Running, r.KVUse, r.Prompt = 10, 0.9, 5 }),
		},
	}
	e := EngineLoad{Sources: []string{"a", "b"}}
	e.fill(bySource)
	for _, c := range []struct {
		name      string
		got, want Number
	}{
		{"running mean, summed over endpoints", e.RunningMean, 13},
		{"running max", e.RunningMax, 14},
		{"KV use mean, averaged", e.KVUseMean, 0.6},
		{"KV use max", e.KVUseMax, 0.9},
		{"hit rate of the window, not since the start", e.HitRate, 0.9},
		{"acceptance length", e.AcceptLength, 2.5},
		{"generated tokens/s", e.GeneratedTPS, 100},
	} {
		if math.Abs(float64(c.got-c.want)) > 1e-9 {
			t.Errorf("%s: %g, want %g", c.name, float64(c.got), float64(c.want))
		}
	}
	for name, v := range map[string]Number{"prompt after a restart": e.PromptTPS, "waiting": e.WaitingMean, "accept rate": e.AcceptRate} {
		if v.Known() {
			t.Errorf("%s: %g, want unknown", name, float64(v))
		}
	}
}
