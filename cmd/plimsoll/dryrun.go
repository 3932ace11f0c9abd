package main

import (
	"context"
	"errors"
	"fmt"
	"math"
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
	ramp, settle := "ramp "+shape.RampFor(plan.MaxAgents).String(), shape.Settle.String()
	if shape.SpawnPerS > 0 {
		ramp = fmt.Sprintf("%g agents a second", shape.SpawnPerS)
	}
	if shape.UntilStationary() {
		settle += fmt.Sprintf(" and until stationary (at most %s)", shape.SettleMax)
	}
	fmt.Fprintf(io.Out, "# %s, method %s; a level: %s, settle %s, window from %s, at most %s\n", plan.Preset, plan.Method, ramp, settle, shape.Min, shape.Limit)
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
// minutes are the search's own expectation, at most every level at its longest; turns
// are counted at the limits of the loosest tier, where a turn takes its tool delay, half
// the TTFT limit and the mean reply at the limit's speed, and at most one after another
// with only the tool delay between them.
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
	upTo := ""
	if most > levels {
		upTo = fmt.Sprintf(" (at most %d)", most)
	}
	soonest, longest := method.Span()
	out := []string{fmt.Sprintf("estimated: %d levels%s, %s of engine time: %s where every level is as short as it may be, %s where every one is as long",
		levels, upTo, wholeSeconds(method.Left(nil)), wholeSeconds(soonest), wholeSeconds(longest))}
	if scarce := method.Scarce(); scarce != "" {
		out = append(out, "! "+scarce)
	}
	delay := j.set.Stats().Delay.Mean
	slow := hourOf(set, measure.PaceAt(plan.Tiers[0], delay, set.Output).Turns)
	fast := hourOf(set, 1/delay)
	if slow.turns == 0 {
		return out, nil
	}
	prices := plan.Limits.Prices
	out = append(out, fmt.Sprintf("estimated, an agent-hour at the limits of %s: %s", plan.Tiers[0].Name, slow.words(prices)))
	if fast.turns > 0 {
		out = append(out, fmt.Sprintf("at most, of an engine that answers at once: %s", fast.words(prices)))
	}
	for _, n := range []int{10, 100, 1000} {
		if n > plan.MaxAgents {
			break
		}
		low, high := slow.times(float64(n)*soonest/3600), fast.times(float64(n)*longest/3600)
		line := fmt.Sprintf("estimated for levels of %d agents on average: %s tokens%s", n, si(low.Total()), cost(prices, low))
		if fast.turns > 0 {
			line += fmt.Sprintf(", at most %s%s", si(high.Total()), cost(prices, high))
		}
		out = append(out, line)
	}
	if !plan.Target.Virtual {
		out = append(out, generatorLines(j, io)...)
	}
	return out, nil
}

// agentHour is what an agent asks of an engine in an hour.
type agentHour struct {
	turns  float64
	tokens plimsoll.Tokens
}

// hourOf is an hour at so many turns a second; zero where that is unknown or unbounded.
func hourOf(set plimsoll.SetFacts, turnsPerS float64) agentHour {
	n := 3600 * turnsPerS
	if !(n > 0) || math.IsInf(n, 0) {
		return agentHour{}
	}
	return agentHour{n, plimsoll.Tokens{Prompt: int64(set.Input * n), Cached: int64((set.Input - set.Uncached) * n), Output: int64(set.Output * n)}}
}

func (h agentHour) words(p plimsoll.Prices) string {
	t := h.tokens
	return fmt.Sprintf("%s turns, %s input tokens (%s not cached), %s output%s", si(int64(h.turns)), si(t.Prompt), si(t.Prompt-t.Cached), si(t.Output), cost(p, t))
}

// times is what so many agent-hours take.
func (h agentHour) times(hours float64) plimsoll.Tokens {
	of := func(n int64) int64 { return int64(float64(n) * hours) }
	return plimsoll.Tokens{Prompt: of(h.tokens.Prompt), Cached: of(h.tokens.Cached), Output: of(h.tokens.Output)}
}

func wholeSeconds(s float64) time.Duration {
	return (time.Duration(s) * time.Second).Round(time.Second)
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
