package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/config"
	"plimsoll/result"
	"plimsoll/sim/calibrate"
	"plimsoll/sim/profile"
)

// CalibrateCmd fits a simulated engine to a run.
type CalibrateCmd struct {
	Dir     string `arg:"" type:"existingdir" name:"run_dir" help:"Run folder with at least two valid levels, better four or more."`
	Profile string `placeholder:"NAME" help:"Profile to begin with: built in, ACCELERATOR+MODEL[+RUNTIME] or a file. Default: the one that a simulated run used."`
	Output  string `short:"o" placeholder:"profile.yaml" help:"Write the fitted profile here."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Help is shown under the flags.
func (CalibrateCmd) Help() string {
	return `Fits the software factors of decoding and of prompts, the KV pool and, where the
stream shows it, the accepted tokens a step; then predicts each level from the
others, so that the profile's error is known before it is trusted.

  plimsoll run --url http://127.0.0.1:8000/v1 --accelerators 8 --levels 4,8,16,32,48 --out runs/h200
  plimsoll calibrate runs/h200 --profile h200+llama-3.1-70b -o mine.yaml
  plimsoll simulate ./mine.yaml`
}

// maxFitLevels is how many levels a fit uses at most, spread over the run's.
const maxFitLevels = 8

// Run fits and says how well.
func (c *CalibrateCmd) Run(ctx context.Context, io *IO) error {
	dir, err := bundle.Open(c.Dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	said, err := config.Read(filepath.Join(c.Dir, bundle.RunFile))
	if err != nil {
		return err
	}
	plan, _, err := config.Resolve(said, config.Permit{MayLoad: true}) // nothing is sent
	if err != nil {
		return err
	}
	begin, err := c.begin(plan)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	j := &job{plan: plan}
	set, err := j.loaded(io)
	if err != nil {
		return fmt.Errorf("calibrate: the run's trajectories are needed: %w", err)
	}
	if set.SHA256 != dir.Facts().Trajectories.SHA256 {
		return fmt.Errorf("calibrate %s: the trajectories changed since (%.12s, now %.12s)", c.Dir, dir.Facts().Trajectories.SHA256, set.SHA256)
	}
	levels, rows, err := fitLevels(dir)
	if err != nil {
		return err
	}
	board, held := newBoard(io, 1), 0
	fit := calibrate.Config{
		Profile: begin, Trajectories: set.Trajectories, Agents: j.agents(), OutputPolicy: plan.OutputPolicy,
		LevelSaltOnly: dir.Facts().LevelSaltOnly(), Levels: levels,
	}
	most := fit.Most()
	fit.Held = func() {
		held++
		board.say(fmt.Sprintf("fit of %d levels", len(levels)), float64(held)/float64(most), fmt.Sprintf("simulated %d, at most %d", held, most))
	}
	r, err := calibrate.Fit(ctx, fit)
	board.clear()
	if err != nil {
		return nothingKept(ctx, err)
	}
	return c.conclude(dir, begin, r, rows, io)
}

// begin is the profile that the fit begins with.
func (c *CalibrateCmd) begin(plan plimsoll.Plan) (*profile.Profile, error) {
	name := c.Profile
	if name == "" {
		if plan.Target.Builtin == nil {
			return nil, errors.New("calibrate: say what served with --profile, for example --profile h200+llama-3.1-70b; see plimsoll simulate list")
		}
		name = plan.Target.Builtin.Profile
	}
	return profile.Load(name)
}

// fitLevels are the run's valid levels with turns, at most so many, and the rows of
// the one with the fewest agents, which shows acceptance best.
func fitLevels(dir *bundle.Dir) ([]calibrate.Level, []plimsoll.Row, error) {
	read, err := result.Folded(dir)
	if err != nil {
		return nil, nil, err
	}
	var valid []calibrate.Level
	seen := map[int]bool{}
	for _, p := range read.Past() {
		ok := p.Evidence.Turns >= 20 && !seen[p.Stage.Agents]
		for _, g := range p.Evidence.Gates {
			ok = ok && g.OK
		}
		if ok {
			seen[p.Stage.Agents] = true
			valid = append(valid, calibrate.Level{Stage: p.Stage, Observed: p.Evidence.Observed, Seen: calibrate.Of(p.Evidence)})
		}
	}
	if len(valid) > maxFitLevels {
		spread := make([]calibrate.Level, maxFitLevels)
		for i := range spread {
			spread[i] = valid[i*(len(valid)-1)/(maxFitLevels-1)]
		}
		valid = spread
	}
	sealed, err := dir.Levels()
	if err != nil || len(valid) == 0 {
		return valid, nil, err
	}
	var rows []plimsoll.Row
	for _, l := range sealed {
		if l.Stage.Level != valid[0].Stage.Level || l.Stage.Attempt != valid[0].Stage.Attempt {
			continue
		}
		err = l.Rows(func(r *plimsoll.Row) error { rows = append(rows, *r); return nil })
	}
	return valid, rows, err
}

// conclude writes the profile and prints what came of it.
func (c *CalibrateCmd) conclude(dir *bundle.Dir, begin *profile.Profile, r calibrate.Result, rows []plimsoll.Row, io *IO) error {
	facts := dir.Facts()
	run := "run " + facts.Started.Format("20060102-150405")
	accepted, shown := calibrate.Accepted(rows)
	if begin.Speculation.Draft == 0 || facts.Engine.Dialect == "none" {
		accepted, shown = calibrate.Factor{}, false
	}
	fitted := r.Into(begin, accepted, run, facts.Started.Format("2006-01-02"))
	if c.Output != "" {
		text, err := fitted.YAML()
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.Output, text, 0o644); err != nil {
			return fmt.Errorf("calibrate: %w", err)
		}
	}
	if c.JSON {
		out := map[string]any{"schema": "plimsoll-calibrate/1", "run": run, "began_with": begin.Name, "fit": r, "accepted": nil, "profile": c.Output}
		if shown {
			out["accepted"] = accepted
		}
		return printJSON(io.Out, out)
	}
	showFit(io.page(), begin, r, accepted, shown)
	if c.Output != "" {
		fmt.Fprintf(io.Out, "\n  Written to %s: try plimsoll simulate %s\n", c.Output, c.Output)
	}
	return nil
}

func showFit(to page, begin *profile.Profile, r calibrate.Result, accepted calibrate.Factor, shown bool) {
	fmt.Fprintf(to, "Fitted to %d levels, beginning with %s\n\n", len(r.Predictions), begin.Name)
	three := func(v float64) string { return fmt.Sprintf("%.3f", v) }
	var factors, levels [][]string
	for _, f := range r.Factors {
		if !f.Identified {
			factors = append(factors, []string{f.Name, three(f.Was), three(f.Value), "–", "–", "not told by these levels: kept as it was"})
			continue
		}
		factors = append(factors, []string{f.Name, three(f.Was), three(f.Value), three(f.Low), three(f.High), ""})
	}
	if shown {
		factors = append(factors, []string{"accepted", "", three(accepted.Value), three(accepted.Low), three(accepted.High), "tokens a step, from the stream"})
	}
	to.table([]string{"factor", "was", "is", "low", "high", ""}, factors...)
	if !shown && begin.Speculation.Draft > 0 {
		to.say("  ", "Accepted tokens a step are not told by this run's stream: kept, so phi_decode is relative to them.")
	}
	fmt.Fprint(to, "\nEach level, predicted by a fit to the others\n")
	for _, p := range r.Predictions {
		levels = append(levels, []string{fmt.Sprint(p.Agents), fmt.Sprintf("%.1f", p.Seen.SpeedP25TPS), fmt.Sprintf("%.1f", p.Predicted.SpeedP25TPS), percentCell(p.SpeedErr),
			boundCell(p.Seen.TTFTP95s), boundCell(p.Predicted.TTFTP95s), percentCell(p.TTFTErr)})
	}
	to.table([]string{"agents", "P25 tok/s", "predicted", "error", "P95 TTFT s", "predicted", "error"}, levels...)
	to.say("  ", fmt.Sprintf("On average off by %s (P25 speed) and %s (P95 TTFT).", strings.TrimPrefix(percentCell(r.SpeedErr), "+"), strings.TrimPrefix(percentCell(r.TTFTErr), "+")))
	if math.IsInf(r.TTFTErr, 0) {
		to.say("  ", "A P95 TTFT without bound is one where over 5 % of turns had no first token: leave such levels out, or begin with another profile.")
	}
}

// percentCell writes a relative error; ∞ where it has no bound.
func percentCell(v float64) string {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return "∞"
	}
	return fmt.Sprintf("%+.0f %%", v*100)
}

// boundCell writes seconds; ∞ where they have no bound.
func boundCell(v float64) string {
	if math.IsInf(v, 0) {
		return "∞"
	}
	return fmt.Sprintf("%.2f", v)
}
