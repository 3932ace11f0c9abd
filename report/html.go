package report

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/result"
)

//go:embed page.html
var pageTemplate string

// page is what the template shows.
type page struct {
	Shell  shell
	R      result.Result
	Engine string
	Traces []traceRow
	Spread []Chart
	Time   []Chart
	Level  []Chart // one level in time
	Energy *Table  // nil where nothing was metered
	// Certified says that some tier has an interval or a bound to draw.
	Certified bool
	Facts     [][2]string
	Files     []file
	Folder    string
}

// traceRow is one tier's pair of charts.
type traceRow struct {
	Tier   result.Tier
	Charts []Chart
}

// file is a text file of the folder, shown as it is.
type file struct{ Name, Text string }

// WriteHTML writes report.html into the folder.
func WriteHTML(d *bundle.Dir, r result.Result) error {
	return d.WriteFile(bundle.ReportFile, func(w io.Writer) error { return HTML(w, r, d) })
}

// HTML writes the report of a run as one self-contained page. The folder gives the
// configuration files that the page shows; nil shows none.
func HTML(w io.Writer, r result.Result, d *bundle.Dir) error {
	p := page{Shell: newShell("Plimsoll: "+engineLine(r), ""), R: r, Engine: engineLine(r), Spread: spreadCharts(r), Facts: factsOf(r)}
	p.Energy = energyTable(r)
	for i, tier := range r.Tiers {
		p.Certified = p.Certified || tier.Estimate != nil || tier.Certified != nil
		p.Traces = append(p.Traces, traceRow{tier, traceCharts(r, tier, i+1)})
	}
	if c, ok := timelineChart(r); ok {
		p.Time = append(p.Time, c)
	}
	if d != nil {
		p.Folder = d.Path()
		var err error
		if p.Files, err = filesOf(d); err != nil {
			return err
		}
		if err := p.addTrace(d, r); err != nil {
			return err
		}
	}
	return render(w, pageTemplate, pageFuncs(), p)
}

// pageFuncs is how the page writes figures.
func pageFuncs() template.FuncMap {
	return template.FuncMap{
		"figure": func(v any) string { return figure(toFloat(v)) }, "whole": whole, "clock": clock, "agents": agents,
		"perAccelerator": perAccelerator, "perMegawatt": perMegawatt, "noPower": noPower, "powerLabel": powerLabel, "speedLimit": speedLimit, "ttftLimit": ttftLimit, "load": loadWords, "word": verdictWord, "wordClass": wordClass, "gatesHeld": gatesHeld,
		"boundBy": boundBy, "list": list, "join": strings.Join, "percent": percent, "verdict": verdictOf, "gate": gateName,
		"failedClasses": failedClasses, "ttft": func(l result.Level) string { return figure(l.TTFT()) }, "count": count,
		"day": func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }, "levelLine": levelLine, "serverLine": serverLine, "clientLine": clientLine,
		"bar": bracketBar, "add": func(a, b int) int { return a + b },
		"views": viewsTable, "tierView": tierView, "share": share, "steady": steadiness, "oddReplies": oddReplies,
	}
}

// addTrace adds the charts of one level in time: that of the first tier's capacity,
// else the last valid one.
func (p *page) addTrace(d *bundle.Dir, r result.Result) error {
	id := ""
	for _, l := range r.Levels {
		if l.Validity == "valid" && !l.Warmup {
			id = l.ID
		}
	}
	for _, t := range r.Tiers {
		if t.Capacity == nil || *t.Capacity == 0 {
			continue
		}
		for _, v := range t.Verdicts {
			if v.Agents == *t.Capacity && v.Verdict == plimsoll.Pass {
				id = v.Level
			}
		}
		break
	}
	if id == "" {
		return nil
	}
	trace, err := result.TraceOf(d, id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a result without its levels is shown without this chart
	}
	if err != nil {
		return err
	}
	if c, ok := levelTimeChart(trace); ok {
		p.Level = append(p.Level, c)
	}
	if c, ok := lanesChart(trace); ok {
		p.Level = append(p.Level, c)
	}
	return nil
}

// filesOf reads the configuration files that are there.
func filesOf(d *bundle.Dir) ([]file, error) {
	var out []file
	for _, name := range []string{bundle.RunFile, bundle.SystemFile} {
		data, err := d.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, file{name, string(data)})
	}
	return out, nil
}

func toFloat(v any) float64 {
	switch v := v.(type) {
	case result.Number:
		return float64(v)
	case float64:
		return v
	case int:
		return float64(v)
	}
	return 0
}

func percent(v any) string { return figure(100*toFloat(v)) + " %" }

// verdictOf returns what a level says of a tier, "" where it was not judged.
func verdictOf(t result.Tier, level string) string {
	for _, v := range t.Verdicts {
		if v.Level == level {
			return string(v.Verdict)
		}
	}
	return ""
}

// gateName writes a gate's code as words.
func gateName(code string) string {
	names := map[string]string{"lag": "sending lag p99", "sentinel": "read delay p99", "run_queue": "run queue", "delivered": "agents delivered",
		"little": "Little's law", "prefix_leak": "prefix leak", "identity": "engine unchanged", "ledger": "ledger"}
	if name, ok := names[code]; ok {
		return name
	}
	return code
}

// gatesHeld counts the levels in which every gate held.
func gatesHeld(r result.Result) int {
	n := 0
	for _, l := range r.Levels {
		held := true
		for _, g := range l.Gates {
			held = held && g.OK
		}
		if held {
			n++
		}
	}
	return n
}

// factsOf lists the choices that a reader needs to repeat the run.
func factsOf(r result.Result) [][2]string {
	facts := [][2]string{
		{"Method", r.Method}, {"Preset", r.Preset}, {"Seed", fmt.Sprint(r.Seed)}, {"Tier set", r.TierSet}, {"Metric set", r.MetricSet},
		{"Trajectories", fmt.Sprintf("%s: %s, %s, SHA-256 %.16s", r.Trajectories.Name, trajectories(r.Trajectories.Count), count(r.Trajectories.Turns, "turn"), r.Trajectories.SHA256)},
		{"Output policy", r.Settings.OutputPolicy}, {"Start", r.Settings.Start}, {"Tool delay", r.Settings.ToolDelay}, {"Salts", r.Settings.Salts},
		{"Reasoning effort", r.Settings.ReasoningEffort}, {"Extra body", r.Settings.ExtraBody},
		{"Most agents", whole(r.Settings.MaxAgents)}, {"Engine", r.Engine.URL}, {"Plimsoll", r.Version},
	}
	return slices.DeleteFunc(facts, func(f [2]string) bool { return f[1] == "" })
}

func trajectories(n int) string {
	if n == 1 {
		return "1 trajectory"
	}
	return whole(n) + " trajectories"
}
