package shapes

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"plimsoll"
	"plimsoll/measure"
	"plimsoll/search"
	"plimsoll/slo"
)

// OneTier is the tier whose true capacity is 103 in every world.
func OneTier() []plimsoll.Tier {
	return []plimsoll.Tier{{Name: "30tps/10s", SpeedTPS: 30, TTFT: 10 * time.Second}}
}

// ThreeTiers adds two tiers that are bound by speed, at 60 and 20 agents in a world
// WithSpeed.
func ThreeTiers() []plimsoll.Tier {
	return append(OneTier(), plimsoll.Tier{Name: "100tps/10s", SpeedTPS: 100, TTFT: 10 * time.Second},
		plimsoll.Tier{Name: "300tps/10s", SpeedTPS: 300, TTFT: 10 * time.Second})
}

// Searching returns a method's configuration on these engines: a preset of package
// search with the engines' level length.
func Searching(preset string, tiers []plimsoll.Tier) (search.Config, error) {
	p, err := search.PresetByName(preset)
	if err != nil {
		return search.Config{}, err
	}
	c := p.Config(tiers)
	c.MaxAgents = 4096
	c.Shape = plimsoll.Shape{Ramp: Before / 2, Settle: Before / 2, Min: Window / 3, Max: Window, Turns: Turns, Tick: Tick, Request: time.Minute}
	return c, nil
}

// Trial is what one search found.
type Trial struct {
	Answer *plimsoll.Answer
	Levels int
	Took   time.Duration
}

// try runs one search in a world.
func try(w World, c search.Config) (Trial, error) {
	s, err := search.New(c)
	if err != nil {
		return Trial{}, err
	}
	var out Trial
	var past []plimsoll.Past
	for range 1000 {
		stage, answer := s.Next(past)
		if answer != nil {
			out.Answer, out.Levels = answer, len(past)
			return out, nil
		}
		e, took := w.Hold(*stage, s.Enough)
		p := plimsoll.Past{Stage: *stage, Evidence: e, Took: took.Seconds()}
		for _, t := range stage.Tiers {
			p.Verdicts = append(p.Verdicts, slo.Judge(e, t, c.Rules))
		}
		past = append(past, p)
		out.Took += took
	}
	return out, fmt.Errorf("%s: no answer after %d levels", w.Name, len(past))
}

// Score sums up many searches of one world for one tier.
type Score struct {
	World   string
	RunSD   float64
	Claims  int // searches that gave a number
	Over    int // of them above the true capacity
	None    int // searches without one
	Ratios  []float64
	Minutes float64 // mean a search, of all its tiers
	Levels  float64
}

// Bench runs n searches in a world, of consecutive seeds, and compares each tier's
// number with the truth: the certified one, else the capacity. A score a tier.
func Bench(w World, c search.Config, n int, seed uint64) ([]Score, error) {
	out := make([]Score, len(c.Tiers))
	for i := range n {
		w.Seed = seed + uint64(i)
		trial, err := try(w, c)
		if err != nil {
			return out, err
		}
		for k, a := range trial.Answer.Tiers {
			out[k].Minutes += trial.Took.Minutes() / float64(n)
			out[k].Levels += float64(trial.Levels) / float64(n)
			out[k].Count(a, c.Method, w.Capacity(a.Tier))
		}
	}
	for k := range out {
		out[k].World, out[k].RunSD = w.Name, w.RunSD
		slices.SortFunc(out[k].Ratios, cmp.Compare)
	}
	return out, nil
}

// Count enters what a search says of one tier, against the truth.
func (s *Score) Count(a plimsoll.TierAnswer, method string, truth int) {
	claim := a.Capacity
	if method == search.MethodCertified {
		claim = a.Certified
	}
	if claim < 0 {
		s.None++
		return
	}
	s.Claims++
	s.Ratios = append(s.Ratios, float64(claim)/math.Max(1, float64(truth)))
	if claim > truth {
		s.Over++
	}
}

// Ratio returns a quantile of claim over truth.
func (s Score) Ratio(q float64) float64 { return measure.Percentile(s.Ratios, q) }
