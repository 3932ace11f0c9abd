package web

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll"
)

// observed is what a scrape exports: the fold of the events and how the folder looks
// from outside.
type observed struct {
	*state
	standing string
}

// give writes one sample: a value and the values of the series' labels.
type give func(value float64, labels ...string)

// series defines one exported metric: its name, what it means and where in the fold
// of the events it stands. What is unknown is not exported.
type series struct {
	name, help string
	labels     []string
	kind       prometheus.ValueType
	read       func(observed, give)
}

func (s series) desc() *prometheus.Desc { return prometheus.NewDesc(s.name, s.help, s.labels, nil) }

// exported lists every metric. Names carry base units; docs/serve.md has the same list
// in words and docs/grafana/plimsoll.json draws it.
func exported() []series {
	return slices.Concat(ofRun(), ofLevel(), ofTiers())
}

func ofRun() []series {
	return []series{
		{"plimsoll_run_info", "What is run: 1, the facts are labels.", []string{"model", "preset", "method", "tier_set", "simulated", "version"}, prometheus.GaugeValue,
			func(o observed, out give) {
				if f := o.Facts; f != nil {
					out(1, f.Engine.Model, f.Preset, f.Method, f.TierSet, strconv.FormatBool(f.Engine.Simulated), f.Version)
				}
			}},
		{"plimsoll_run_standing", "1 for how the run looks from outside: running, silent (no event for two minutes), ended (no manifest yet) or finished.", []string{"standing"}, prometheus.GaugeValue,
			func(o observed, out give) {
				for _, word := range []string{"running", "silent", "ended", "finished"} {
					out(truth(word == o.standing), word)
				}
			}},
		{"plimsoll_run_start_time_seconds", "When the run began, Unix time.", nil, prometheus.GaugeValue, moment(func(o observed) time.Time { return o.Began })},
		{"plimsoll_run_last_event_time_seconds", "When the run last said something, Unix time.", nil, prometheus.GaugeValue, moment(func(o observed) time.Time { return o.Last })},
		{"plimsoll_run_left_seconds", "Estimated time that the whole search still needs.", nil, prometheus.GaugeValue,
			during(func(p *plimsoll.Progress) float64 { return known(p.LeftS, p.LeftS > 0) })},
		{"plimsoll_run_warnings_total", "Warnings so far, such as a power meter that was lost.", nil, prometheus.CounterValue,
			func(o observed, out give) { out(float64(o.Warnings)) }},
		{"plimsoll_levels_total", "Levels sealed so far, warm-up apart, by the worst word on any tier.", []string{"verdict"}, prometheus.CounterValue,
			func(o observed, out give) {
				n := map[string]int{"pass": 0, "fail": 0, "undecided": 0, "void": 0}
				for _, l := range o.Levels {
					if !l.Stage.Warmup {
						n[l.worst()]++
					}
				}
				for _, word := range slices.Sorted(maps.Keys(n)) {
					out(float64(n[word]), word)
				}
			}},
		{"plimsoll_gate_value", "Validity gates of the last sealed level: how the load generator and the engine's identity fared.", []string{"gate", "unit"}, prometheus.GaugeValue,
			gates(func(g plimsoll.Gate) float64 { return g.Value })},
		{"plimsoll_gate_limit", "Limit of each gate; past it the level is void.", []string{"gate", "unit"}, prometheus.GaugeValue,
			gates(func(g plimsoll.Gate) float64 { return g.Limit })},
	}
}

func ofLevel() []series {
	gauge := func(name, help string, of func(*plimsoll.Progress) float64) series {
		return series{name, help, nil, prometheus.GaugeValue, during(of)}
	}
	return []series{
		{"plimsoll_level_agents", "Agents that the level under way holds.", nil, prometheus.GaugeValue,
			func(o observed, out give) {
				if o.Stage != nil {
					out(float64(o.Stage.Agents))
				}
			}},
		gauge("plimsoll_level_number", "Number of the level under way.", func(p *plimsoll.Progress) float64 { return float64(p.Level) }),
		gauge("plimsoll_level_agents_alive", "Agents that have begun.", func(p *plimsoll.Progress) float64 { return float64(p.Alive) }),
		gauge("plimsoll_level_requests_in_flight", "Turns sent that have not ended.", func(p *plimsoll.Progress) float64 { return float64(p.InFlight) }),
		gauge("plimsoll_level_elapsed_seconds", "Time since the level began.", func(p *plimsoll.Progress) float64 { return p.AtS }),
		gauge("plimsoll_level_turns", "Turns of the level's window so far.", func(p *plimsoll.Progress) float64 { return float64(p.Turns) }),
		gauge("plimsoll_level_output_tokens_per_second", "Output tokens of turns that ended in the last half second, over that time.", func(p *plimsoll.Progress) float64 { return p.TokensPS }),
		gauge("plimsoll_level_p25_speed_tokens_per_second", "P25 output speed of the level's window so far; the verdict is made from the sealed rows.", func(p *plimsoll.Progress) float64 { return stated(p.SpeedTPS) }),
		gauge("plimsoll_level_p95_ttft_seconds", "P95 time to first token of the level's window so far.", func(p *plimsoll.Progress) float64 { return stated(p.TTFTs) }),
		{"plimsoll_level_phase", "1 for the phase of the level under way: ramp, settle, window or hold.", []string{"phase"}, prometheus.GaugeValue,
			func(o observed, out give) {
				if o.Progress == nil {
					return
				}
				for _, word := range []string{"ramp", "settle", "window", "hold"} {
					out(truth(word == o.Progress.Phase), word)
				}
			}},
	}
}

func ofTiers() []series {
	return []series{
		{"plimsoll_tier_speed_limit_tokens_per_second", "P25 output speed that the tier asks for at least.", []string{"tier"}, prometheus.GaugeValue,
			tierwise(func(_ observed, t plimsoll.Tier) float64 { return t.SpeedTPS })},
		{"plimsoll_tier_ttft_limit_seconds", "P95 time to first token that the tier allows at most.", []string{"tier"}, prometheus.GaugeValue,
			tierwise(func(_ observed, t plimsoll.Tier) float64 { return t.TTFT.Seconds() })},
		{"plimsoll_tier_highest_pass_agents", "Most agents with which a level passed so far. Not the capacity: that needs every smaller level to pass too.", []string{"tier"}, prometheus.GaugeValue,
			tierwise(func(o observed, t plimsoll.Tier) float64 {
				return o.agentsWith(t.Name, plimsoll.Pass, func(n, best int) bool { return n > best })
			})},
		{"plimsoll_tier_lowest_fail_agents", "Fewest agents with which a level failed so far.", []string{"tier"}, prometheus.GaugeValue,
			tierwise(func(o observed, t plimsoll.Tier) float64 {
				return o.agentsWith(t.Name, plimsoll.Fail, func(n, best int) bool { return n < best })
			})},
	}
}

// agentsWith is the best number of agents among the sealed levels with that outcome
// for the tier, NaN without one.
func (o observed) agentsWith(tier string, outcome plimsoll.Outcome, better func(n, best int) bool) float64 {
	best := -1
	for _, l := range o.Levels {
		if l.verdictFor(tier) == outcome && (best < 0 || better(l.Stage.Agents, best)) {
			best = l.Stage.Agents
		}
	}
	return known(float64(best), best >= 0)
}

func moment(of func(observed) time.Time) func(observed, give) {
	return func(o observed, out give) {
		if at := of(o); !at.IsZero() {
			out(float64(at.UnixMilli()) / 1e3)
		}
	}
}

// during reads a figure of the level under way; NaN is not exported.
func during(of func(*plimsoll.Progress) float64) func(observed, give) {
	return func(o observed, out give) {
		if o.Progress == nil {
			return
		}
		if v := of(o.Progress); !math.IsNaN(v) {
			out(v)
		}
	}
}

// tierwise reads a figure for each tier; NaN is not exported.
func tierwise(of func(observed, plimsoll.Tier) float64) func(observed, give) {
	return func(o observed, out give) {
		if o.Facts == nil {
			return
		}
		for _, t := range o.Facts.Tiers {
			if v := of(o, t); !math.IsNaN(v) {
				out(v, t.Name)
			}
		}
	}
}

// gates reads a figure of each gate that the last sealed level measured.
func gates(of func(plimsoll.Gate) float64) func(observed, give) {
	return func(o observed, out give) {
		for _, g := range o.Gates {
			if g.Value >= 0 && (g.Note == "" || !g.OK) { // a note on one that holds says why it was not measured
				out(of(g), g.Name, g.Unit)
			}
		}
	}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func stated(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

func known(v float64, is bool) float64 {
	if !is {
		return math.NaN()
	}
	return v
}
