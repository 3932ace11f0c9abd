package result

import (
	"math"
	"slices"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/measure"
)

// Views are other ways to look at a level. They are reported; no verdict rests on them.
type Views struct {
	Tiers []TierView `json:"tiers"`
	// JobsPerHour are the trajectories finished in the window, an hour of it.
	JobsPerHour    Number `json:"jobs_per_hour"`
	JobsPerHourAcc Number `json:"jobs_per_hour_per_accelerator"` // null where the accelerators are unknown
	// JobP50S is the median time of the jobs that lie wholly in the level, first turn
	// due to last turn ended; of the level with one agent it is the single-agent view.
	JobP50S Number `json:"job_p50_s"`
	Jobs    int    `json:"jobs"` // how many lie wholly in the level
	// Each agent's turns sent a minute of window.
	AgentTurnsPerMinuteP5  Number `json:"agent_turns_per_minute_p5"`
	AgentTurnsPerMinuteP50 Number `json:"agent_turns_per_minute_p50"`
	AgentTurnsPerMinuteP95 Number `json:"agent_turns_per_minute_p95"`
	// Parts of the agents' time: waiting for a first token, streaming, and the rest.
	PrefillShare Number `json:"prefill_share"`
	DecodeShare  Number `json:"decode_share"`
	ToolShare    Number `json:"tool_share"`
}

// TierView is how much of a level's work met both limits of a tier.
type TierView struct {
	Tier       string `json:"tier"`
	Goodput    Number `json:"goodput"`    // share of turns
	Attainment Number `json:"attainment"` // share of the turns' time
}

// Steady is what the tests for a stationary window say.
type Steady struct {
	// TransientS is what the MSER-5 rule would cut from the window's begin; null where
	// the window is too short to tell.
	TransientS Number `json:"mser5_transient_s"`
	// Kendall's tau of the medians of time slices, and the two-sided p-value of a trend.
	TTFTTrend   Number `json:"ttft_trend_tau"`
	TTFTTrendP  Number `json:"ttft_trend_p"`
	SpeedTrend  Number `json:"speed_trend_tau"`
	SpeedTrendP Number `json:"speed_trend_p"`
	Slices      int    `json:"slices"` // of time that held enough turns
}

func steadyOf(s plimsoll.Steady) *Steady {
	out := &Steady{TransientS: known(s.TransientS), TTFTTrend: known(s.TTFTTrend), TTFTTrendP: known(s.TTFTTrendP),
		SpeedTrend: known(s.SpeedTrend), SpeedTrendP: known(s.SpeedTrendP), Slices: s.BatchesJudged}
	if s.TransientS < 0 {
		out.TransientS = None()
	}
	return out
}

// Settling is how settling ended. A drift is the largest change of the load over what may
// change; up to 1 the load is stationary.
type Settling struct {
	Opened   string  `json:"opened"`             // why the window opened: stationary, max; empty where it did not
	SettledS float64 `json:"settled_s"`          // from the end of the ramp until then
	Drift    Number  `json:"drift"`              // then; null where agents still had no first token
	Least    Number  `json:"least_drift_before"` // at the ticks before; null where there was none
}

func settlingOf(p plimsoll.Past) *Settling {
	if !p.Stage.Shape.UntilStationary() {
		return nil
	}
	s := p.Evidence.Settling
	return &Settling{Opened: p.Evidence.Observed.Opened, SettledS: p.Settled().Seconds(), Drift: known(s.Drift), Least: known(s.Least)}
}

func viewsOf(l bundle.Sealed, rows []plimsoll.Row, population []*plimsoll.Row, accelerators int) *Views {
	w, agents := l.Observed.Window, l.Stage.Agents
	v := &Views{Tiers: []TierView{}, JobsPerHour: known(measure.JobsPerHour(l.Observed)), JobsPerHourAcc: None(), JobP50S: None()}
	for _, t := range l.Stage.Tiers {
		v.Tiers = append(v.Tiers, TierView{t.Name, known(measure.Goodput(population, t)), known(measure.Attainment(population, t))})
	}
	if accelerators > 0 && v.JobsPerHour.Known() {
		v.JobsPerHourAcc = v.JobsPerHour / Number(accelerators)
	}
	var took []float64
	for _, j := range measure.Jobs(rows) {
		took = append(took, j.Seconds)
	}
	slices.Sort(took)
	if v.Jobs = len(took); v.Jobs > 0 {
		v.JobP50S = quantile(took, 0.5)
	}
	pace := measure.TurnsPerMinutePerAgent(population, w, agents)
	v.AgentTurnsPerMinuteP5, v.AgentTurnsPerMinuteP50, v.AgentTurnsPerMinuteP95 = None(), None(), None()
	if len(pace) > 0 {
		v.AgentTurnsPerMinuteP5, v.AgentTurnsPerMinuteP50, v.AgentTurnsPerMinuteP95 = quantile(pace, 0.05), quantile(pace, 0.5), quantile(pace, 0.95)
	}
	s := measure.SharesOf(rows, w, agents)
	v.PrefillShare, v.DecodeShare, v.ToolShare = known(s.Prefill), known(s.Decode), known(s.Tool)
	return v
}

// known is v, or null where it is no number.
func known(v float64) Number {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return None()
	}
	return Number(v)
}
