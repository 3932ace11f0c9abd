package main

import (
	"fmt"
	"time"

	"plimsoll/measure"
)

// print says in words what was found: the machine's limits, the loads, what follows.
func (d diagnosis) print(to page) {
	fmt.Fprintf(to, "This machine as a load generator: %d processors\n\n", d.CPUs)
	to.table([]string{"", "", "allows"}, d.allowances()...)
	fmt.Fprintln(to)
	over := map[string]string{overTLS: ", over TLS", overHTTP2: ", over HTTP/2 with TLS"}[d.Over]
	to.say("", fmt.Sprintf("Loads on a simulated engine beside it%s: each agent sends a prompt of %d tokens and reads its reply at a fixed rate, again and again.", over, d.Context))
	fmt.Fprintln(to)
	head, rows := d.figures()
	to.table(head, rows...)
	fmt.Fprintln(to)
	for _, line := range d.conclusion() {
		to.say("", line)
	}
}

// figures is a table of a row a figure and a column a load, with the limit that a load
// must keep to be borne and what the figure is.
func (d diagnosis) figures() (head []string, rows [][]string) {
	head = []string{"agents x tokens/s"}
	for _, s := range d.Loads {
		head = append(head, fmt.Sprintf("%d x %d", s.Agents, s.Rate))
	}
	row := func(name, limit, about string, cell func(calibrated) string) {
		cells := []string{name}
		for _, s := range d.Loads {
			cells = append(cells, cell(s))
		}
		rows = append(rows, append(cells, limit, about))
	}
	show := func(format string, value func(calibrated) float64) func(calibrated) string {
		return func(s calibrated) string { return fmt.Sprintf(format, value(s)) }
	}
	row("lag P99", fmt.Sprintf("%d ms", doctorLagMS), "how late requests left, by our doing", show("%.2f ms", func(s calibrated) float64 { return s.LagP99 }))
	row("sentinel P99", fmt.Sprintf("%d ms", doctorSentinelMS), "how late replies' bytes were read", show("%.2f ms", func(s calibrated) float64 { return s.SentinelP99 }))
	row("run queue", fmt.Sprintf("%.0f %%", 100*doctorRunQueue), "time ready, but without a processor", show("%.2f %%", func(s calibrated) float64 { return 100 * s.RunQueue }))
	row("delivered", fmt.Sprintf("%.0f %%", 100*doctorDelivered), "agents that were really there", show("%.1f %%", func(s calibrated) float64 { return 100 * s.Delivered }))
	row("failed turns", "0", "", show("%.0f", func(s calibrated) float64 { return float64(s.Failed) }))
	row("TTFT error P99", "", "against the engine's own log", show("%.2f ms", func(s calibrated) float64 { return s.TTFTErrorP99 }))
	row("speed error P99", "", "likewise", show("%.2f %%", func(s calibrated) float64 { return s.SpeedErrorP99 }))
	row("us a token", "", "processor time, requests included", show("%.1f", func(s calibrated) float64 { return s.CPUPerEvent }))
	row("KiB an agent", "", "memory", show("%.0f", func(s calibrated) float64 { return float64(s.BytesPerAgent >> 10) }))
	row("", "", "", func(s calibrated) string {
		if len(s.complaints()) > 0 {
			return "too much"
		}
		return "borne"
	})
	return append(head, "limit", ""), rows
}

// allowances says what the limits of processor, files, ports and cards allow: limit,
// value, what follows.
func (d diagnosis) allowances() [][]string {
	out := [][]string{{"scanning, a core", fmt.Sprintf("%.2g M tokens/s", d.Scan/1e6), fmt.Sprintf("with usage in every event; %.2g M where events differ in their text alone", d.ScanAlike/1e6)}}
	if d.OpenFiles > 0 {
		out = append(out, []string{"open files", fmt.Sprint(d.OpenFiles), fmt.Sprintf("%d agents, a connection each (ulimit -n)", max(0, int64(d.OpenFiles)-measure.SpareFiles))})
	}
	if d.Ports > 0 {
		out = append(out, []string{"local ports", fmt.Sprint(d.Ports), fmt.Sprintf("%d agents on one --url (net.ipv4.ip_local_port_range)", d.Ports)})
	}
	for _, link := range d.Links {
		value, allows := "speed unknown", "no run can warn that its prompts fill it"
		if link.BytesPerS > 0 {
			g := d.generator()
			g.Link = link
			value = si(int64(link.BytesPerS)) + " byte/s"
			allows = fmt.Sprintf("%d agents, each a prompt of %d tokens every %s", measure.LinkAgents(g, measure.Pace{Turns: 1 / promptEvery.Seconds()}), d.Context, promptEvery)
		}
		out = append(out, []string{"network card " + named(link.Interface), value, allows})
	}
	return out
}

// promptEvery is the pace at which a card's agents are told.
const promptEvery = 10 * time.Second

// conclusion says what was borne, what was not, and what to do.
func (d diagnosis) conclusion() []string {
	var out []string
	for _, w := range d.Warnings {
		out = append(out, "! "+w)
	}
	c := d.calibration(time.Now())
	switch {
	case c.Agents == 0:
		out = append(out, "In every load that was tried this machine was the limit, not the engine.")
	case len(d.Warnings) == 0:
		out = append(out, fmt.Sprintf("This machine bore every load that was tried, up to %d agents and up to %.0f tokens/s: in runs of that size it is not the limit.", c.Agents, c.EventsPerS))
	default:
		out = append(out, fmt.Sprintf("This machine bore up to %d agents and up to %.0f tokens/s. A run that asks for more says so, and its levels are void where the client was the limit.", c.Agents, c.EventsPerS))
	}
	if len(d.Warnings) > 0 {
		out = append(out, "What helps: nothing else running here; more processors (the simulated engine took its share of these, a real one on another machine does not); "+
			"a smaller load to find the edge, such as plimsoll doctor --agents 500 --rate 50.")
	}
	return out
}
