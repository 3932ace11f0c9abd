package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/dialect"
	"plimsoll/power"
	"plimsoll/scrape"
	"plimsoll/search"
	"plimsoll/sim/profile"
	"plimsoll/sim/simfleet"
	"plimsoll/token"
	"plimsoll/trajectory"
	"plimsoll/trajectory/importer"
	"plimsoll/trajectory/synth"
)

// job is one run made ready: everything that a plan names, opened.
type job struct {
	plan     plimsoll.Plan
	shape    *profile.Profile // of the simulated engine; nil a real one
	facts    plimsoll.Facts
	system   map[string]string // what the owner says of it, by field
	set      *trajectory.Set
	counter  token.Counter
	load     plimsoll.Load
	progress func() plimsoll.Progress
	reset    func(context.Context) error
	engine   []*scrape.Endpoint // its own metrics
	closers  []func() error
	metrics  *metricsServer // nil none
	resumes  bool
	assigned []plimsoll.Assigned // what each agent walks; nil drawn
}

const builtinTrajectories = 64

// prepare opens what the plan names: trajectories, engine, client, meters.
func prepare(ctx context.Context, plan plimsoll.Plan, io *IO) (*job, error) {
	j := &job{plan: plan}
	if built := plan.Target.Builtin; built != nil {
		var err error
		if j.shape, err = profile.Load(built.Profile); err != nil {
			return nil, &ExitError{exitUsage, err}
		}
	}
	return j, j.open(ctx, io)
}

// open opens what a job's plan names and the job does not have yet. What was opened
// is closed again on an error.
func (j *job) open(ctx context.Context, io *IO) (err error) {
	if j.shape != nil {
		j.describeBuiltin()
	}
	plan := j.plan
	defer func() {
		if err != nil {
			err = errors.Join(err, j.close())
		}
	}()
	if err := j.openCounter(); err != nil {
		return err
	}
	if plan.System != "" {
		if j.system, err = readSystem(plan.System); err != nil {
			return &ExitError{exitUsage, err}
		}
	}
	if j.set == nil {
		if j.set, err = j.loadSet(io); err != nil {
			return err
		}
	}
	j.facts = plimsoll.Facts{
		Schema: plimsoll.FactsSchema, MetricSet: plimsoll.MetricSet, Version: version(), Started: time.Now().UTC(),
		Method: plan.Method, Rules: search.Rules(plan.Method, plan.Preset, plan.Budget), Preset: plan.Preset, Seed: plan.Seed, TierSet: plan.TierSet, Tiers: plan.Tiers,
		Trajectories: j.set.Facts(), Accelerators: plan.Accelerators, OutputPolicy: plan.OutputPolicy,
		Start: plan.Start, ToolDelay: plan.ToolDelay, Salts: plan.Salts, ReasoningEffort: plan.Target.ReasoningEffort, ExtraBody: string(plan.Target.ExtraBody), Power: plan.Power, MaxAgents: plan.MaxAgents,
		Shape: plan.Shape, Levels: plan.Levels, Budget: plan.Budget, Limits: plan.Limits,
	}
	if err := j.assign(); err != nil {
		return &ExitError{exitUsage, err}
	}
	if plan.Target.Virtual {
		err = j.virtual()
	} else {
		err = j.real(ctx, io)
	}
	if err != nil {
		return err
	}
	j.facts.NotComparable = notComparable(plan, j.facts, j.system, j.set.Notes)
	return checkMeters(plan, io)
}

// checkMeters refuses power specs that no meter can be made of, those among them that
// hold a secret, which run.yaml would show.
func checkMeters(plan plimsoll.Plan, io *IO) error {
	if err := power.Together(plan.Power); err != nil {
		return &ExitError{exitUsage, err}
	}
	for _, spec := range plan.Power {
		if _, err := power.New(spec, power.Config{Accelerators: plan.Accelerators, Getenv: io.Env}); err != nil {
			return &ExitError{exitUsage, err}
		}
	}
	return nil
}

// describeBuiltin fills what the user need not say of the simulated engine: its
// accelerators, and their nameplate power as a stated figure.
func (j *job) describeBuiltin() {
	if j.plan.Accelerators == 0 {
		j.plan.Accelerators = j.shape.Accelerators()
	}
	if j.plan.Power == nil {
		j.plan.Power = []plimsoll.PowerSpec{{
			Kind: "static", Target: fmt.Sprintf("%gW", j.shape.Accelerator.MaxPower.Value), Boundary: plimsoll.BoundaryAccelerator,
		}}
	}
}

func (j *job) openCounter() (err error) {
	if j.counter, err = token.Named(j.plan.Trajectories.Tokenizer); err != nil {
		return &ExitError{exitUsage, err}
	}
	if own := (token.Bytes4{}).Basis(); j.plan.Target.Virtual && j.counter.Basis() != own {
		return &ExitError{exitUsage, fmt.Errorf("--tokenizer %s: the simulated engine counts in %s, so that in virtual time nothing else can be counted: leave it out", j.plan.Trajectories.Tokenizer, own)}
	}
	return nil
}

// loadSet reads or draws the trajectories and cuts them to what the engine bears.
func (j *job) loadSet(io *IO) (*trajectory.Set, error) {
	source := j.plan.Trajectories
	set, err := j.readSet(io)
	if err != nil {
		return nil, err
	}
	if source.MaxContext+source.MaxOutput+source.MaxTurns == 0 {
		return set, nil
	}
	cut, err := set.Cut(trajectory.Limits{MaxContext: source.MaxContext, MaxOutput: source.MaxOutput, MaxTurns: source.MaxTurns})
	if err != nil {
		return nil, &ExitError{exitUsage, err}
	}
	return cut, nil
}

func (j *job) readSet(io *IO) (*trajectory.Set, error) {
	source := j.plan.Trajectories
	switch {
	case strings.HasSuffix(source.Name, ".age"):
		sealed, err := identityFlag{Identity: source.Identity}.open(io, source.Name)
		if err != nil {
			return nil, err
		}
		return sealed.Set(j.counter)
	case source.IsPath:
		if _, err := os.Stat(source.Name); err != nil {
			return nil, &ExitError{exitUsage, fmt.Errorf("trajectories: %w", err)}
		}
		return importer.Load(source.Name, j.counter)
	}
	preset, err := synth.LoadPreset(source.Name)
	if err != nil {
		return nil, &ExitError{exitUsage, fmt.Errorf("trajectories: %w", err)}
	}
	return preset.Generate(j.plan.Seed, builtinTrajectories)
}

// virtual makes the load in virtual time: the same agents on the simulated
// engine's core.
func (j *job) virtual() error {
	if _, err := dialect.ByName(j.plan.Target.Dialect); err != nil { // nothing is encoded, but a wrong name is one
		return &ExitError{exitUsage, err}
	}
	built, shape := j.plan.Target.Builtin, j.shape
	engines, err := shape.Deployment()
	if err != nil {
		return err
	}
	j.facts.Engine = plimsoll.EngineFacts{
		URL: "virtual time", Model: shape.ModelName, Dialect: "none", Simulated: true,
		Identity: plimsoll.Identity{Server: "plimsoll simulated engine", Version: version(), Model: shape.ModelName},
	}
	fleet, err := simfleet.New(simfleet.Config{
		Deployment: engines.Scaled(built.KVScale, built.SpeedScale), Identity: j.facts.Engine.Identity, Trajectories: j.set.Trajectories, Agents: j.agents(),
		OutputPolicy: j.plan.OutputPolicy, LevelSaltOnly: j.facts.LevelSaltOnly(), Epoch: j.facts.Started,
	})
	if err != nil {
		return err
	}
	j.load = fleet
	return nil
}

func (j *job) agents() agent.Config {
	return agent.Config{Seed: j.plan.Seed, DelaySeed: j.plan.DelaySeed, Start: j.plan.Start, ToolDelay: j.plan.ToolDelay, Assigned: j.assigned}
}

// warmup is the discarded first level: graph capture and just-in-time compiling
// end before anything counts.
func (j *job) warmup() *plimsoll.Stage {
	if !j.plan.Warmup || j.plan.Target.Virtual {
		return nil
	}
	shape := j.plan.Shape
	shape.Ramp, shape.SpawnPerS, shape.Settle = 0, 0, 0
	shape.Min, shape.Max, shape.Turns, shape.Walks, shape.WalksPerAgent = shape.Tick, 2*shape.Tick, 1, 0, 0
	return &plimsoll.Stage{Agents: min(2, j.plan.MaxAgents), Attempt: 1, Fresh: true, Warmup: true, Why: "warm-up, discarded", Shape: shape, Tiers: j.plan.Tiers}
}

// close ends what prepare opened, last first.
func (j *job) close() error {
	var errs []error
	for i := len(j.closers) - 1; i >= 0; i-- {
		errs = append(errs, j.closers[i]())
	}
	j.closers = nil
	return errors.Join(errs...)
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "devel-" + s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}

// notComparable says in sentences why the result must not stand beside others.
func notComparable(p plimsoll.Plan, f plimsoll.Facts, system map[string]string, notes []string) []string {
	var why []string
	add := func(is bool, reason string) {
		if is {
			why = append(why, reason)
		}
	}
	preset, err := search.PresetByName(p.Preset)
	add(err == nil && preset.NotComparable != "", preset.NotComparable)
	add(f.Engine.Simulated, "the engine is simulated")
	add(f.Trajectories.Synthetic, "the trajectories are synthetic ("+f.Trajectories.Name+")")
	add(p.OutputPolicy == "free" && p.Preset != "aa", "reply lengths are free, so a terse engine has an advantage")
	add(err == nil && p.Salts != preset.Salts, fmt.Sprintf("salts are %s, preset %s has %s (--salts)", p.Salts, p.Preset, preset.Salts))
	add(p.Accelerators == 0, "the number of accelerators is not stated (--accelerators N)")
	add(len(p.Power) == 0, "no power meter (--power SPEC), so nothing per megawatt")
	lacks := systemLacks(described(system, f))
	add(len(lacks) > 0, "the system description lacks "+strings.Join(lacks, ", ")+" (--system FILE; plimsoll system prints one to fill in)")
	for _, note := range notes {
		add(true, note)
	}
	for _, finding := range f.Engine.Preflight {
		add(!finding.OK, "preflight, "+finding.Name+": "+finding.Note)
	}
	return why
}
