package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/search"
)

// Permit is what only the command line may say.
type Permit struct {
	MayLoad bool // --i-may-load-this-target
}

// Resolve fills r from its preset and checks everything. The Run it returns is
// complete: written to run.yaml and read again it gives the same Plan.
func Resolve(r Run, permit Permit) (plimsoll.Plan, Run, error) {
	if r.Preset == nil {
		r.Preset = ptr("quick")
	}
	preset, err := search.PresetByName(*r.Preset)
	if err != nil {
		return plimsoll.Plan{}, Run{}, err
	}
	r = r.Over(defaults(r, preset))
	p := plimsoll.Plan{
		Method: *r.Method, Preset: *r.Preset, Seed: *r.Seed, DelaySeed: delaySeed,
		MaxAgents: *r.MaxAgents, Levels: r.Levels, Budget: *r.Budget, Accelerators: *r.Accelerators,
		Power: r.Power, OutputPolicy: *r.Output, Start: *r.Start, ToolDelay: *r.ToolDelay, Salts: *r.Salts,
		Warmup: !*r.NoWarm, Require: r.Require, Shape: shape(r, preset),
		Trajectories: plimsoll.TrajectorySource{
			Name: *r.Trajectories, IsPath: isPath(*r.Trajectories), Identity: *r.Identity, Tokenizer: *r.Tokenizer,
			MaxContext: *r.MaxContext, MaxOutput: *r.MaxOutput, MaxTurns: *r.MaxTurns,
		},
	}
	if r.Out != nil {
		p.Out = *r.Out
	}
	p.Limits = limits(r)
	if r.System != nil {
		p.System = *r.System
	}
	if r.Assignment != nil {
		p.Assignment = *r.Assignment
	}
	if p.Target, err = target(r, permit); err != nil {
		return plimsoll.Plan{}, Run{}, err
	}
	if err := tiers(r, &p); err != nil {
		return plimsoll.Plan{}, Run{}, err
	}
	p.Shape = patient(p.Shape, p.Tiers)
	if err := validate(p); err != nil {
		return plimsoll.Plan{}, Run{}, err
	}
	return p, r, nil
}

// delaySeed is fixed, so that every system sees the same drawn tool delays.
const delaySeed = 20260612

func ptr[T any](v T) *T { return &v }

// defaults returns what the preset and the program say where the user does not.
func defaults(r Run, preset search.Preset) Run {
	d := Run{
		Dialect: ptr("chat"), Engine: ptr("demo"), EngineKV: ptr(1.0), EngineSpeed: ptr(1.0), Virtual: ptr(false),
		Trajectories: ptr("mini"), Identity: ptr(""), Tokenizer: ptr("bytes4"), MaxContext: ptr(0), MaxOutput: ptr(0), MaxTurns: ptr(0),
		Output: ptr(preset.OutputPolicy), Start: ptr(preset.Start), ToolDelay: ptr(preset.ToolDelay), Salts: ptr(preset.Salts),
		Method: ptr(preset.Method), MaxAgents: ptr(preset.MaxAgents), Budget: ptr(time.Duration(0)), Seed: ptr(uint64(42)),
		Ramp: ptr(preset.Shape.Ramp), Settle: ptr(preset.Shape.Settle), SettleMax: ptr(preset.Shape.SettleMax), Window: ptr(preset.Shape.Min), Limit: ptr(preset.Shape.Limit),
		NoWarm: ptr(!preset.Warmup), Accelerators: ptr(0),
		Model: ptr(""), APIKeyEnv: ptr(""), APIKeyFile: ptr(""), ExtraBody: ptr(""), ReasoningEffort: ptr(""), CAFile: ptr(""),
		Tiers: ptr(DefaultTiers), Routing: ptr("sticky"), HTTP2: ptr(false), ProxyEnv: ptr(""), Continuous: ptr(false),
		Session: []string{"X-Session-ID"},
	}
	if r.Settle != nil && *d.SettleMax > 0 {
		*d.SettleMax = max(*d.SettleMax, *r.Settle)
	}
	return d
}

func limits(r Run) plimsoll.Limits {
	var l plimsoll.Limits
	if r.BudgetTokens != nil {
		l.Tokens = *r.BudgetTokens
	}
	for from, to := range map[*float64]*float64{r.BudgetCost: &l.Cost, r.PriceInput: &l.Prices.Input, r.PriceCached: &l.Prices.Cached, r.PriceOutput: &l.Prices.Output} {
		if from != nil {
			*to = *from
		}
	}
	return l
}

func shape(r Run, preset search.Preset) plimsoll.Shape {
	s := preset.Shape
	if *r.Ramp != s.Ramp {
		s.SpawnPerS = 0
	}
	s.Ramp, s.Settle, s.SettleMax, s.Limit = *r.Ramp, *r.Settle, *r.SettleMax, *r.Limit
	if *r.Window != s.Min {
		s.Min = *r.Window
		s.Max = max(s.Max, s.Min)
	}
	return s
}

// patient makes the time-outs longer than the loosest TTFT limit: a turn that is
// merely slow must be able to say so.
func patient(s plimsoll.Shape, tiers []plimsoll.Tier) plimsoll.Shape {
	for _, t := range tiers {
		s.Request = max(s.Request, 2*t.TTFT)
		s.Idle = max(s.Idle, 2*t.TTFT)
	}
	return s
}

func tiers(r Run, p *plimsoll.Plan) (err error) {
	if len(r.Tier) > 0 {
		p.TierSet = "command line"
		p.Tiers, err = orderTiers(r.Tier)
		return err
	}
	set, err := TierSet(*r.Tiers)
	if err != nil {
		return err
	}
	p.TierSet = set.Name
	p.Tiers, err = orderTiers(set.Tiers)
	return err
}

func target(r Run, permit Permit) (plimsoll.Target, error) {
	t := plimsoll.Target{
		Virtual: *r.Virtual, URLs: r.URL, Model: *r.Model, Dialect: *r.Dialect, APIKeyEnv: *r.APIKeyEnv,
		APIKeyFile: *r.APIKeyFile, Headers: r.Header, CAFile: *r.CAFile, MayLoad: permit.MayLoad,
		Routing: *r.Routing, HTTP2: *r.HTTP2, EngineMetrics: r.EngineMetrics, EngineMetricsHeaders: r.EngineMetricsHeader, ProxyEnv: *r.ProxyEnv, ReasoningEffort: *r.ReasoningEffort, Session: r.Session, Continuous: *r.Continuous,
	}
	if len(r.URL) == 0 {
		t.Builtin = &plimsoll.Builtin{Profile: *r.Engine, KVScale: *r.EngineKV, SpeedScale: *r.EngineSpeed}
		if !(t.Builtin.KVScale > 0) || !(t.Builtin.SpeedScale > 0) {
			return t, fmt.Errorf("engine-kv %g and engine-speed %g must be above 0", t.Builtin.KVScale, t.Builtin.SpeedScale)
		}
	} else if t.Virtual {
		return t, fmt.Errorf("virtual time needs the simulated engine: leave out --url or --virtual")
	}
	if t.Virtual && len(t.EngineMetrics) > 0 {
		return t, fmt.Errorf("virtual time has no engine to scrape: leave out --engine-metrics or --virtual")
	}
	for _, raw := range t.EngineMetrics {
		if err := checkMetricsURL(raw); err != nil {
			return t, err
		}
	}
	for name, value := range t.EngineMetricsHeaders {
		if err := checkHeader(name, value); err != nil {
			return t, err
		}
	}
	for name, value := range r.Header {
		if err := checkHeader(name, value); err != nil {
			return t, err
		}
	}
	for _, u := range r.URL {
		if err := checkURL(u, permit); err != nil {
			return t, err
		}
	}
	var err error
	t.ExtraBody, err = extraBody(*r.ExtraBody, r.Sampling)
	return t, err
}

// extraBody returns the members of a file and the sampling fields as one JSON object,
// members in order of their names; nil for neither. The result holds it.
func extraBody(path string, sampling map[string]float64) (json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	if path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read extra body: %w", err)
		}
		if err := json.Unmarshal(data, &members); err != nil || members == nil {
			return nil, fmt.Errorf("extra body %s: want a JSON object", path)
		}
	}
	for name, value := range sampling {
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("sampling %s: extra body %s has it too: give it once", name, path)
		}
		number, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("sampling %s: %w", name, err)
		}
		members[name] = number
	}
	for name, value := range members {
		if err := checkMember(name, value); err != nil {
			return nil, err
		}
	}
	if len(members) == 0 {
		return nil, nil
	}
	return json.Marshal(members)
}

// checkMetricsURL refuses credentials in an address: run.yaml would hold them.
func checkMetricsURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("engine-metrics: want http://HOST:PORT/metrics")
	}
	if u.User != nil || u.RawQuery != "" {
		return fmt.Errorf("engine-metrics %s://%s%s: give credentials by --engine-metrics-header K=%sNAME, not inside the address", u.Scheme, u.Host, u.Path, HeaderFromEnv)
	}
	return nil
}

func checkURL(raw string, permit Permit) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("url: want http://HOST:PORT/v1 or https://HOST/v1") // not repeated: it may hold a key
	}
	if u.User != nil {
		return fmt.Errorf("url %s://%s%s: give credentials by --api-key-env, not inside the address", u.Scheme, u.Host, u.Path)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("url %s://%s%s: leave out what follows the path, run.yaml would hold it: a key goes by --api-key-env or --header NAME=%sVARIABLE", u.Scheme, u.Host, u.Path, HeaderFromEnv)
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	if host == "localhost" || ip != nil && ip.IsLoopback() || permit.MayLoad {
		return nil
	}
	return fmt.Errorf("url %s is outside this machine: add --i-may-load-this-target if you may put load on it", raw)
}

func validate(p plimsoll.Plan) error {
	if p.Method != "aa" && p.Method != "certified" {
		return fmt.Errorf("method %q: want aa or certified", p.Method)
	}
	for _, c := range []struct {
		name, value string
		known       []string
	}{
		{"routing", p.Target.Routing, []string{"sticky", "round_robin"}},
		{"output", p.OutputPolicy, []string{"recorded", "free"}},
		{"start", p.Start, []string{"spread", "offset", "begin"}},
		{"tool-delay", p.ToolDelay, []string{"recorded", "aa"}},
		{"salts", p.Salts, []string{plimsoll.SaltsWalk, plimsoll.SaltsLevel}},
	} {
		if !slices.Contains(c.known, c.value) {
			return fmt.Errorf("%s %q: want %s", c.name, c.value, strings.Join(c.known, " or "))
		}
	}
	if p.MaxAgents < 1 || p.MaxAgents > 1_000_000 {
		return fmt.Errorf("max-agents %d: want 1 to 1,000,000", p.MaxAgents)
	}
	if p.Accelerators < 0 || p.Accelerators > 1_000_000 {
		return fmt.Errorf("accelerators %d: want 1 to 1,000,000", p.Accelerators)
	}
	for _, n := range p.Levels {
		if n < 1 || n > p.MaxAgents {
			return fmt.Errorf("levels: %d is outside 1 to %d", n, p.MaxAgents)
		}
	}
	for name := range p.Require {
		if !slices.ContainsFunc(p.Tiers, func(t plimsoll.Tier) bool { return t.Name == name }) {
			return fmt.Errorf("require %s: no such tier in %s", name, p.TierSet)
		}
	}
	if err := p.Limits.Validate(); err != nil {
		return err
	}
	if p.Trajectories.MaxContext < 0 || p.Trajectories.MaxOutput < 0 || p.Trajectories.MaxTurns < 0 {
		return fmt.Errorf("max-context, max-output and max-turns must not be negative")
	}
	return p.Shape.Validate()
}
