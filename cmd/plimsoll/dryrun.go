package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll"
	"plimsoll/config"
	"plimsoll/measure"
	"plimsoll/result"
)

// dryRun prints the plan and what it is expected to take.
func dryRun(ctx context.Context, plan plimsoll.Plan, full config.Run, io *IO) error {
	if err := checkMeters(plan, io); err != nil {
		return err
	}
	yaml, err := full.YAML()
	if err != nil {
		return err
	}
	shape := plan.Shape
	fmt.Fprintf(io.Out, "# %s, method %s; a level: ramp %s, settle %s, window from %s, at most %s\n",
		plan.Preset, plan.Method, shape.RampFor(plan.MaxAgents), shape.Settle, shape.Min, shape.Limit)
	lines, err := estimate(ctx, plan, io)
	if err != nil {
		return err
	}
	for _, line := range lines {
		fmt.Fprintln(io.Out, "#", line)
	}
	_, err = io.Out.Write(yaml)
	return err
}

// estimate says in lines what a run will take. It asks the engine nothing: levels and
// minutes are the search's own expectation; turns are counted at the limits of the
// loosest tier, where a turn takes its tool delay, half the TTFT limit and the mean
// reply at the limit's speed. A faster engine serves more turns in the same time.
func estimate(ctx context.Context, plan plimsoll.Plan, io *IO) (_ []string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	j := &job{plan: plan}
	defer func() { err = errors.Join(err, j.close()) }()
	if err := j.openCounter(); err != nil {
		return nil, err
	}
	if j.set, err = j.loadSet(io); err != nil {
		return nil, err
	}
	set := j.set.Facts()
	method, _, err := result.Method(plimsoll.Facts{
		Method: plan.Method, Preset: plan.Preset, Tiers: plan.Tiers, MaxAgents: plan.MaxAgents, Shape: plan.Shape,
		Levels: plan.Levels, Budget: plan.Budget, Limits: plan.Limits,
	})
	if err != nil {
		return nil, &ExitError{exitUsage, err}
	}
	levels, most := method.Remaining(nil)
	seconds := method.Left(nil)
	upTo := ""
	if most > levels {
		upTo = fmt.Sprintf(" (at most %d)", most)
	}
	out := []string{fmt.Sprintf("estimated: %d levels%s, %s of engine time", levels, upTo, (time.Duration(seconds) * time.Second).Round(time.Second))}
	loosest := plan.Tiers[0]
	pace := measure.PaceAt(loosest, j.set.Stats().Delay.Mean, set.Output)
	if pace.Turns == 0 {
		return out, nil
	}
	turn := 1 / pace.Turns
	hour := plimsoll.Tokens{Prompt: int64(set.Input * 3600 / turn), Cached: int64((set.Input - set.Uncached) * 3600 / turn), Output: int64(set.Output * 3600 / turn)}
	line := fmt.Sprintf("estimated at the limits of %s: an agent-hour is %.0f turns, %s input tokens (%s not cached), %s output", loosest.Name, 3600/turn, si(hour.Prompt), si(hour.Prompt-hour.Cached), si(hour.Output))
	out = append(out, line+cost(plan.Limits.Prices, hour))
	for _, n := range []int{10, 100, 1000} {
		if n > plan.MaxAgents {
			break
		}
		share := seconds / 3600 * float64(n)
		all := plimsoll.Tokens{Prompt: int64(float64(hour.Prompt) * share), Cached: int64(float64(hour.Cached) * share), Output: int64(float64(hour.Output) * share)}
		out = append(out, fmt.Sprintf("estimated for levels of %d agents on average: %s tokens%s", n, si(all.Total()), cost(plan.Limits.Prices, all)))
	}
	if !plan.Target.Virtual {
		out = append(out, generatorLines(j, io)...)
	}
	return out, nil
}

// generatorLines says what this machine bears of the load.
func generatorLines(j *job, io *IO) []string {
	g := generatorOf(j.plan, j.set.Trajectories, io)
	lines := []string{calibrationLine(g.Calibration)}
	if line := linkLine(g, j.pace()); line != "" {
		lines = append(lines, line)
	}
	for _, s := range measure.StrainOf(g, j.plan.MaxAgents, measure.Pace{}) {
		lines = append(lines, "! "+s.Text)
	}
	return lines
}

func cost(p plimsoll.Prices, t plimsoll.Tokens) string {
	if p == (plimsoll.Prices{}) {
		return ""
	}
	return fmt.Sprintf(", cost %.2f", p.Cost(t))
}

// si writes a count with a unit prefix.
func si(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.3gG", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.3gM", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.3gK", float64(n)/1e3)
	}
	return fmt.Sprint(n)
}
