package plimsoll

import (
	"encoding/json"
	"math"
	"time"
)

// Evidence is what a level's rows say: the population of all turns of all agents
// sent in the window, pooled. It holds raw values, so that a verdict can be
// recomputed; a verdict is the only thing that reads it.
type Evidence struct {
	Stage  Stage
	Window Window
	// At is the tick at which a level under way was looked at, Never once it is
	// over. WindowOpen says that the window had not closed by then: Window.End is
	// then At.
	At         Instant
	WindowOpen bool

	// The ledger: Turns = OK + Failed + Cancelled + Censored.
	Turns, OK, Failed, Cancelled, Censored int
	Classes                                map[Class]int

	// TTFT holds a value a turn of the population that ended by itself, s, ascending
	// (at a tick in no order, the other slices too); a failed turn is +Inf. Turns in Open are in none of the slices.
	TTFT []float64
	// Speed holds a value a turn that ended with a known output speed, tokens/s,
	// ascending; a failed turn is 0. SpeedAA is the (tokens-1)/(last-first) formula,
	// SpeedEndToEnd tokens/(end-sent).
	Speed, SpeedAA, SpeedEndToEnd []float64
	// NoSpeed counts replies without a speed (fewer than 2 tokens); OneRead counts
	// those that came in one read and stand with a lower bound.
	NoSpeed, OneRead int
	// Open holds the turns that we cut, or that are still under way at a tick.
	Open []OpenTurn
	// UsageExceeds counts turns whose usage is more than 5 % above the streamed tokens.
	UsageExceeds int
	// FirstTurns and Leaked count first turns, and those that reported more cached
	// tokens than the template's fixed head allows.
	FirstTurns, Leaked int

	// Means over the population, for representativity: tokens a turn.
	MeanInput, MeanUncached, MeanOutput float64
	// SetInput, SetUncached, SetOutput are the set's turn-weighted means; 0 unknown.
	SetInput, SetUncached, SetOutput float64
	SetCount                         int  // trajectories
	LevelSalt                        bool // prompts carry the level's salt alone: walks of one trajectory share them
	// Starved counts agents that spent over half of the window waiting past a
	// limit, by tier name.
	Starved map[string]int

	// Journeys groups the same turns by the pass of an agent through a trajectory,
	// for intervals that respect that its turns resemble each other.
	Journeys []Journey
	Steady   Steady
	Settling Settling
	// Falling says of a level under way that TTFT falls through its window: a backlog
	// drains, and that turns came late says nothing of what comes after.
	Falling bool

	LagP99ms float64
	Observed Observed
	Gates    []Gate
}

// Journey holds the ended turns of one walk inside the window, in order of sending.
type Journey struct {
	Trajectory  string
	Slot, Walk  int
	TTFT, Speed []float64 // s, tokens/s; failed +Inf and 0
}

// Steady says whether the window was stationary. A p-value is that of a trend
// over the window's batches (two-sided), 1 where there were too few to tell.
type Steady struct {
	// TransientS is how much of the window's begin the MSER-5 rule would cut, s;
	// -1 where it finds no steady part.
	TransientS    float64
	TTFTTrend     float64 // Kendall's tau of batch medians against time, -1..1
	TTFTTrendP    float64
	SpeedTrend    float64
	SpeedTrendP   float64
	BatchesJudged int
}

// Settling says how far the load was from stationary by the rule of the level's shape, the
// largest change over what may change: when the window opened (up to 1 it is stationary),
// and the least at the ticks before. NaN: settling was of fixed length, or no tick before.
type Settling struct{ Drift, Least float64 }

// OpenTurn is a turn without an end of its own.
type OpenTurn struct {
	Waited float64 // s from sent until the cut or now
	TTFT   float64 // s, NaN while there is no first token
	Speed  float64 // tokens/s so far, NaN while unknown
}

// Gate is one client-limit check of a level; a failed gate voids it.
type Gate struct {
	Name  string  `json:"name"` // lag, sentinel, run_queue, delivered, little, prefix_leak, identity, ledger
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	Unit  string  `json:"unit"`
	OK    bool    `json:"ok"`
	Note  string  `json:"note,omitempty"`
}

// Outcome is what a level says of a tier, or a search of a tier.
type Outcome string

// The outcomes. NonMonotone and NoVerdict only end a search.
const (
	Pass        Outcome = "pass"
	Fail        Outcome = "fail"
	Undecided   Outcome = "undecided"
	Void        Outcome = "void"
	NonMonotone Outcome = "non-monotone"
)

// Verdict is the outcome of one level for one tier, with its reasons.
type Verdict struct {
	Tier    string   `json:"tier"`
	Level   int      `json:"level"`
	Attempt int      `json:"attempt"`
	Agents  int      `json:"agents"`
	Outcome Outcome  `json:"verdict"`
	Reasons []string `json:"reasons,omitempty"`
	// BoundBy is which limit failed: "speed", "ttft", "failures", "starvation",
	// joined by + when several did; empty on a pass.
	BoundBy string `json:"bound_by,omitempty"`
	// OnTurns says that the level's time-out cut so many turns that the outcome hangs on
	// them, and that it was decided on the others.
	OnTurns bool `json:"on_turns,omitempty"`
	// SpeedTPS and TTFTs are P25 speed and P95 TTFT, NaN where there is none; an
	// infinite TTFT is written as null with p95_ttft_unbounded.
	SpeedTPS float64 `json:"-"`
	TTFTs    float64 `json:"-"`
}

type verdictJSON struct {
	*verdictFields
	Speed     *float64 `json:"p25_speed_tps"`
	TTFT      *float64 `json:"p95_ttft_s"`
	Unbounded bool     `json:"p95_ttft_unbounded,omitempty"`
}

type verdictFields Verdict

// MarshalJSON writes the figures that JSON has no words for as null.
func (v Verdict) MarshalJSON() ([]byte, error) {
	out := verdictJSON{verdictFields: (*verdictFields)(&v), Unbounded: math.IsInf(v.TTFTs, 1)}
	if !math.IsNaN(v.SpeedTPS) && !math.IsInf(v.SpeedTPS, 0) {
		out.Speed = &v.SpeedTPS
	}
	if !math.IsNaN(v.TTFTs) && !out.Unbounded {
		out.TTFT = &v.TTFTs
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Verdict) UnmarshalJSON(data []byte) error {
	in := verdictJSON{verdictFields: (*verdictFields)(v)}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	v.SpeedTPS, v.TTFTs = math.NaN(), math.NaN()
	if in.Speed != nil {
		v.SpeedTPS = *in.Speed
	}
	switch {
	case in.TTFT != nil:
		v.TTFTs = *in.TTFT
	case in.Unbounded:
		v.TTFTs = math.Inf(1)
	}
	return nil
}

// Past is one sealed level attempt as the search sees it.
type Past struct {
	Stage    Stage
	Evidence Evidence
	Verdicts []Verdict
	Took     float64 // s from the level's begin to its end
	Spent    Tokens  // of all its turns, primers and turns outside the window too
}

// Settled returns how long the level settled: from the end of its ramp until its window opened.
func (p *Past) Settled() time.Duration {
	return p.Evidence.Window.Start.Sub(Instant(0).Add(p.Stage.Shape.RampFor(p.Stage.Agents)))
}

// Answer ends a search.
type Answer struct {
	Tiers  []TierAnswer
	Reason string // why the search ended, one sentence
}

// TierAnswer is what a search says of one tier.
type TierAnswer struct {
	Tier    Tier
	Outcome Outcome // Pass: Capacity holds (0 is an answer); else why not
	// Capacity is the largest tested N at which it and every smaller tested N
	// pass; -1 where Outcome is not Pass.
	Capacity   int
	LowestFail int // 0 none seen
	// AtLeast is the best lower statement whatever the outcome: the highest tested
	// N at which it and every smaller tested N pass; 0 none. Open says that the
	// highest level allowed passed, so that the capacity may be higher.
	AtLeast int
	Open    bool
	BoundBy string
	Reason  string
	// Estimate, its 95 % interval and the certified bound, where the method gives
	// them; Certified -1 where there is none.
	Estimate  float64
	Low, High float64
	Certified int
}
