package result

import (
	"fmt"
	"math"
	"slices"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/power"
	"plimsoll/slo"
)

// Compute makes every number of a run from its folder: facts.json and the sealed
// levels, nothing else. The same folder gives the same result.
func Compute(d *bundle.Dir) (Result, error) {
	f, err := Folded(d)
	if err != nil {
		return Result{}, err
	}
	return f.Result(), nil
}

// begin fills what the facts alone say.
func begin(f plimsoll.Facts) Result {
	return Result{
		Schema: plimsoll.ResultSchema, MetricSet: f.MetricSet, Version: f.Version, Method: f.Method, Preset: f.Preset,
		Seed: f.Seed, TierSet: f.TierSet, Started: f.Started, Finished: f.Started,
		Trajectories: f.Trajectories, Accelerators: f.Accelerators,
		Engine:   Engine{URL: f.Engine.URL, Model: f.Engine.Model, Dialect: f.Engine.Dialect, Simulated: f.Engine.Simulated, Identity: f.Engine.Identity, Preflight: f.Engine.Preflight},
		Settings: Settings{OutputPolicy: f.OutputPolicy, Start: f.Start, ToolDelay: f.ToolDelay, Salts: f.Salts, MaxAgents: f.MaxAgents, ReasoningEffort: f.ReasoningEffort, ExtraBody: f.ExtraBody},
		Tiers:    []Tier{}, Levels: []Level{}, Failures: map[plimsoll.Class]int{},
		Client: Client{CPUShare: None(), LagP99ms: None(), SentinelP99ms: None(), RunQueueShare: None()},
	}
}

// summarise fills what is over all levels.
func (r *Result) summarise(f plimsoll.Facts) {
	for _, l := range r.Levels {
		if end := l.Epoch.Add(time.Duration(l.TookS * float64(time.Second))); end.After(r.Finished) {
			r.Finished = end.UTC()
		}
		r.Client.worst(l.Client, l.Validity == "valid")
		if l.Validity != "valid" || l.Warmup {
			continue
		}
		for class, n := range l.Classes {
			if class.Failed() && n > 0 {
				r.Failures[class] += n
			}
		}
	}
	r.Comparable.Why = append([]string{}, f.NotComparable...)
	if r.Partial {
		r.Comparable.Why = append(r.Comparable.Why, "the run is partial: it ended before the search did")
	}
	r.Comparable.Yes = len(r.Comparable.Why) == 0
}

// worst takes over the figures of a level that are worse; a void level's figures
// are why it is void and stand there.
func (c *Client) worst(l Client, valid bool) {
	if !valid {
		return
	}
	c.CPUShare, c.LagP99ms = larger(c.CPUShare, l.CPUShare), larger(c.LagP99ms, l.LagP99ms)
	c.SentinelP99ms, c.RunQueueShare = larger(c.SentinelP99ms, l.SentinelP99ms), larger(c.RunQueueShare, l.RunQueueShare)
	c.ResidentBytes = max(c.ResidentBytes, l.ResidentBytes)
}

func larger(a, b Number) Number {
	if !a.Known() || b.Known() && b > a {
		return b
	}
	return a
}

// finite makes sure that every figure can be written: one that is not finite is no
// figure, and the whole entry is invalid.
func finite(list []plimsoll.Energy) []plimsoll.Energy {
	out := make([]plimsoll.Energy, len(list))
	for i, e := range list {
		for _, v := range []*float64{&e.WindowS, &e.Joules, &e.MeanWatts, &e.UncertaintyW, &e.MaxGapS, &e.MinWatts, &e.P95Watts, &e.MaxWatts} {
			if math.IsNaN(*v) || math.IsInf(*v, 0) {
				*v, e.Valid = 0, false
				e.Reasons = append(slices.Clone(e.Reasons), power.ReasonNegativeOrNaN)
			}
		}
		out[i] = e
	}
	return out
}

func samplesOf(l bundle.Sealed) ([]plimsoll.Sample, error) {
	var samples []plimsoll.Sample
	err := l.Samples(func(s *plimsoll.Sample) error {
		samples = append(samples, *s)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("level %s: %w", l.ID, err)
	}
	return samples, nil
}

// seconds returns the time from one epoch to another, 0 where either is unknown.
func seconds(at, since time.Time) float64 {
	if at.IsZero() || since.IsZero() {
		return 0
	}
	return math.Round(at.Sub(since).Seconds()*1e6) / 1e6
}

// formula names the speed that the rules decide on.
func formula(rules slo.Rules) string {
	if rules.NMinus1 {
		return "n_minus_1"
	}
	return "after_first_chunk"
}

// intensities divides a level's valid energies by the work of its window.
func intensities(l Level) []power.Intensity {
	var out []power.Intensity
	tokens := int(math.Round(float64(l.OutputTPS) * l.WindowS))
	for _, e := range l.Energy {
		if !e.Valid {
			continue
		}
		if i, err := power.NewIntensity(e, l.Agents, l.OK, tokens); err == nil {
			out = append(out, i)
		}
	}
	return out
}
