package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/power"
)

// PowerCmd looks at power meters.
type PowerCmd struct {
	Check     PowerCheckCmd     `cmd:"" help:"Read meters for some seconds: what is there, what it covers, how good it is."`
	Watch     PowerWatchCmd     `cmd:"" help:"Show meters live."`
	Integrate PowerIntegrateCmd `cmd:"" help:"Compute the energy of a run's windows again from its raw samples."`
}

// meterFlags are the meters that check and watch read.
type meterFlags struct {
	Specs        []plimsoll.PowerSpec `arg:"" name:"spec" sep:"none" help:"Meter: KIND[:TARGET][@BOUNDARY], for example dcgm:http://127.0.0.1:9400/metrics."`
	Accelerators int                  `placeholder:"N" help:"Accelerators that serve."`
}

// open makes the meters, with what each is expected to be.
func (f *meterFlags) open(io *IO) ([]plimsoll.Meter, []power.Expect, error) {
	if err := power.Together(f.Specs); err != nil {
		return nil, nil, &ExitError{exitUsage, err}
	}
	var meters []plimsoll.Meter
	var expected []power.Expect
	for _, spec := range f.Specs {
		m, err := power.New(spec, power.Config{Accelerators: f.Accelerators, Getenv: io.Env})
		if err != nil {
			return nil, nil, &ExitError{exitUsage, err}
		}
		e, err := power.Describe(spec)
		if err != nil {
			return nil, nil, &ExitError{exitUsage, err}
		}
		if e.PerAccelerator && e.Devices == 0 {
			e.Devices = f.Accelerators
		}
		meters, expected = append(meters, m), append(expected, e)
	}
	return meters, expected, nil
}

// PowerCheckCmd reads meters for a while and judges them.
type PowerCheckCmd struct {
	meterFlags `embed:""`
	For        time.Duration `name:"for" default:"10s" help:"How long to read."`
	JSON       bool          `name:"json" help:"Print JSON."`
}

// Help is shown under the flags.
func (PowerCheckCmd) Help() string {
	return "Kinds of meter:\n\n  " + strings.Join(power.Kinds(), "\n  ")
}

// checked is one meter's result.
type checked struct {
	power.Survey
	Boundary plimsoll.Boundary `json:"boundary"`
	Basis    plimsoll.Basis    `json:"basis"`
	Grade    plimsoll.Grade    `json:"grade"`
	Source   string            `json:"source"`
	Mean     *plimsoll.Energy  `json:"mean,omitempty"` // over all that was read, from 60 s on
	Advice   string            `json:"advice,omitempty"`
	Error    string            `json:"error,omitempty"`
}

// Run reads the meters and prints what they are.
func (c *PowerCheckCmd) Run(ctx context.Context, io *IO) error {
	meters, expected, err := c.open(io)
	if err != nil {
		return err
	}
	if c.For <= 0 {
		return &ExitError{exitUsage, fmt.Errorf("--for %s must be above 0", c.For)}
	}
	reading, stop := context.WithTimeout(ctx, c.For)
	defer stop()
	results := make([]checked, len(meters))
	var wait sync.WaitGroup
	for i, m := range meters {
		wait.Go(func() { results[i] = c.check(reading, m, c.Specs[i], expected[i]) })
	}
	wait.Wait()
	if c.JSON {
		err = json.NewEncoder(io.Out).Encode(results)
	} else {
		err = printChecks(io.Out, results)
	}
	for _, r := range results {
		if r.Error != "" && err == nil {
			err = &ExitError{exitCheck, errors.New("a meter gave no reading")}
		}
	}
	return err
}

func (c *PowerCheckCmd) check(ctx context.Context, m plimsoll.Meter, spec plimsoll.PowerSpec, e power.Expect) checked {
	var samples []plimsoll.Sample
	lost := m.Sample(ctx, func(s plimsoll.Sample) { samples = append(samples, s) })
	r := checked{Survey: power.Survey{Meter: spec.String()}, Boundary: m.Covers(), Basis: e.Basis, Grade: e.Grade, Source: e.Source}
	if list := power.SurveyOf(samples); len(list) == 1 {
		r.Survey = list[0]
	}
	if r.Simulated {
		r.Basis, r.Grade = plimsoll.Simulated, plimsoll.G0
	}
	if lost != nil {
		r.Error = lost.Error()
		return r
	}
	r.Advice, r.Mean = r.Survey.Advice(e, c.For), meanOf(samples, e)
	return r
}

// meanOf integrates all that was read, such as an idle baseline; nil where that is
// under a minute.
func meanOf(samples []plimsoll.Sample, e power.Expect) *plimsoll.Energy {
	if len(samples) == 0 {
		return nil
	}
	w := plimsoll.Window{Start: samples[0].At, End: samples[len(samples)-1].At}
	if w.Seconds() < 60 {
		return nil
	}
	mean := power.Integrate(samples, w, e)
	return &mean
}

func printChecks(out io.Writer, results []checked) error {
	var b strings.Builder
	for _, r := range results {
		fmt.Fprintf(&b, "%s\n  %s at boundary %s, basis %s, grade %s\n", r.Meter, r.Source, r.Boundary, r.Basis, r.Grade)
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, d := range r.Devices {
			refresh := "-"
			if d.RefreshS > 0 {
				refresh = fmt.Sprintf("%.2f", d.RefreshS)
			}
			fmt.Fprintf(w, "  %s\t%s W\tlimit %s W\tcounter %s J\t%d readings, %d fresh\trefresh %s s\tlongest gap %.2f s\n",
				d.Device, figureOf(d.Watts), figureOf(d.Limit), figureOf(d.Joules), d.Readings, d.Fresh, refresh, d.MaxGapS)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if m := r.Mean; m != nil {
			fmt.Fprintf(&b, "  mean %.1f W, U %.1f W (k=2), over %.0f s by %s %s\n", m.MeanWatts, m.UncertaintyW, m.WindowS, m.Method, strings.Join(m.Reasons, " "))
		}
		switch {
		case r.Error != "":
			fmt.Fprintf(&b, "  no reading: %s\n", r.Error)
		case r.Advice != "":
			fmt.Fprintf(&b, "  attention: %s\n", r.Advice)
		default:
			b.WriteString("  good\n")
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func figureOf(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f", *v)
}

// PowerWatchCmd shows meters live.
type PowerWatchCmd struct {
	meterFlags `embed:""`
	For        time.Duration `name:"for" help:"Stop after this time; 0 is until interrupted."`
}

// Run draws a table every second until the end.
func (c *PowerWatchCmd) Run(ctx context.Context, io *IO) error {
	meters, _, err := c.open(io)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if c.For > 0 {
		ctx, stop = context.WithTimeout(ctx, c.For)
		defer stop()
	}
	var mu sync.Mutex
	latest := map[[2]string]plimsoll.Sample{}
	done := make(chan error, 1)
	go func() { // ends with ctx; waited for below
		done <- power.Collect(ctx, meters, func(s plimsoll.Sample) {
			mu.Lock()
			latest[[2]string{s.Meter, s.Device}] = s
			mu.Unlock()
		})
	}()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
		mu.Lock()
		err := drawPower(io, latest)
		mu.Unlock()
		if err != nil {
			return errors.Join(err, stopped(stop, done))
		}
	}
	return <-done
}

func stopped(stop func(), done <-chan error) error {
	stop()
	return <-done
}

// drawPower writes one table; on a terminal it replaces the one before.
func drawPower(out *IO, latest map[[2]string]plimsoll.Sample) error {
	var b strings.Builder
	if out.TTY {
		b.WriteString("\x1b[H\x1b[2J")
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "meter\tdevice\tpower W\tcounter J\tlimit W\tnote")
	list := make([]plimsoll.Sample, 0, len(latest))
	for _, s := range latest {
		list = append(list, s)
	}
	for _, survey := range power.SurveyOf(list) {
		for _, d := range survey.Devices {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", survey.Meter, d.Device, figureOf(d.Watts), figureOf(d.Joules), figureOf(d.Limit), strings.Join(survey.Notes, " "))
		}
		if len(survey.Devices) == 0 {
			fmt.Fprintf(w, "%s\t-\t-\t-\t-\t%s\n", survey.Meter, strings.Join(survey.Notes, " "))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(out.Out, b.String())
	return err
}

// PowerIntegrateCmd computes energies again.
type PowerIntegrateCmd struct {
	Dir  string  `arg:"" type:"existingdir" help:"Run folder."`
	PUE  float64 `name:"pue" placeholder:"1.2" help:"Also show the facility's power from wall power by this factor; estimated."`
	JSON bool    `name:"json" help:"Print JSON."`
}

// integrated is one level's figures.
type integrated struct {
	Level  string            `json:"level"`
	Agents int               `json:"agents"`
	Energy []plimsoll.Energy `json:"energy"`
}

// Run integrates every level of the folder.
func (c *PowerIntegrateCmd) Run(_ context.Context, io *IO) error {
	if c.PUE != 0 && !(c.PUE >= 1 && c.PUE <= 10) {
		return &ExitError{exitUsage, fmt.Errorf("--pue %g: facility power over IT power is 1 to 10", c.PUE)}
	}
	dir, err := bundle.Open(c.Dir)
	if err != nil {
		return err
	}
	levels, err := dir.Levels()
	if err != nil {
		return err
	}
	facts := dir.Facts()
	var list []integrated
	for _, level := range levels {
		var samples []plimsoll.Sample
		if err := level.Samples(func(s *plimsoll.Sample) error {
			samples = append(samples, *s)
			return nil
		}); err != nil {
			return err
		}
		energies := power.Energies(facts.Power, samples, level.Observed.Window, facts.Accelerators)
		converted, err := c.facility(energies)
		if err != nil {
			return err
		}
		list = append(list, integrated{Level: level.ID, Agents: level.Stage.Agents, Energy: append(energies, converted...)})
	}
	if c.JSON {
		return json.NewEncoder(io.Out).Encode(list)
	}
	return printIntegrated(io.Out, list)
}

// facility converts what was metered at the wall or further out.
func (c *PowerIntegrateCmd) facility(energies []plimsoll.Energy) ([]plimsoll.Energy, error) {
	if c.PUE == 0 {
		return nil, nil
	}
	var list []plimsoll.Energy
	for _, e := range energies {
		if !e.Valid || !plimsoll.BoundaryNodeAC.Within(e.Boundary) || e.Boundary == plimsoll.BoundaryFacility {
			continue
		}
		f, err := power.Convert(e, power.PUE(c.PUE))
		if err != nil {
			return nil, &ExitError{exitUsage, err}
		}
		list = append(list, f)
	}
	return list, nil
}

func printIntegrated(out io.Writer, list []integrated) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "level\tagents\tboundary\tbasis\tgrade\tmean W\tU (k=2) W\tenergy J\twindow s\tmethod\tsource\treasons")
	for _, l := range list {
		for _, e := range l.Energy {
			mean, spread, joules := "-", "-", "-"
			if e.Valid {
				mean, spread, joules = fmt.Sprintf("%.1f", e.MeanWatts), fmt.Sprintf("%.1f", e.UncertaintyW), fmt.Sprintf("%.0f", e.Joules)
			}
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%.1f\t%s\t%s\t%s\n", l.Level, l.Agents, e.Boundary, e.Basis, e.Grade, mean, spread, joules,
				e.WindowS, e.Method, e.Source, strings.Join(e.Reasons, " "))
		}
	}
	return w.Flush()
}
