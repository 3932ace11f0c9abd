package trajectory

import (
	"maps"
	"slices"

	"plimsoll"
)

// Stats are what `trajectories stats` tells of a set. Token figures are in
// TokenBasis and over the turns whose count is known.
type Stats struct {
	Name         string                               `json:"name"`
	SHA256       string                               `json:"sha256"`
	Trajectories int                                  `json:"trajectories"`
	TotalTurns   int                                  `json:"total_turns"`
	TokenBasis   string                               `json:"token_basis"`
	Turns        Spread                               `json:"turns"` // a trajectory
	Input        Spread                               `json:"input_tokens"`
	Output       Spread                               `json:"output_tokens"`
	New          Spread                               `json:"new_tokens"` // a turn: prompt tokens that an ideal prefix cache does not hold
	First        Spread                               `json:"first_input_tokens"`
	Delay        Spread                               `json:"tool_delay_s"` // of the turns behind the first of their trajectory
	PrefixHit    float64                              `json:"prefix_hit"`   // ideal, token-weighted, first turns included
	Reasoning    float64                              `json:"reasoning_share"`
	Scaffold     Spread                               `json:"scaffold_tokens"`
	Branches     int                                  `json:"branches"` // sub-agents' threads
	Languages    []string                             `json:"languages"`
	Harnesses    []string                             `json:"harnesses"`
	Fidelity     map[string]map[plimsoll.Fidelity]int `json:"fidelity"` // trajectories by field and mark
	values       statValues
}

// Spread sums up a distribution; percentiles are interpolated linearly at rank
// (n-1)q. All are 0 where N is 0.
type Spread struct {
	N    int     `json:"n"`
	Min  float64 `json:"min"`
	Mean float64 `json:"mean"`
	P25  float64 `json:"p25"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P95  float64 `json:"p95"`
	Max  float64 `json:"max"`
}

type statValues struct{ turns, input, output, fresh, first, delay, scaffold []float64 }

// Stats computes the statistics of the set.
func (s *Set) Stats() *Stats {
	out := &Stats{
		Name: s.Name, SHA256: s.SHA256, Trajectories: len(s.Trajectories), TotalTurns: s.Turns(), TokenBasis: s.Basis,
		Fidelity: map[string]map[plimsoll.Fidelity]int{},
	}
	v := &out.values
	languages, harnesses := map[string]bool{}, map[string]bool{}
	var prompts, cached, replies, reasoning float64
	for _, t := range s.Trajectories {
		languages[t.Language], harnesses[t.Source.Harness] = true, true
		for field, mark := range t.Fidelity {
			if out.Fidelity[field] == nil {
				out.Fidelity[field] = map[plimsoll.Fidelity]int{}
			}
			out.Fidelity[field][mark]++
		}
		v.turns = append(v.turns, float64(len(t.Turns)))
		hits := IdealCached(t)
		branches := map[int]bool{}
		for i := range t.Turns {
			turn := &t.Turns[i]
			branches[turn.Branch] = true
			if i > 0 {
				v.delay = append(v.delay, turn.Delay.Seconds())
			}
			if n := float64(turn.PromptTokens); n > 0 {
				v.input = append(v.input, n)
				v.fresh = append(v.fresh, n-float64(hits[i]))
				prompts, cached = prompts+n, cached+float64(hits[i])
				if i == 0 {
					v.first = append(v.first, n)
				}
			}
			if n := float64(turn.OutputTokens); n > 0 {
				v.output = append(v.output, n)
				replies, reasoning = replies+n, reasoning+float64(turn.ReasoningTokens)
			}
		}
		out.Branches += len(branches) - 1
		if t.Scaffold > 0 {
			n := 0
			for _, seg := range t.Segments[:t.Scaffold] {
				n += seg.Tokens
			}
			v.scaffold = append(v.scaffold, float64(n))
		}
	}
	out.Turns, out.Input, out.Output, out.New = spread(v.turns), spread(v.input), spread(v.output), spread(v.fresh)
	out.First, out.Delay, out.Scaffold = spread(v.first), spread(v.delay), spread(v.scaffold)
	if prompts > 0 {
		out.PrefixHit = cached / prompts
	}
	if replies > 0 {
		out.Reasoning = reasoning / replies
	}
	out.Languages, out.Harnesses = names(languages), names(harnesses)
	return out
}

func names(set map[string]bool) []string {
	delete(set, "")
	out := slices.Sorted(maps.Keys(set))
	if out == nil {
		return []string{} // JSON: an empty list, not null
	}
	return out
}

// spread sorts values in place.
func spread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	sum := 0.0
	for _, x := range values {
		sum += x
	}
	return Spread{
		N: len(values), Min: values[0], Mean: sum / float64(len(values)), P25: quantile(values, 0.25), P50: quantile(values, 0.5),
		P90: quantile(values, 0.9), P95: quantile(values, 0.95), Max: values[len(values)-1],
	}
}

// quantile interpolates linearly at rank (n-1)q of ascending values.
func quantile(sorted []float64, q float64) float64 {
	rank := float64(len(sorted)-1) * q
	i := int(rank)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (rank-float64(i))*(sorted[i+1]-sorted[i])
}
