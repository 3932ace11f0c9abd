package study

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"plimsoll"
	"plimsoll/result"
	"plimsoll/sim"
	"plimsoll/sim/profile"
)

// Limit is what keeps a system from carrying more agents, and what would lift it:
// sentences with their arithmetic, at the lowest level that failed.
type Limit struct {
	By   string `json:"by"`   // KV pool, prefill rate, host link, nvme link, network, decode floor, memory bandwidth, exchange bandwidth, decode rate, slots; "" nothing failed
	Why  string `json:"why"`  // what is short of what
	Lift string `json:"lift"` // what would be enough
}

// missing is how many uncached tokens a turn may take over those of an endless
// cache before the cache is called the limit.
const missing = 1.25

// crowded is the share of the pool that the agents' contexts must need together for
// that: else what is not cached was never there, or was cut off at a block's end.
const crowded = 0.9

// busy is the share of the prompt rate, or of what links carry, at which its queue is
// called the limit.
const busy = 0.6

// LimitOf reads the limit of a tier from the figures of its lowest failing level, and
// from how busy the links were there. A tier of which no level failed has none, however
// its search ended.
func LimitOf(p *profile.Profile, r result.Result, t result.Tier, uses Uses) (Limit, error) {
	d, err := p.Deployment()
	if err != nil {
		return Limit{}, err
	}
	level, bound := failing(r, t)
	if level == nil {
		return Limit{}, nil
	}
	s := strain{level: *level, tier: t, ideal: r.Trajectories.Uncached, shape: p, deployment: d}
	s.use = uses[Attempt{s.level.Number, s.level.Attempt}]
	out := s.limit(bound)
	if level.Agents > t.LowestFail {
		out.Why = fmt.Sprintf("at %s, the fewest that failed, ", many(float64(level.Agents), "agent")) + out.Why
	}
	return out, nil
}

// limit is that of a level which failed by what bound names.
func (s strain) limit(bound string) Limit {
	t := s.tier
	late := strings.Contains(bound, "ttft") || !strings.Contains(bound, "speed") && s.level.TTFT() > t.TTFTs
	switch limit, busy := s.link(); {
	case late && busy:
		return limit
	case float64(s.level.MeanUncached) > missing*s.ideal && float64(s.level.Agents)*float64(s.level.MeanInput) > crowded*s.poolTokens():
		return s.pool()
	case late:
		return s.prompts()
	}
	// Turns that fail by running into their time-out: the slower part decides.
	return s.decoding()
}

// failing is the tier's failing level of the fewest agents beyond its capacity, nil none,
// and what bound it. It is not the lowest that did not pass where that was undecided.
func failing(r result.Result, t result.Tier) (level *result.Level, bound string) {
	if t.LowestFail == 0 {
		return nil, ""
	}
	for _, v := range t.Verdicts {
		if v.Verdict != plimsoll.Fail || v.Agents < t.LowestFail || level != nil && v.Agents >= level.Agents {
			continue
		}
		if i := slices.IndexFunc(r.Levels, func(l result.Level) bool { return l.ID == v.Level }); i >= 0 {
			level, bound = &r.Levels[i], v.BoundBy
		}
	}
	return level, bound
}

// strain is a level that is too much.
type strain struct {
	level      result.Level
	tier       result.Tier
	ideal      float64 // uncached tokens a turn with an endless cache
	use        Use     // of the links
	shape      *profile.Profile
	deployment sim.DeploymentConfig
}

// poolTokens is what the KV pools of the engines that take prompts hold, and the tiers
// below them.
func (s strain) poolTokens() float64 {
	tokens := 0.0
	for _, e := range s.deployment.Serve {
		tokens += float64(e.PoolTokens())
		for _, t := range e.Offload {
			tokens += float64(max(1, e.Ranks)*t.Blocks) * float64(e.BlockTokens)
		}
	}
	return tokens
}

// pool compares the contexts that the prefix cache holds with the agents.
func (s strain) pool() Limit {
	tokens, input := s.poolTokens(), float64(s.level.MeanInput)
	what, tier := "it holds", "an offload tier"
	if len(s.shape.Offload) > 0 {
		what, tier = "it and its offload tiers hold", "larger offload tiers"
	}
	return Limit{
		By: "KV pool",
		Why: fmt.Sprintf("%s %.0f contexts of %.1fK tokens (%.3gM tokens), %d agents come back: %s uncached tokens a turn, %s with an endless cache",
			what, tokens/input, input/1e3, tokens/1e6, s.level.Agents, short(float64(s.level.MeanUncached)), short(s.ideal)),
		Lift: fmt.Sprintf("room for %d contexts is %.2f times the pool: fewer bytes a token, %s, or more of the memory left by the weights", s.level.Agents, float64(s.level.Agents)*input/tokens, tier),
	}
}

// promptRates are the prompt tokens a second that come, and those that the engines compute.
func (s strain) promptRates() (want, rate float64) {
	for _, e := range s.deployment.Serve {
		full := sim.Work{Prefill: e.StepTokens, Attended: int64(float64(e.StepTokens) * float64(s.level.MeanInput))}
		step := e.Cost.Price(slices.Repeat([]sim.Work{full}, max(1, e.Ranks))).Seconds
		rate += float64(max(1, e.Ranks)*e.StepTokens) / step * e.Speed
	}
	return s.turns() * float64(s.level.MeanUncached), rate
}

// promptShare is the share of the prompt rate that is asked for.
func (s strain) promptShare() float64 {
	want, rate := s.promptRates()
	return want / rate
}

// turns are those of a second.
func (s strain) turns() float64 { return float64(s.level.TurnsPerMinute) / 60 }

// prompts compares the prompt tokens that come with those that the engines compute.
func (s strain) prompts() Limit {
	want, rate := s.promptRates()
	turns := s.turns()
	share := want / rate
	// Two stages wait apart from each other: the busier one is the limit.
	if out, kept := s.room(); kept > 0 && (share < busy || len(s.deployment.Decode) > 0 && kept > share) {
		return out
	}
	if share < busy {
		return Limit{
			By:   "prefill rate",
			Why:  fmt.Sprintf("prompts ask for %s tokens/s of %s (%.0f %%) and share their engine's steps with decoding", short(want), short(rate), share*100),
			Lift: "engines of their own for prompts, or shorter decode steps",
		}
	}
	return Limit{
		By:   "prefill rate",
		Why:  fmt.Sprintf("%.3g turns/s with %s uncached tokens ask for %s prompt tokens/s, the engines compute %s", turns, short(float64(s.level.MeanUncached)), short(want), short(rate)),
		Lift: fmt.Sprintf("%.2f times the prompt rate for %s at %.0f %% use: more prefill engines, or fewer uncached tokens", want/rate/busy, many(float64(s.level.Agents), "agent"), busy*100),
	}
}

// last are the engines that decode.
func (s strain) last() []sim.Config {
	if len(s.deployment.Decode) > 0 {
		return s.deployment.Decode
	}
	return s.deployment.Serve
}

// kept is the share of their time for which ranks keep the head of their queue out
// before that is called the limit.
const kept = 0.1

// room is the limit where requests wait for a slot, or for blocks of the KV pool beside
// the running sequences, and for which share of the time they do; 0 where they wait for
// neither. Of two stages it is the second: in the first, a sequence leaves as its prompt
// is computed.
func (s strain) room() (out Limit, share float64) {
	slots, pool := s.use.Blocked[sim.BlockedBySeqs], s.use.Blocked[sim.BlockedByPool]
	seqs, ranks, tokens := 0, 0.0, 0.0
	for _, e := range s.last() {
		seqs += max(1, e.Ranks) * e.MaxSeqs
		ranks += float64(max(1, e.Ranks))
		tokens += float64(e.PoolTokens())
	}
	if max(slots, pool) < kept*ranks || max(slots, pool) < s.use.Blocked[sim.BlockedByTokens] {
		return out, 0
	}
	context := float64(s.level.MeanInput) + float64(s.level.MeanOutput)
	if slots >= pool {
		return Limit{
			By:   "slots",
			Why:  fmt.Sprintf("the next request finds all %d slots taken for %.0f %% of the time", seqs, slots/ranks*100),
			Lift: "more sequences a rank, or faster decoding",
		}, slots / ranks
	}
	return Limit{
		By: "KV pool",
		Why: fmt.Sprintf("the next request finds no room beside the running ones for %.0f %% of the time: the pools hold %.3gM tokens, which is %.1f requests of %.1fK tokens at once, for %d agents",
			pool/ranks*100, tokens/1e6, tokens/context, context/1e3, s.level.Agents),
		Lift: "more of the memory left by the weights, fewer bytes a token, or faster decoding, which ends requests sooner",
	}, pool / ranks
}

// many writes a number of things.
func many(n float64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	if n == math.Trunc(n) {
		return fmt.Sprintf("%.0f %s", n, thing)
	}
	return fmt.Sprintf("%.3g %s", n, thing)
}

// short writes a number of tokens, in thousands from ten thousand on.
func short(tokens float64) string {
	if tokens < 1e4 {
		return fmt.Sprintf("%.0f", tokens)
	}
	return fmt.Sprintf("%.1fK", tokens/1e3)
}
