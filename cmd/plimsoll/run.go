package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/config"
	"plimsoll/dialect"
	"plimsoll/report"
	"plimsoll/result"
	"plimsoll/run"
	"plimsoll/search"
	"plimsoll/trajectory/importer"
	"plimsoll/trajectory/synth"
)

// RunCmd finds how many agents an engine carries.
type RunCmd struct {
	Said config.Run `embed:""`
	File []string   `short:"f" name:"file" sep:"none" type:"existingfile" placeholder:"run.yaml" help:"Run file; a flag or PLIMSOLL_... wins over it. Several are run one after another and compared."`
	metricsFlags
	MayLoad bool   `name:"i-may-load-this-target" env:"-" help:"I may put load on a target outside this machine."`
	Resume  string `type:"existingdir" placeholder:"DIR" help:"Go on with an interrupted run: sealed levels are kept, its run.yaml is the configuration."`
	JSON    bool   `name:"json" help:"Print result.json on standard output and nothing else."`
	DryRun  bool   `name:"dry-run" help:"Print the plan and stop."`
}

// Help is shown under the flags.
func (RunCmd) Help() string {
	return `Without --url a simulated engine is started beside it, so that the whole way can
be rehearsed on a laptop in two minutes; its result says that it is simulated.

  plimsoll run
  plimsoll run --virtual --engine-kv 0.5
  plimsoll run --url http://127.0.0.1:8000/v1 --model NAME --api-key-env KEY \
      --accelerators 8 --power static:700W@accelerator --trajectories ./x.jsonl \
      --tier 30tps/10s --preset standard
  plimsoll run -f run.yaml --seed 7 --json
  plimsoll run -f tp4.yaml -f tp8.yaml --out runs/sweep     a folder each, one table
  plimsoll run -f run.yaml --metrics :9464                  for Prometheus, see docs/serve.md

Exit codes: 0 every tier has an answer (0 agents is one); 1 could not run; 2 usage;
3 a --require is not met; 4 void; 5 undecided; 130 interrupted, what was sealed is kept.

Engines and dialects that were tested together, and on what:

` + testedPairs()
}

// testedPairs lists the pairs in lines.
func testedPairs() string {
	var b strings.Builder
	for _, p := range dialect.Pairs() {
		fmt.Fprintf(&b, "  %-12s %s: %s\n", p.Dialect, p.Engine, p.On())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Run carries the whole job out, of one file or of several.
func (c *RunCmd) Run(ctx context.Context, io *IO) error {
	planned, err := c.resolve()
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	if c.DryRun {
		for _, p := range planned {
			if err := dryRun(ctx, p.plan, p.full, io); err != nil {
				return err
			}
		}
		return nil
	}
	if len(planned) > 1 {
		return c.sweep(ctx, planned, io)
	}
	final, err := c.one(ctx, planned[0], io, c.JSON)
	if err != nil {
		return interrupted(ctx, err)
	}
	return verdict(final, planned[0].plan)
}

// planned is one run to make: what its file, flags and preset come to.
type planned struct {
	plan plimsoll.Plan
	full config.Run
}

// one measures one plan.
func (c *RunCmd) one(ctx context.Context, p planned, io *IO, asJSON bool) (final result.Result, err error) {
	metrics, err := c.listen(ctx, io)
	if err != nil {
		return final, err
	}
	defer func() { err = errors.Join(err, metrics.close()) }()
	job, err := prepare(ctx, p.plan, io)
	if job != nil {
		job.resumes, job.metrics = c.Resume != "", metrics
	}
	if err != nil {
		return final, err
	}
	final, err = job.measure(ctx, p.full, io, asJSON)
	if closing := job.close(); err == nil && ctx.Err() == nil {
		err = closing
	}
	return final, err
}

// resolve makes a plan of each file, or the only one where there is none.
func (c *RunCmd) resolve() ([]planned, error) {
	said, files := c.Said, c.File
	if c.Resume != "" {
		if len(files) > 0 || said.Out != nil {
			return nil, errors.New("--resume takes its configuration and its folder from DIR: leave out -f and --out")
		}
		files, said = []string{filepath.Join(c.Resume, bundle.RunFile)}, config.Run{Out: &c.Resume}
	}
	if len(files) == 0 {
		plan, full, err := config.Resolve(said, config.Permit{MayLoad: c.MayLoad})
		return []planned{{plan, full}}, err
	}
	var list []planned
	for _, path := range files {
		file, err := config.Read(path)
		if err != nil {
			return nil, err
		}
		plan, full, err := config.Resolve(said.Over(file), config.Permit{MayLoad: c.MayLoad})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		list = append(list, planned{plan, full})
	}
	if len(list) > 1 {
		siblings(list, files)
	}
	return list, nil
}

// interrupted turns the error of a cancelled run into its exit code.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &ExitError{exitInterrupted, errors.New("interrupted; sealed levels are kept, and plimsoll run --resume FOLDER goes on from them")}
	}
	return err
}

// nothingKept is interrupted of what keeps nothing.
func nothingKept(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &ExitError{exitInterrupted, errors.New("interrupted; nothing is kept")}
	}
	return err
}

// measure runs the levels and shows them, writes result, report and manifest.
func (j *job) measure(ctx context.Context, full config.Run, io *IO, asJSON bool) (result.Result, error) {
	if _, _, err := result.Method(j.facts); err != nil { // before there is a folder
		return result.Result{}, &ExitError{exitUsage, err}
	}
	dir, err := j.folder(full)
	if err != nil {
		return result.Result{}, err
	}
	defer dir.Close()
	if err := j.metrics.serve(ctx, dir.Path(), io.Err); err != nil {
		return result.Result{}, err
	}
	return j.follow(ctx, dir, io, asJSON)
}

// follow carries the run out in its folder, with a screen beside it that reads the
// folder's events.
func (j *job) follow(ctx context.Context, dir *bundle.Dir, io *IO, asJSON bool) (result.Result, error) {
	method, _, err := result.Method(dir.Facts())
	if err != nil {
		return result.Result{}, err
	}
	if scarce := method.Scarce(); scarce != "" {
		fmt.Fprintln(io.Err, "! "+scarce)
	}
	if j.resumes && j.plan.Target.Virtual {
		fmt.Fprintln(io.Err, "Where the search goes on, sealed levels are held again first: that brings the simulated engine to where the run stopped.")
	}
	shown := make(chan error, 1)
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	screen := &live{out: io.progress(), tty: io.TTY && !asJSON, colour: colour(io), columns: io.ErrColumns}
	go func() { shown <- screen.follow(watching, dir.Path()) }() // ends with the end event
	final, runErr := run.Run(ctx, run.Config{
		Load: j.load, Method: method, Dir: dir, Power: j.plan.Power, Getenv: io.Env, Engine: j.engine, Warmup: j.warmup(), Reset: j.reset,
		Relive: j.plan.Target.Virtual, Progress: j.progress, Left: method.Left, Now: time.Now,
	})
	if runErr != nil {
		stop()
	}
	if err := <-shown; err != nil {
		runErr = errors.Join(runErr, err)
	}
	if final.Schema == "" {
		return final, runErr
	}
	if err := finish(dir, final); err != nil {
		return final, errors.Join(runErr, err)
	}
	return final, errors.Join(runErr, show(final, dir, io, asJSON))
}

// finish writes the report and, last of all, the manifest.
func finish(dir *bundle.Dir, final result.Result) error {
	if err := report.WriteHTML(dir, final); err != nil {
		return err
	}
	return dir.Finish()
}

func show(final result.Result, dir *bundle.Dir, io *IO, asJSON bool) error {
	if asJSON {
		data, err := dir.ReadFile(bundle.ResultFile)
		if err != nil {
			return err
		}
		_, err = io.Out.Write(data)
		return err
	}
	fmt.Fprintln(io.Err)
	t := io.terminal(80)
	t.Folder = dir.Path()
	return report.Terminal(io.Out, final, t)
}

// colour reports whether progress, on Err, may be coloured.
func colour(io *IO) bool { return io.TTY && io.colourful() }

// folder begins the run folder, or takes up an interrupted one.
func (j *job) folder(full config.Run) (*bundle.Dir, error) {
	path := j.plan.Out
	if j.resumes {
		return j.takeUp(path)
	}
	if path == "" {
		name := j.facts.Started.Format("20060102-150405")
		path = filepath.Join("runs", name)
		for n := 2; exists(path); n++ {
			path = filepath.Join("runs", fmt.Sprintf("%s-%d", name, n))
		}
	}
	yaml, err := full.YAML()
	if err != nil {
		return nil, err
	}
	return bundle.Create(path, j.facts, yaml, describeSystem(j.system, j.facts))
}

// takeUp opens an interrupted run, if what it replays is still the same.
func (j *job) takeUp(path string) (*bundle.Dir, error) {
	dir, err := bundle.Resume(path)
	if err != nil {
		return nil, err
	}
	was, is := dir.Facts(), j.facts
	switch other := result.OtherRules(was); {
	case other != "":
		err = fmt.Errorf("resume %s: %s: resume with that version, or begin a new run", path, other)
	case was.Trajectories.SHA256 != is.Trajectories.SHA256:
		err = fmt.Errorf("resume %s: the trajectories changed since (%.12s, now %.12s): begin a new run", path, was.Trajectories.SHA256, is.Trajectories.SHA256)
	case was.Assignment != is.Assignment:
		err = fmt.Errorf("resume %s: the assignment changed since: begin a new run", path)
	case was.Engine.Model != is.Engine.Model:
		err = fmt.Errorf("resume %s: the engine serves %s, it was %s: begin a new run", path, is.Engine.Model, was.Engine.Model)
	}
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return dir, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// verdict maps the result to the exit code.
func verdict(final result.Result, plan plimsoll.Plan) error {
	void, undecided := []string{}, []string{}
	missed := []string{}
	for _, t := range final.Tiers {
		switch plimsoll.Outcome(t.Verdict) {
		case plimsoll.Pass:
			if need, asked := plan.Require[t.Name]; asked && *t.Capacity < need {
				missed = append(missed, fmt.Sprintf("%s carries %d agents, %d are required", t.Name, *t.Capacity, need))
			}
		case plimsoll.Void:
			void = append(void, t.Name)
		default:
			undecided = append(undecided, t.Name+": "+t.Reason)
		}
	}
	switch {
	case len(void) > 0:
		return &ExitError{exitVoid, fmt.Errorf("void for %s: %s", strings.Join(void, ", "), final.Ended)}
	case len(missed) > 0:
		return &ExitError{exitRequire, errors.New(strings.Join(missed, "; "))}
	case len(undecided) > 0:
		return &ExitError{exitUndecided, fmt.Errorf("no answer for %s", strings.Join(undecided, "; for "))}
	}
	return nil
}

// helpVars are the values that the flags' help texts name.
func helpVars() kong.Vars {
	quick, err := search.PresetByName("quick")
	if err != nil {
		return kong.Vars{}
	}
	standard, err := search.PresetByName("standard")
	if err != nil {
		return kong.Vars{}
	}
	var formats []string
	for _, f := range importer.Formats() {
		formats = append(formats, f.Name)
	}
	return kong.Vars{
		"version": version(), "formats": strings.Join(formats, ","), "dialects": strings.Join(dialect.Names(), ", "), "sets": strings.Join(synth.Presets(), ", "), "default_tiers": config.DefaultTiers,
		"max_agents": fmt.Sprintf("quick %d", quick.MaxAgents), "settle": "quick " + quick.Shape.Settle.String(),
		"settle_max": "standard " + standard.Shape.SettleMax.String(),
		"ramp":       "quick " + quick.Shape.Ramp.String(), "window": "quick " + quick.Shape.Min.String(), "limit": "quick " + quick.Shape.Limit.String(),
	}
}
