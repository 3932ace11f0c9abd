package plimsoll

import (
	"encoding/json"
	"time"
)

// FreeGuard is the most tokens that a reply of output policy free may have.
const FreeGuard = 16384

// Which salts the prompts of a level begin with. With walk each walk has one of its own
// after the scaffold, so that walks share nothing else; with level a level's salt is all,
// as AA-AgentPerf's is described, and agents on one trajectory find each other's prompts
// in the cache.
const (
	SaltsWalk  = "walk"
	SaltsLevel = "level"
)

// Plan is one validated run: what package config makes of flags, environment,
// file and preset. It holds no secret, only the names of where secrets are.
type Plan struct {
	Target       Target
	Trajectories TrajectorySource
	TierSet      string
	Tiers        []Tier
	Method       string // aa, certified
	Preset       string // quick, standard, publish, aa
	Seed         uint64
	DelaySeed    uint64
	MaxAgents    int
	Levels       []int         // a fixed ladder instead of a search; nil search
	Budget       time.Duration // engine time; 0 none
	Limits       Limits        // of tokens and cost
	Shape        Shape
	Accelerators int // 0 not stated
	Power        []PowerSpec
	System       string // file that describes the system; "" none
	OutputPolicy string // recorded, free
	Start        string // spread, offset, begin
	Assignment   string // file that says what each agent walks, in place of Start; "" none
	ToolDelay    string // recorded, aa
	Salts        string // SaltsWalk, SaltsLevel
	Warmup       bool
	Require      map[string]int // tier name -> least capacity
	Out          string         // run folder; "" a new one under runs/
}

// Target is the engine under test.
type Target struct {
	// Builtin is the simulated engine that the run starts itself; nil when URLs
	// name an engine that is there already.
	Builtin *Builtin
	// Virtual asks for virtual time: no process and no HTTP.
	Virtual    bool
	URLs       []string
	Model      string
	Dialect    string
	APIKeyEnv  string // name of an environment variable
	APIKeyFile string
	Headers    map[string]string
	ExtraBody  json.RawMessage // members merged into every request; nil none
	// ReasoningEffort is asked for in the dialect's own field; "" not at all.
	ReasoningEffort string
	CAFile          string
	// EngineMetrics are addresses of the engine's Prometheus text, scraped during the
	// run with these headers.
	EngineMetrics        []string
	EngineMetricsHeaders map[string]string
	Routing              string // sticky, round_robin
	HTTP2                bool
	ProxyEnv             string   // name of an environment variable
	Session              []string // headers that carry an agent's session
	Continuous           bool     // usage in every event
	MayLoad              bool     // the user said that a target outside loopback may be loaded
}

// Builtin is a simulated engine of the program's own.
type Builtin struct {
	Profile    string
	KVScale    float64 // of the profile's KV pool
	SpeedScale float64 // of the profile's speed
}

// TrajectorySource names what is replayed.
type TrajectorySource struct {
	Name       string // built-in name or path
	IsPath     bool
	Tokenizer  string // of the local count: bytes4, o200k or a path
	Identity   string // environment variable with the age key of a sealed set
	MaxContext int    // turns with longer prompts are cut; 0 none
	MaxOutput  int
	MaxTurns   int
}
