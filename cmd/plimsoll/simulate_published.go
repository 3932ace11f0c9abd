package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/result"
	"plimsoll/sim/profile"
	"plimsoll/sim/study"
)

// SimulatePublishedCmd simulates the systems with published results.
type SimulatePublishedCmd struct {
	Only   []string `placeholder:"NAME" help:"Only these systems."`
	Chosen bool     `help:"Also each system without each input that was chosen after its result was known."`
	searchFlags
}

// compared is one system with its published tiers.
type compared struct {
	shape *profile.Profile
	entry result.Entry
}

// publishedPairs pairs the built-in systems with the published results that they
// name, the most agents per accelerator first, then the announcement's other one.
func publishedPairs(only []string) ([]compared, error) {
	entries, err := result.Published()
	if err != nil {
		return nil, err
	}
	var out []compared
	for _, name := range profile.List() {
		p, err := profile.Load(name)
		if err != nil {
			return nil, err
		}
		if p.Published.Result == "" || len(only) > 0 && !slices.Contains(only, name) {
			continue
		}
		i := slices.IndexFunc(entries, func(e result.Entry) bool { return e.Name == p.Published.Result })
		if i < 0 {
			return nil, fmt.Errorf("profile %s: published.result %q is not one of the results that ship with the program", name, p.Published.Result)
		}
		out = append(out, compared{p, entries[i]})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no system with a published result is named %s", strings.Join(only, ", "))
	}
	slices.SortStableFunc(out, func(a, b compared) int { return cmp.Compare(b.weight(), a.weight()) })
	return out, nil
}

// weight orders the rows: what has a figure per accelerator is the announcement's
// table and comes first.
func (c compared) weight() float64 {
	t := c.entry.Tiers[0]
	if t.PerAcc != nil {
		return 1e9 + *t.PerAcc
	}
	return t.PerMW[0].Value
}

// tiers are those that were published.
func (c compared) tiers() []plimsoll.Tier {
	var out []plimsoll.Tier
	for _, t := range c.entry.Tiers {
		tier := plimsoll.Tier{SpeedTPS: t.SpeedTPS, TTFT: time.Duration(t.TTFTs * 1e9)}
		tier.Name = tier.String()
		out = append(out, tier)
	}
	return out
}

// Run searches all of them in their published tiers.
func (c *SimulatePublishedCmd) Run(ctx context.Context, io *IO) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Tiers != nil || len(c.Tier) > 0 {
		return &ExitError{exitUsage, fmt.Errorf("simulate published searches the tiers that were published: leave out --tiers and --tier")}
	}
	pairs, err := publishedPairs(c.Only)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	c.Tier = pairs[0].tiers() // all shipped results of systems are of one tier set
	var questions []question
	for _, pair := range pairs {
		questions = append(append(questions, question{label: pair.shape.Name, shape: pair.shape}), ensemble(pair.shape, c.Ensemble)...)
	}
	var otherwise []instead
	if c.Chosen {
		if otherwise, err = withoutChoices(pairs); err != nil {
			return &ExitError{exitUsage, err}
		}
		for _, o := range otherwise {
			questions = append(questions, question{label: o.shape.Name, shape: o.shape})
		}
	}
	answers, err := c.search(ctx, questions, io)
	if err != nil {
		return nothingKept(ctx, err)
	}
	var rows []study.Row
	for _, pair := range pairs {
		if answers[0].err != nil {
			return answers[0].err
		}
		of, err := study.Rows(pair.shape, answers[0].final, answers[0].uses)
		if err != nil {
			return err
		}
		if answers, err = spreadOver(of, answers[1:], c.Ensemble); err != nil {
			return err
		}
		for i := range of {
			of[i].Beside(pair.entry.Tiers[i])
		}
		rows = append(rows, of...)
	}
	if err := fill(otherwise, answers); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(io.Out, published{"plimsoll-simulate/1", true, rows, otherwise})
	}
	showPublished(io.page(), rows, pairs)
	showOtherwise(io.page(), otherwise)
	return nil
}

// published is what --json prints.
type published struct {
	Schema    string      `json:"schema"`
	Simulated bool        `json:"simulated"`
	Rows      []study.Row `json:"rows"`
	Otherwise []instead   `json:"otherwise,omitempty"`
}

// showPublished prints ours beside theirs.
func showPublished(to page, rows []study.Row, pairs []compared) {
	fmt.Fprintf(to, "%s at %s, ours SIMULATED, theirs published\n\n", rows[0].Model, rows[0].Tier)
	head := []string{"system", "agents", "per acc.", "theirs", "per MW", "theirs", "ratio", "uncached", "limit"}
	if rows[0].Low != nil {
		head = slices.Insert(head, 2, "P10-P90")
	}
	var lines [][]string
	for _, r := range rows {
		cells := []string{r.System, agentsCell(r), figureCell(r.AgentsPerAccelerator, 1), figureCell(r.PublishedPerAcc, 1),
			figureCell(r.AgentsPerMW, 0), figureCell(r.PublishedPerMW, 0), ratioCell(r.Ratio), figureCell(r.UncachedTokens, 0), cmp.Or(r.Limit, "–")}
		if r.Low != nil {
			cells = slices.Insert(cells, 2, rangeCell(r))
		}
		lines = append(lines, cells)
	}
	to.table(head, lines...)
	fmt.Fprintln(to)
	for i, pair := range pairs {
		r := rows[min(i, len(rows)-1)]
		to.say("  ", fmt.Sprintf("%s: %s. %s; theirs: %s (%s).", r.System, r.Reason, pair.shape.About, pair.entry.Source, pair.entry.Date))
		showLoad(to, r)
	}
	to.say("  ", "Per MW is at the accelerator, at the power that a published pair of figures implies or else 0.70 of TDP. "+
		"Uncached is prompt tokens computed a turn at the highest level that passed. Inputs chosen after seeing a target are named in docs/simulator.md.")
}
