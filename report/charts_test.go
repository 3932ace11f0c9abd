package report

import (
	"fmt"
	"strings"
	"testing"

	"plimsoll/result"
)

// fixtureTrace is a level of two agents in time, metered, with one turn that failed.
func fixtureTrace() result.Trace {
	t := result.Trace{Level: "0002.1", Agents: 2, WindowS: [2]float64{20, 80}, LengthS: 90}
	for i := range 9 {
		t.Points = append(t.Points, result.TracePoint{AtS: 5 + 10*float64(i), InFlight: float64(i % 3), TokensPS: 40 * float64(i), Watts: result.Number(500 + 10*i)})
	}
	for slot := range 2 {
		lane := result.Lane{Slot: slot}
		for turn := range 3 {
			at := float64(30*turn + 5*slot)
			lane.Spans = append(lane.Spans, result.LaneSpan{Kind: "prefill", FromS: at, ToS: at + 4, Turn: turn}, result.LaneSpan{Kind: "decode", FromS: at + 4, ToS: at + 20, Turn: turn},
				result.LaneSpan{Kind: "tool", FromS: at + 20, ToS: at + 30, Turn: turn + 1})
		}
		t.Lanes = append(t.Lanes, lane)
	}
	t.Lanes[1].Spans[4] = result.LaneSpan{Kind: "failed", FromS: 39, ToS: 55, Turn: 1, Failed: true, WhatWent: "timeout"}
	return t
}

// allCharts is every chart of a report and of a comparison.
func allCharts(t *testing.T) []Chart {
	t.Helper()
	r := fixture()
	charts := spreadCharts(r)
	for i, tier := range r.Tiers {
		charts = append(charts, traceCharts(r, tier, i+1)...)
		charts = append(charts, Chart{ID: fmt.Sprintf("bar%d", i+1), Title: tier.Name, Desc: "bracket", SVG: bracketBar(r, i), Table: Table{Rows: [][]string{{}}}})
	}
	keep := func(c Chart, ok bool) {
		t.Helper()
		if !ok {
			t.Fatal("a chart is not there")
		}
		charts = append(charts, c)
	}
	keep(timelineChart(r))
	keep(levelTimeChart(fixtureTrace()))
	keep(lanesChart(fixtureTrace()))
	c := compared(t)
	charts = append(charts, comparisonCharts(c, c.Tiers[0], 1)...)
	keep(perAcceleratorDensity.chart(c))
	keep(perMegawattDensity.chart(c))
	return charts
}

// TestCharts holds every chart against its golden file: well-formed, with title,
// description and its data as a table. Gauge, ladder and tornado have tests of their
// own.
func TestCharts(t *testing.T) {
	charts := allCharts(t)
	if len(charts) != 18 {
		t.Fatalf("%d charts, want 18", len(charts))
	}
	for _, c := range charts {
		golden(t, c.ID+".svg", []byte(c.SVG))
		checkXML(t, c.ID, string(c.SVG))
		svg := string(c.SVG)
		if c.Title == "" || c.Desc == "" || len(c.Table.Rows) == 0 || !strings.Contains(svg, "<desc") || !strings.Contains(svg, "<title") || !strings.Contains(svg, `role="img"`) {
			t.Errorf("chart %s lacks title, description or data", c.ID)
		}
		for _, row := range c.Table.Rows {
			if len(row) != len(c.Table.Head) {
				t.Errorf("chart %s: row %v has not the columns %v", c.ID, row, c.Table.Head)
			}
		}
	}
}

// TestSampledTables draws a level of many steps: the table says how many it shows.
func TestSampledTables(t *testing.T) {
	trace := fixtureTrace()
	trace.Points = nil
	for i := range 240 {
		trace.Points = append(trace.Points, result.TracePoint{AtS: float64(i), InFlight: 1, Watts: result.None()})
	}
	trace.LengthS = 240
	c, ok := levelTimeChart(trace)
	if !ok || len(c.Table.Rows) != 30 || c.Table.Note != "30 of 240 steps shown; each is the mean of 1.00 s." {
		t.Errorf("%d rows, note %q", len(c.Table.Rows), c.Table.Note)
	}
	if n := strings.Count(string(c.SVG), `class="hit"`); n != 120 {
		t.Errorf("%d moments have their values under the pointer, want 120", n)
	}
	for i := range 3 * mostSpans {
		trace.Lanes[0].Spans = append(trace.Lanes[0].Spans, result.LaneSpan{Kind: "decode", FromS: float64(i) / 30, ToS: float64(i+1) / 30, Turn: i})
	}
	lanes, ok := lanesChart(trace)
	if n := strings.Count(string(lanes.SVG), "<rect"); !ok || n > mostSpans+100 || !strings.Contains(string(lanes.SVG), " of 4 min shown") {
		t.Errorf("%d rectangles, want at most about %d, and a word of what is left out", n, mostSpans)
	}
}

// TestEnergyTable shows a metered level and one whose figure is not valid.
func TestEnergyTable(t *testing.T) {
	r := fixture()
	if energyTable(r) != nil {
		t.Error("a run without meters has a table of energy")
	}
	r.Levels[0].Energy = meteredEnergy()
	r.Levels[0].Intensity = meteredIntensity()
	table := energyTable(r)
	if table == nil || len(table.Rows) != 2 {
		t.Fatalf("table %+v, want two rows", table)
	}
	if got := strings.Join(table.Rows[0], "|"); got != "0001.1|8|5,600|700|17.5|420|node ac, measured, G3" {
		t.Errorf("metered: %s", got)
	}
	if got := strings.Join(table.Rows[1], "|"); got != "0001.1|8|–|–|–|–|accelerator, measured, G1: the measured window is under a minute" {
		t.Errorf("not valid: %s", got)
	}
}
