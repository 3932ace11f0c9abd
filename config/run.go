package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"time"

	"go.yaml.in/yaml/v4"

	"plimsoll"
)

// Run is what a run file and the flags of `plimsoll run` can say. A nil field is
// not said. The yaml tags name the file's keys, the other tags are the command
// line's.
type Run struct {
	URL                 []string           `yaml:"url,omitempty" name:"url" group:"Engine" sep:"none" placeholder:"http://HOST:PORT/v1" help:"OpenAI-compatible endpoint, repeatable; without it a simulated engine is started."`
	Model               *string            `yaml:"model,omitempty" group:"Engine" placeholder:"NAME" help:"Model to ask for; without it the engine's only model."`
	Dialect             *string            `yaml:"dialect,omitempty" group:"Engine" placeholder:"chat" help:"Wire format: ${dialects}."`
	APIKeyEnv           *string            `yaml:"api_key_env,omitempty" name:"api-key-env" group:"Engine" placeholder:"NAME" help:"Environment variable that holds the API key."`
	APIKeyFile          *string            `yaml:"api_key_file,omitempty" name:"api-key-file" group:"Engine" placeholder:"FILE" help:"File that holds the API key."`
	Header              map[string]string  `yaml:"header,omitempty" group:"Engine" mapsep:"none" placeholder:"K=V" help:"Header of every request, repeatable; a secret one as K=env:NAME."`
	EngineMetrics       []string           `yaml:"engine_metrics,omitempty" name:"engine-metrics" group:"Engine" sep:"none" placeholder:"URL" help:"Prometheus address of the engine, scraped every second, repeatable (vLLM, SGLang, TensorRT-LLM, llama.cpp)."`
	EngineMetricsHeader map[string]string  `yaml:"engine_metrics_header,omitempty" name:"engine-metrics-header" group:"Engine" mapsep:"none" placeholder:"K=V" help:"Header of every scrape, repeatable; a secret one as K=env:NAME."`
	ExtraBody           *string            `yaml:"extra_body,omitempty" name:"extra-body" group:"Engine" placeholder:"./b.json" help:"JSON object whose members go into every request."`
	Sampling            map[string]float64 `yaml:"sampling,omitempty" group:"Engine" mapsep:"none" placeholder:"temperature=0.6" help:"Sampling field of every request, repeatable, such as top_p=0.95."`
	ReasoningEffort     *string            `yaml:"reasoning_effort,omitempty" name:"reasoning-effort" group:"Engine" placeholder:"high" help:"Reasoning effort to ask for, in the dialect's own field."`
	Routing             *string            `yaml:"routing,omitempty" group:"Engine" placeholder:"sticky" help:"Which of several URLs serves a turn: sticky (an agent keeps its own) or round_robin."`
	HTTP2               *bool              `yaml:"http2,omitempty" name:"http2" group:"Engine" help:"Speak HTTP/2; agents then share connections, and instants are taken later."`
	ProxyEnv            *string            `yaml:"proxy_env,omitempty" name:"proxy-env" group:"Engine" placeholder:"NAME" help:"Environment variable that holds an HTTP proxy's address."`
	Session             []string           `yaml:"session_header,omitempty" name:"session-header" group:"Engine" sep:"none" placeholder:"X-Session-ID" help:"Header that carries an agent's session, repeatable."`
	Continuous          *bool              `yaml:"continuous_usage,omitempty" name:"continuous-usage" group:"Engine" help:"Ask for usage in every event (vLLM, SGLang): exact first chunks."`
	CAFile              *string            `yaml:"ca_file,omitempty" name:"ca-file" group:"Engine" placeholder:"FILE" help:"PEM file of certificates to trust."`

	Engine      *string  `yaml:"engine,omitempty" group:"Simulated engine" placeholder:"demo" help:"Profile of the simulated engine."`
	EngineKV    *float64 `yaml:"engine_kv,omitempty" name:"engine-kv" group:"Simulated engine" placeholder:"1" help:"Scale of its KV cache pool."`
	EngineSpeed *float64 `yaml:"engine_speed,omitempty" name:"engine-speed" group:"Simulated engine" placeholder:"1" help:"Scale of its speed."`
	Virtual     *bool    `yaml:"virtual,omitempty" group:"Simulated engine" help:"Run in virtual time: no process, no HTTP, seconds instead of minutes."`

	Accelerators *int                 `yaml:"accelerators,omitempty" group:"System" placeholder:"8" help:"All accelerators that serve, standby ones too."`
	Power        []plimsoll.PowerSpec `yaml:"power,omitempty" group:"System" sep:"none" placeholder:"SPEC" help:"Power meter KIND[:TARGET][@BOUNDARY], repeatable, for example static:700W@accelerator."`
	System       *string              `yaml:"system,omitempty" group:"System" placeholder:"./system.yaml" help:"Description of the system, as plimsoll system prints it to fill in; a comparable result needs it."`

	Trajectories *string `yaml:"trajectories,omitempty" group:"Workload" placeholder:"mini" help:"Built-in set (${sets}) or a file such as ./x.jsonl."`
	Tokenizer    *string `yaml:"tokenizer,omitempty" group:"Workload" placeholder:"bytes4" help:"Local token count: bytes4, o200k or a model's ./tokenizer.json, then taken as the engine's own."`
	Identity     *string `yaml:"identity_env,omitempty" name:"identity-env" group:"Workload" placeholder:"NAME" help:"Environment variable that holds the age key of a sealed set (.age)."`
	MaxContext   *int    `yaml:"max_context,omitempty" name:"max-context" group:"Workload" placeholder:"TOKENS" help:"Cut trajectories where a prompt would be longer."`
	MaxOutput    *int    `yaml:"max_output,omitempty" name:"max-output" group:"Workload" placeholder:"TOKENS" help:"Cut recorded replies to this length."`
	MaxTurns     *int    `yaml:"max_turns,omitempty" name:"max-turns" group:"Workload" placeholder:"N" help:"Cut trajectories after this many turns."`
	Output       *string `yaml:"output,omitempty" group:"Workload" placeholder:"recorded" help:"Output policy: recorded (length forced) or free."`
	Start        *string `yaml:"start,omitempty" group:"Workload" placeholder:"spread" help:"Where agents begin: spread, offset or begin."`
	Assignment   *string `yaml:"assignment,omitempty" group:"Workload" placeholder:"./a.jsonl" help:"Which trajectories each agent walks and how many turns it leaves out at first, a line an agent; no level has more agents."`
	ToolDelay    *string `yaml:"tool_delay,omitempty" name:"tool-delay" group:"Workload" placeholder:"recorded" help:"Tool delay: recorded or aa."`
	Salts        *string `yaml:"salts,omitempty" group:"Workload" placeholder:"walk" help:"Random prefixes: walk (agents share their scaffold alone) or level (agents on one trajectory find each other's prompts in the cache; preset aa)."`

	Tiers *string         `yaml:"tiers,omitempty" group:"Objectives" placeholder:"NAME" help:"Tier set: a built-in name or a file such as ./tiers.yaml. Default ${default_tiers}."`
	Tier  []plimsoll.Tier `yaml:"tier,omitempty" group:"Objectives" sep:"none" placeholder:"30tps/10s" help:"One tier, repeatable; replaces the set."`

	Method       *string        `yaml:"method,omitempty" group:"Search" placeholder:"aa" help:"aa (double, then bisect) or certified."`
	Preset       *string        `yaml:"preset,omitempty" group:"Search" placeholder:"quick" help:"quick, standard, publish or aa."`
	MaxAgents    *int           `yaml:"max_agents,omitempty" name:"max-agents" group:"Search" placeholder:"N" help:"Never more agents than this (${max_agents})."`
	Levels       []int          `yaml:"levels,omitempty" group:"Search" placeholder:"8,16,32" help:"Measure this ladder instead of searching."`
	Budget       *time.Duration `yaml:"budget,omitempty" group:"Search" placeholder:"2h" help:"Engine time after which the search ends with the best statement it has."`
	BudgetTokens *int64         `yaml:"budget_tokens,omitempty" name:"budget-tokens" group:"Search" placeholder:"N" help:"Prompt and output tokens after which the search ends likewise."`
	BudgetCost   *float64       `yaml:"budget_cost,omitempty" name:"budget-cost" group:"Search" placeholder:"X" help:"Cost after which it ends, by the prices."`
	PriceInput   *float64       `yaml:"price_input,omitempty" name:"price-input" group:"Search" placeholder:"X" help:"Price of a million prompt tokens that were not cached."`
	PriceCached  *float64       `yaml:"price_cached,omitempty" name:"price-cached" group:"Search" placeholder:"X" help:"Price of a million cached prompt tokens."`
	PriceOutput  *float64       `yaml:"price_output,omitempty" name:"price-output" group:"Search" placeholder:"X" help:"Price of a million output tokens."`
	Seed         *uint64        `yaml:"seed,omitempty" group:"Search" placeholder:"42" help:"Seed of every random draw."`
	Require      map[string]int `yaml:"require,omitempty" group:"Search" mapsep:"none" placeholder:"TIER=N" help:"Exit 3 when the tier's capacity is below N, repeatable."`

	Settle    *time.Duration `yaml:"settle,omitempty" group:"Level" placeholder:"DURATION" help:"Settling before the window, at least (${settle})."`
	SettleMax *time.Duration `yaml:"settle_max,omitempty" name:"settle-max" group:"Level" placeholder:"DURATION" help:"Settling goes on until the load is stationary, at most so long (${settle_max}); 0s: no longer than --settle."`
	Ramp      *time.Duration `yaml:"ramp,omitempty" group:"Level" placeholder:"DURATION" help:"Ramp (${ramp})."`
	Window    *time.Duration `yaml:"window,omitempty" group:"Level" placeholder:"DURATION" help:"Shortest window (${window})."`
	Limit     *time.Duration `yaml:"limit,omitempty" group:"Level" placeholder:"DURATION" help:"Longest level (${limit})."`
	NoWarm    *bool          `yaml:"no_warmup,omitempty" name:"no-warmup" group:"Level" help:"Leave out the discarded first level."`

	Out *string `yaml:"-" group:"Output" placeholder:"DIR" help:"Run folder; default a new one under runs/."`
}

// Read reads a run file strictly: an unknown key, a wrong type or a second
// document is an error with its line.
func Read(path string) (Run, error) {
	f, err := os.Open(path)
	if err != nil {
		return Run{}, fmt.Errorf("read run file: %w", err)
	}
	defer f.Close()
	var r Run
	d := yaml.NewDecoder(io.LimitReader(f, 1<<20))
	d.KnownFields(true)
	if err := d.Decode(&r); err != nil && !errors.Is(err, io.EOF) {
		return Run{}, fmt.Errorf("run file %s: %w", path, err)
	}
	return r, nil
}

// Over returns r with every field that it does not say taken from below.
func (r Run) Over(below Run) Run {
	top, low := reflect.ValueOf(&r).Elem(), reflect.ValueOf(below)
	for i := range top.NumField() {
		if f := top.Field(i); f.IsNil() {
			f.Set(low.Field(i))
		}
	}
	return r
}

// YAML writes r as a run file that Read takes back.
func (r Run) YAML() ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("write run file: %w", err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("write run file: %w", err)
	}
	return b.Bytes(), nil
}
