package result

import (
	"math"
	"time"

	"plimsoll"
	"plimsoll/power"
)

// Result is result.json.
type Result struct {
	Schema    string    `json:"schema"` // plimsoll.ResultSchema
	MetricSet string    `json:"metric_set"`
	Version   string    `json:"version"` // of the binary that measured
	Method    string    `json:"method"`
	Preset    string    `json:"preset"`
	Seed      uint64    `json:"seed"`
	TierSet   string    `json:"tier_set"`
	Started   time.Time `json:"started"`
	Finished  time.Time `json:"finished"` // end of the last sealed level
	// Partial says that the search had more to do when the run ended.
	Partial bool   `json:"partial"`
	Ended   string `json:"ended"` // why the search ended, one sentence

	Trajectories plimsoll.SetFacts `json:"trajectories"`
	Engine       Engine            `json:"engine"`
	Accelerators int               `json:"accelerators"` // all that serve; 0 unknown
	Settings     Settings          `json:"settings"`

	Tiers  []Tier  `json:"tiers"`
	Levels []Level `json:"levels"`
	// Spent is what the levels cost, the warm-up apart; Cost by the prices that were given.
	Spent plimsoll.Tokens `json:"spent,omitzero"`
	Cost  float64         `json:"cost,omitempty"`

	Failures map[plimsoll.Class]int `json:"failures"` // turns of valid levels by class
	// Generator is the machine that made the load; none in virtual time.
	Generator  *Generator `json:"load_generator,omitempty"`
	Client     Client     `json:"client"`
	Comparable Comparable `json:"comparable"`
}

// Engine describes the engine under test.
type Engine struct {
	URL       string            `json:"url"` // without credentials
	Model     string            `json:"model"`
	Dialect   string            `json:"dialect"`
	Simulated bool              `json:"simulated"`
	Identity  plimsoll.Identity `json:"identity"`
	// Preflight are the answers from before the first level; none in virtual time.
	Preflight []plimsoll.Finding `json:"preflight,omitempty"`
}

// Settings are those choices that change the load.
type Settings struct {
	OutputPolicy string `json:"output_policy"`
	Start        string `json:"start"`
	ToolDelay    string `json:"tool_delay"`
	Salts        string `json:"salts,omitempty"` // walk, level
	MaxAgents    int    `json:"max_agents"`
	// What every request held besides the trajectories; ExtraBody is one JSON object.
	ReasoningEffort string `json:"reasoning_effort,omitempty"`
	ExtraBody       string `json:"extra_body,omitempty"`
}

// Tier is the answer for one service-level tier.
type Tier struct {
	Name     string  `json:"name"`
	SpeedTPS float64 `json:"speed_tps"` // P25 output speed at least
	TTFTs    float64 `json:"ttft_s"`    // P95 TTFT at most

	// Verdict is pass where Capacity holds, else why there is none.
	Verdict  plimsoll.Outcome `json:"verdict"`
	Capacity *int             `json:"capacity"` // agents; null without an answer, 0 is one
	// AtLeast is the best lower statement whatever the verdict: every tested level
	// up to it passed. Open says that no higher level was allowed, so that the
	// capacity may be higher.
	AtLeast    int                    `json:"at_least"`
	Open       bool                   `json:"open"`
	LowestFail int                    `json:"lowest_fail"` // agents; 0 none seen
	BoundBy    string                 `json:"bound_by"`    // speed, ttft, failures, starvation; "" nothing failed
	Reason     string                 `json:"reason"`      // one sentence
	Estimate   *Estimate              `json:"estimate"`    // null where the method gives none
	Certified  *int                   `json:"certified"`   // 95 % lower bound; null where there is none
	PerAcc     *float64               `json:"per_accelerator"`
	PerMW      *plimsoll.PerMegawatt  `json:"per_megawatt"` // the first power spec with a figure
	PerMWs     []plimsoll.PerMegawatt `json:"per_megawatt_all"`
	NoPerMW    string                 `json:"per_megawatt_reason,omitempty"` // why per_megawatt is null

	// NotRepresentative says in sentences how the load of the level that the capacity rests
	// on differs from the set's, and whether agents shared prompts there.
	NotRepresentative []string `json:"not_representative,omitempty"`

	Verdicts []Verdict `json:"verdicts"`
}

// Estimate is where the limit is crossed, with a 95 % interval, agents.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Verdict is what one level says of a tier.
type Verdict struct {
	Level    string           `json:"level"` // "0007.1"
	Agents   int              `json:"agents"`
	Verdict  plimsoll.Outcome `json:"verdict"`
	BoundBy  string           `json:"bound_by,omitempty"`
	OnTurns  bool             `json:"on_turns,omitempty"` // decided on its turns, of which its time-out cut many
	Reasons  []string         `json:"reasons"`
	SpeedTPS Number           `json:"p25_speed_tps"` // by the formula that decided
}

// Level is one sealed level attempt.
type Level struct {
	ID        string `json:"id"` // "0007.1"
	Number    int    `json:"level"`
	Attempt   int    `json:"attempt"`
	Replicate int    `json:"replicate"`
	Agents    int    `json:"agents"`
	Fresh     bool   `json:"fresh"`
	Warmup    bool   `json:"warmup"`
	Why       string `json:"why"`

	Validity string          `json:"validity"` // valid, void
	Reasons  []string        `json:"reasons"`  // why it is void
	Gates    []plimsoll.Gate `json:"gates"`
	Closed   string          `json:"closed"` // why the window closed

	Epoch   time.Time `json:"epoch"`
	StartS  float64   `json:"start_s"`       // begin of the level since the run's first one
	WindowS float64   `json:"window_s"`      // length of the window
	WindowT [2]Number `json:"window_span_s"` // begin and end of the window since the level's begin, s
	TookS   float64   `json:"took_s"`        // whole level

	Turns     int                    `json:"turns"` // = ok + failed + cancelled + censored
	OK        int                    `json:"ok"`
	Failed    int                    `json:"failed"`
	Cancelled int                    `json:"cancelled"`
	Censored  int                    `json:"censored"`
	Classes   map[plimsoll.Class]int `json:"classes"`
	OneRead   int                    `json:"one_read"`
	NoSpeed   int                    `json:"no_speed"`

	SpeedTPS       Number  `json:"p25_speed_tps"` // by the formula that decides
	SpeedFormula   string  `json:"speed_formula"` // after_first_chunk, n_minus_1
	SpeedNMinus1   Number  `json:"p25_speed_n_minus_1_tps"`
	SpeedEndToEnd  Number  `json:"p25_speed_end_to_end_tps"`
	TTFTs          Number  `json:"p95_ttft_s"`
	TTFTUnbounded  bool    `json:"p95_ttft_unbounded"`
	LagP99ms       Number  `json:"lag_p99_ms"`
	TurnsPerMinute Number  `json:"turns_per_minute"`
	MeanInput      Number  `json:"mean_input_tokens"`
	MeanUncached   Number  `json:"mean_uncached_tokens"`
	MeanOutput     Number  `json:"mean_output_tokens"`
	OutputTPS      Number  `json:"output_tokens_per_s"`
	WalksFinished  int     `json:"walks_finished"`
	Distribution   Spread  `json:"distribution"`
	Views          *Views  `json:"views,omitempty"`
	Sanity         *Sanity `json:"sanity,omitempty"` // of the replies; none in virtual time
	// Steady says whether the window was stationary, NotRepresentative in sentences how its
	// turns differ from the set's.
	Steady *Steady `json:"steady,omitempty"`
	// Settling is how settling ended, where it went on until the load was stationary.
	Settling          *Settling `json:"settling,omitempty"`
	NotRepresentative []string  `json:"not_representative,omitempty"`
	Client            Client    `json:"client"`
	SimulatedLoad     bool      `json:"simulated"` // in virtual time

	// EngineLoad is what the engine's own metrics said, where they were scraped.
	EngineLoad *EngineLoad `json:"engine_load,omitempty"`

	Energy []plimsoll.Energy `json:"energy"` // one a meter and boundary
	// Intensity is that energy for each agent-hour, turn and million output tokens.
	Intensity []power.Intensity `json:"intensity,omitempty"`
}

// Spread holds quantiles of the population's values.
type Spread struct {
	At       []float64 `json:"at"` // 0.05 for P5
	TTFTs    []Number  `json:"ttft_s"`
	SpeedTPS []Number  `json:"speed_tps"`
}

// Client is how the load generator fared: of one level, or the worst of all.
type Client struct {
	CPUShare      Number `json:"cpu_share"` // of one core
	LagP99ms      Number `json:"lag_p99_ms"`
	SentinelP99ms Number `json:"sentinel_p99_ms"` // null not measured
	RunQueueShare Number `json:"run_queue_share"` // null not measured
	ResidentBytes int64  `json:"resident_bytes"`  // 0 not measured
}

// Comparable says whether the result may be set beside published ones.
type Comparable struct {
	Yes bool     `json:"yes"`
	Why []string `json:"why"` // sentences; empty when Yes
}

// TTFT returns the level's P95 TTFT, +Inf where failed turns reach into it.
func (l *Level) TTFT() float64 {
	if l.TTFTUnbounded {
		return math.Inf(1)
	}
	return float64(l.TTFTs)
}
