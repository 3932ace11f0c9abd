package plimsoll

import "time"

// Facts is what is known of a run before its first level: facts.json in the run
// folder. Together with the levels it is all that a result is computed from.
type Facts struct {
	Schema    string    `json:"schema"`     // FactsSchema
	MetricSet string    `json:"metric_set"` // MetricSet
	Version   string    `json:"version"`    // of the binary
	Started   time.Time `json:"started"`
	Method    string    `json:"method"` // aa, certified
	// Rules names the method's decisions, as search.Rules; "" the method's first.
	Rules   string `json:"rules,omitempty"`
	Preset  string `json:"preset"` // quick, standard, publish, aa
	Seed    uint64 `json:"seed"`
	TierSet string `json:"tier_set"`
	Tiers   []Tier `json:"tiers"`

	Trajectories SetFacts    `json:"trajectories"`
	Engine       EngineFacts `json:"engine"`
	Accelerators int         `json:"accelerators"` // all that serve; 0 unknown

	OutputPolicy string      `json:"output_policy"`   // recorded, free
	Start        string      `json:"start"`           // spread, offset, begin; assigned
	ToolDelay    string      `json:"tool_delay"`      // recorded, aa
	Salts        string      `json:"salts,omitempty"` // walk, level; "" by older versions: see LevelSaltOnly
	Power        []PowerSpec `json:"power,omitempty"`
	MaxAgents    int         `json:"max_agents"`
	// Assignment is the SHA-256 of the file that says what each agent walks; "" none.
	Assignment string `json:"assignment_sha256,omitempty"`
	// Shape is the timing of a level; zero: the preset's. Levels is a fixed ladder
	// and Budget the most time of the search, both only where they were asked for.
	Shape  Shape         `json:"shape"`
	Levels []int         `json:"levels,omitempty"`
	Budget time.Duration `json:"budget_ns,omitempty"`
	Limits Limits        `json:"limits,omitzero"`
	// ReasoningEffort and ExtraBody, one JSON object, are what requests hold besides the
	// trajectories; "" nothing.
	ReasoningEffort string `json:"reasoning_effort,omitempty"`
	ExtraBody       string `json:"extra_body,omitempty"`
	// Generator is the machine that makes the load; nil in virtual time.
	Generator *Generator `json:"load_generator,omitempty"`
	// NotComparable lists, in sentences, why the result must not be set beside a
	// published one; empty: comparable.
	NotComparable []string `json:"not_comparable,omitempty"`
}

// LevelSaltOnly reports whether prompts carry the level's salt alone. Versions that had
// no choice of salts left the walk's out in preset aa.
func (f Facts) LevelSaltOnly() bool {
	return f.Salts == SaltsLevel || f.Salts == "" && f.Preset == "aa"
}

// Schema names and the metric set of this version.
const (
	FactsSchema  = "plimsoll-facts/1"
	EventSchema  = "plimsoll-event/1"
	ResultSchema = "plimsoll-result/1"
	LevelSchema  = "plimsoll-level/1"
	MetricSet    = "plimsoll/1"
)

// SetFacts describes a trajectory set without its text.
type SetFacts struct {
	Name      string  `json:"name"`
	Count     int     `json:"count"`
	Turns     int     `json:"turns"`
	SHA256    string  `json:"sha256"` // over the canonical JSONL form
	Synthetic bool    `json:"synthetic"`
	Basis     string  `json:"token_basis"`
	Input     float64 `json:"mean_input_tokens"` // turn-weighted means
	Uncached  float64 `json:"mean_uncached_tokens"`
	Output    float64 `json:"mean_output_tokens"`
}

// EngineFacts describes the engine under test.
type EngineFacts struct {
	URL       string    `json:"url"` // without credentials
	Model     string    `json:"model"`
	Dialect   string    `json:"dialect"`
	Simulated bool      `json:"simulated"`
	Identity  Identity  `json:"identity"`
	Preflight []Finding `json:"preflight,omitempty"`
	// TemplateHead is how many prompt tokens the chat template puts before the
	// level salt; nil unknown.
	TemplateHead *int `json:"template_head_tokens,omitempty"`
	// LocalExact says that local token counts use the engine's own tokenizer.
	LocalExact bool `json:"local_exact"`
}

// Finding is one answer of the preflight.
type Finding struct {
	Name string `json:"name"` // streams, usage, ignore_eos, local_count, tool_call, context
	OK   bool   `json:"ok"`
	Note string `json:"note,omitempty"`
}

// Event is one line of events.jsonl: what terminal, pages and resume read.
type Event struct {
	Schema string    `json:"schema"`
	Time   time.Time `json:"time"`
	Kind   string    `json:"kind"` // EventBegin ...

	Facts    *Facts    `json:"facts,omitempty"`     // begin
	Stage    *Stage    `json:"stage,omitempty"`     // stage
	Progress *Progress `json:"progress,omitempty"`  // progress
	Level    string    `json:"level,omitempty"`     // sealed: "0007.1"
	Verdicts []Verdict `json:"verdicts,omitempty"`  // sealed
	Validity string    `json:"validity,omitempty"`  // sealed: valid or void
	Gates    []Gate    `json:"gates,omitempty"`     // sealed
	Opened   string    `json:"opened,omitempty"`    // sealed: why the window opened, as Observed.Opened
	SettledS float64   `json:"settled_s,omitempty"` // sealed: from the end of the ramp until then
	Message  string    `json:"message,omitempty"`   // warning, error, end
	Exit     int       `json:"exit,omitempty"`      // end
}

// The kinds of event.
const (
	EventBegin    = "begin"
	EventStage    = "stage"
	EventProgress = "progress"
	EventSealed   = "sealed"
	EventWarning  = "warning"
	EventEnd      = "end"
)

// Progress is the state of the level under way.
type Progress struct {
	Level    int      `json:"level"`
	Attempt  int      `json:"attempt"`
	Agents   int      `json:"agents"` // N of the stage
	Alive    int      `json:"alive"`  // agents begun
	InFlight int      `json:"in_flight"`
	Phase    string   `json:"phase"` // ramp, settle, window, hold
	AtS      float64  `json:"at_s"`
	OpenedS  *float64 `json:"opened_s,omitempty"` // when the window opened
	Turns    int      `json:"turns"`              // of the population so far
	SpeedTPS *float64 `json:"p25_speed_tps,omitempty"`
	TTFTs    *float64 `json:"p95_ttft_s,omitempty"`
	TokensPS float64  `json:"tokens_per_s"`
	LeftS    float64  `json:"left_s"` // estimate for the whole run; 0 unknown
}
