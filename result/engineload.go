package result

import (
	"fmt"
	"math"
	"slices"

	"plimsoll"
	"plimsoll/bundle"
)

// EngineLoad is what the engine's own metrics said inside a level's window. With
// several endpoints gauges of requests and counters are summed over them, shares
// averaged.
type EngineLoad struct {
	Sources []string `json:"sources"`
	Scrapes int      `json:"scrapes"` // that succeeded, in the window
	Failed  int      `json:"failed"`
	// Means and maxima of the gauges; null where the engine serves none.
	RunningMean Number `json:"running_mean"`
	RunningMax  Number `json:"running_max"`
	WaitingMean Number `json:"waiting_mean"`
	WaitingMax  Number `json:"waiting_max"`
	KVUseMean   Number `json:"kv_use_mean"` // 0..1
	KVUseMax    Number `json:"kv_use_max"`
	// HitRate is hits over queries between the window's first and last scrape, else
	// the mean of the engine's own rate.
	HitRate      Number `json:"prefix_hit_rate"`
	PromptTPS    Number `json:"prompt_tokens_per_s"`
	GeneratedTPS Number `json:"generated_tokens_per_s"`
	// AcceptLength is 1 + accepted tokens a speculative step, from the counters, else
	// the mean of the engine's own figure; AcceptRate is accepted over drafted.
	AcceptLength Number `json:"accept_length"`
	AcceptRate   Number `json:"accept_rate"`
}

// engineLoadOf reads a level's scrapes; nil where there were none.
func engineLoadOf(l bundle.Sealed) (*EngineLoad, error) {
	bySource := map[string][]plimsoll.EngineReading{}
	out := EngineLoad{Sources: []string{}}
	err := l.Engine(func(r *plimsoll.EngineReading) error {
		if !slices.Contains(out.Sources, r.Source) {
			out.Sources = append(out.Sources, r.Source)
		}
		switch {
		case !l.Observed.Window.Holds(r.At):
		case r.Failed != "":
			out.Failed++
		default:
			bySource[r.Source] = append(bySource[r.Source], *r)
			out.Scrapes++
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("level %s: %w", l.ID, err)
	}
	if len(out.Sources) == 0 {
		return nil, nil
	}
	slices.Sort(out.Sources)
	out.fill(bySource)
	return &out, nil
}

// fill computes the figures from each endpoint's readings in order of time.
func (e *EngineLoad) fill(bySource map[string][]plimsoll.EngineReading) {
	running, waiting, kv, rate, length := newGauge(), newGauge(), newGauge(), newGauge(), newGauge()
	var hits, queries, prompt, generated, drafts, drafted, accepted growth
	for _, source := range e.Sources {
		readings := bySource[source]
		running.add(readings, func(r *plimsoll.EngineReading) float64 { return r.Running })
		waiting.add(readings, func(r *plimsoll.EngineReading) float64 { return r.Waiting })
		kv.add(readings, func(r *plimsoll.EngineReading) float64 { return r.KVUse })
		rate.add(readings, func(r *plimsoll.EngineReading) float64 { return r.HitRate })
		length.add(readings, func(r *plimsoll.EngineReading) float64 { return r.AcceptLength })
		hits.add(readings, func(r *plimsoll.EngineReading) float64 { return r.PrefixHits })
		queries.add(readings, func(r *plimsoll.EngineReading) float64 { return r.PrefixQueries })
		prompt.add(readings, func(r *plimsoll.EngineReading) float64 { return r.Prompt })
		generated.add(readings, func(r *plimsoll.EngineReading) float64 { return r.Generated })
		drafts.add(readings, func(r *plimsoll.EngineReading) float64 { return r.Drafts })
		drafted.add(readings, func(r *plimsoll.EngineReading) float64 { return r.Drafted })
		accepted.add(readings, func(r *plimsoll.EngineReading) float64 { return r.Accepted })
	}
	e.RunningMean, e.RunningMax = running.sums()
	e.WaitingMean, e.WaitingMax = waiting.sums()
	e.KVUseMean, e.KVUseMax = kv.means()
	e.PromptTPS, e.GeneratedTPS = prompt.perSecond(), generated.perSecond()
	if e.HitRate = hits.over(queries); !e.HitRate.Known() {
		e.HitRate, _ = rate.means()
	}
	e.AcceptRate = accepted.over(drafted)
	if e.AcceptLength = accepted.over(drafts); e.AcceptLength.Known() {
		e.AcceptLength++
	} else {
		e.AcceptLength, _ = length.means()
	}
}

// gauge gathers the mean and the maximum of each endpoint.
type gauge struct {
	mean, most float64 // sums of the endpoints' means and maxima
	highest    float64
	n          int
}

func newGauge() gauge { return gauge{highest: math.Inf(-1)} }

func (g *gauge) add(readings []plimsoll.EngineReading, of func(*plimsoll.EngineReading) float64) {
	sum, n, most := 0.0, 0, math.Inf(-1)
	for i := range readings {
		if v := of(&readings[i]); !math.IsNaN(v) {
			sum, n, most = sum+v, n+1, max(most, v)
		}
	}
	if n > 0 {
		g.mean, g.most, g.n = g.mean+sum/float64(n), g.most+most, g.n+1
		g.highest = max(g.highest, most)
	}
}

// sums are for what adds up over endpoints; the sum of maxima bounds the maximum.
func (g *gauge) sums() (mean, most Number) {
	if g.n == 0 {
		return None(), None()
	}
	return Number(g.mean), Number(g.most)
}

// means are for shares.
func (g *gauge) means() (mean, most Number) {
	if g.n == 0 {
		return None(), None()
	}
	return Number(g.mean / float64(g.n)), Number(g.highest)
}

// growth is how far counters went between the first and the last scrape. One that
// fell was reset by a restart and gives no figure.
type growth struct {
	by, seconds float64 // sum over endpoints; the longest span
	n           int
	reset       bool
}

func (g *growth) add(readings []plimsoll.EngineReading, of func(*plimsoll.EngineReading) float64) {
	first, last := -1, -1
	for i := range readings {
		if math.IsNaN(of(&readings[i])) {
			continue
		}
		if last >= 0 && of(&readings[i]) < of(&readings[last]) {
			g.reset = true
		}
		if first < 0 {
			first = i
		}
		last = i
	}
	if first == last {
		return
	}
	g.by += of(&readings[last]) - of(&readings[first])
	g.seconds = max(g.seconds, readings[last].At.Seconds()-readings[first].At.Seconds())
	g.n++
}

func (g growth) perSecond() Number {
	if g.n == 0 || g.reset || g.seconds <= 0 {
		return None()
	}
	return Number(g.by / g.seconds)
}

func (g growth) over(base growth) Number {
	if g.n == 0 || base.by <= 0 || g.reset || base.reset {
		return None()
	}
	return Number(g.by / base.by)
}
