package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/config"
	"plimsoll/plan"
	"plimsoll/power"
	"plimsoll/result"
	"plimsoll/sim/profile"
)

// systemsOf opens what a --system names: SPEC?key=value&key=value.
func systemsOf(ctx context.Context, spec string, years float64, io *IO) ([]plan.System, error) {
	spec, query, _ := strings.Cut(spec, "?")
	o, err := systemOptions(query, years)
	if err != nil {
		return nil, fmt.Errorf("system %s: %w", spec, err)
	}
	table, err := power.Provisioned()
	if err != nil {
		return nil, err
	}
	if words, ok := strings.CutPrefix(spec, "published:"); ok {
		return publishedSystems(words, table, o)
	}
	if name, ok := strings.CutPrefix(spec, "profile:"); ok {
		return simulatedSystem(ctx, name, table, o, io)
	}
	info, err := os.Stat(spec)
	if err != nil {
		return nil, fmt.Errorf("system %s: %w; want a run folder, a file of results, published:WORDS or profile:NAME", spec, err)
	}
	name := filepath.Base(filepath.Clean(spec))
	if info.IsDir() {
		dir, err := bundle.Open(spec)
		if err != nil {
			return nil, err
		}
		defer dir.Close()
		r, err := result.Compute(dir)
		if err != nil {
			return nil, err
		}
		s, err := plan.FromResult(name, spec, r, table, o)
		return []plan.System{s}, err
	}
	data, err := os.ReadFile(spec)
	if err != nil {
		return nil, fmt.Errorf("system: %w", err)
	}
	entries, err := result.ReadEntries(data)
	if err != nil {
		return nil, fmt.Errorf("system %s: %w", spec, err)
	}
	return grouped(entries, table, o)
}

// publishedSystems finds the shipped results whose name holds all the words.
func publishedSystems(words string, table power.Table, o plan.Options) ([]plan.System, error) {
	all, err := result.Published()
	if err != nil {
		return nil, err
	}
	found := called(all, words)
	if len(found) == 0 {
		return nil, fmt.Errorf("system published:%s: no published result has these words in its name; see plimsoll compare --list", words)
	}
	return grouped(found, table, o)
}

// called are the entries whose names have these words.
func called(all []result.Entry, words string) (found []result.Entry) {
	split := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(" -_,", r) })
	}
	for _, e := range all {
		name := split(e.Name)
		if !slices.ContainsFunc(split(words), func(w string) bool { return !slices.Contains(name, w) }) {
			found = append(found, e)
		}
	}
	return found
}

// grouped makes one system of the entries that share a name up to its comma: one
// system at several tiers.
func grouped(entries []result.Entry, table power.Table, o plan.Options) ([]plan.System, error) {
	var out []plan.System
	for len(entries) > 0 {
		system := func(e result.Entry) string { name, _, _ := strings.Cut(e.Name, ","); return name }
		first := system(entries[0])
		var same, rest []result.Entry
		for _, e := range entries {
			if system(e) == first {
				same = append(same, e)
			} else {
				rest = append(rest, e)
			}
		}
		s, err := plan.FromEntries(same, table, o)
		if err != nil {
			return nil, err
		}
		out, entries = append(out, s), rest
	}
	return out, nil
}

// simulatedSystem measures a profile in virtual time and plans with that.
func simulatedSystem(ctx context.Context, name string, table power.Table, o plan.Options, io *IO) ([]plan.System, error) {
	shape, err := profile.Load(name)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "plimsoll-plan-")
	if err != nil {
		return nil, fmt.Errorf("system profile:%s: %w", name, err)
	}
	defer os.RemoveAll(folder)
	virtual, preset, out := true, "quick", filepath.Join(folder, "run")
	p, full, err := config.Resolve(config.Run{Engine: &name, Virtual: &virtual, Preset: &preset, Out: &out}, config.Permit{})
	if err != nil {
		return nil, err
	}
	j, err := prepare(ctx, p, io)
	if err != nil {
		return nil, err
	}
	if o.ToolS == 0 {
		o.ToolS = meanTool(j.set.Trajectories)
	}
	quiet := &IO{In: io.In, Out: discard{}, Err: discard{}, Env: io.Env}
	r, err := j.measure(ctx, full, quiet, true)
	if closing := j.close(); err == nil {
		err = closing
	}
	if err != nil {
		return nil, err
	}
	s, err := plan.FromResult("profile "+name, "simulated in virtual time, preset "+preset, r, table, o)
	if err != nil {
		return nil, err
	}
	if s.Accelerator == "" {
		s.Unit.Power = append(s.Unit.Power, plan.Figure{Boundary: plimsoll.BoundaryAccelerator, Watts: shape.Accelerator.MaxPower.Value, Source: "profile " + name})
	}
	return []plan.System{s}, nil
}

// meanTool is the mean tool time before a turn, in seconds.
func meanTool(all []*plimsoll.Trajectory) float64 {
	var sum time.Duration
	turns := 0
	for _, t := range all {
		for _, turn := range t.Turns {
			sum, turns = sum+turn.Delay, turns+1
		}
	}
	return sum.Seconds() / float64(max(1, turns))
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// systemOptions reads what follows the question mark.
func systemOptions(query string, years float64) (plan.Options, error) {
	var o plan.Options
	values, err := url.ParseQuery(query)
	if err != nil {
		return o, fmt.Errorf("options %q: %w", query, err)
	}
	number := func(to *float64) func(string) error {
		return func(s string) (err error) { *to, err = strconv.ParseFloat(s, 64); return err }
	}
	whole := func(to *int) func(string) error {
		return func(s string) (err error) {
			if *to, err = strconv.Atoi(s); err == nil && *to < 1 {
				err = fmt.Errorf("%d is below 1", *to)
			}
			return err
		}
	}
	seconds := func(to *float64) func(string) error {
		return func(s string) error {
			d, err := time.ParseDuration(s)
			*to = d.Seconds()
			return err
		}
	}
	text := func(to *string) func(string) error { return func(s string) error { *to = s; return nil } }
	known := map[string]func(string) error{
		"name": text(&o.Name), "accelerator": text(&o.Accelerator), "unit": whole(&o.Unit), "accelerators": whole(&o.Accelerators),
		"agents": whole(&o.Agents), "turn": seconds(&o.TurnS), "tool": seconds(&o.ToolS), "unit_power": func(s string) error { return unitPower(s, &o.UnitPower) },
		"gpu_hour": number(&o.Price.GPUHour), "capex": number(&o.Price.Capex), "kwh": number(&o.Price.KWh), "years": number(&o.Price.Years),
	}
	for key, v := range values {
		read, ok := known[key]
		if !ok {
			return o, fmt.Errorf("no option %s; see plimsoll plan --help", key)
		}
		for _, value := range v {
			if err := read(value); err != nil {
				return o, fmt.Errorf("option %s=%s: %w", key, value, err)
			}
		}
	}
	if o.Price.Capex > 0 && o.Price.Years == 0 {
		o.Price.Years = years
	}
	return o, nil
}

// unitPower reads 140kW@rack.
func unitPower(s string, to *[]plan.Figure) error {
	var f plan.Figure
	watts, at, _ := strings.Cut(s, "@")
	var w plimsoll.Watts
	if err := w.UnmarshalText([]byte(watts)); err != nil {
		return err
	}
	if f.Watts, f.Boundary = float64(w), plimsoll.Boundary(at); !f.Boundary.Known() {
		return fmt.Errorf("want POWER@BOUNDARY, for example 10.2kW@node_ac or 140kW@rack")
	}
	*to = append(*to, f)
	return nil
}
