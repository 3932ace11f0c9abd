package main

import (
	"fmt"
	"io"

	"plimsoll/search"
	"plimsoll/search/shapes"
)

// options say what is tried.
type options struct {
	searches int
	seed     uint64
	only     string
}

// method is a way of searching that the tables compare.
type method struct {
	name   string
	preset string
	change func(*search.Config)
}

func methods() []method {
	return []method{
		{"aa", "aa", nil},
		{"one pool, 10 %", "standard", func(c *search.Config) { c.Method, c.Resolution = search.MethodAA, 0.10 }},
		{"standard", "standard", nil},
		{"publish", "publish", nil},
	}
}

// run makes the tables, all of their jobs in one queue: the longest first.
func (o options) run(progress io.Writer) ([]table, error) {
	var out []table
	var jobs []job
	for _, t := range []struct {
		name, title string
		jobs        func() ([]job, error)
	}{
		{"simulated", "simulated engines, truth by long runs at every N", o.simulated},
		{"accuracy", "one tier, true capacity 103 agents", o.accuracy},
		{"cost", "three tiers, the tighter two bound by speed", o.cost},
		{"others", "one tier, capacities and noise that played no part in choosing the method's numbers", o.others},
	} {
		if o.only != "" && o.only != t.name {
			continue
		}
		its, err := t.jobs()
		if err != nil {
			return nil, err
		}
		for i := range its {
			its[i].table, its[i].name = len(out), t.name+", "+its[i].name
		}
		out, jobs = append(out, table{Title: t.title, name: t.name}), append(jobs, its...)
	}
	if err := carry(jobs, out, progress); err != nil {
		return nil, err
	}
	for _, t := range out {
		if t.name == "cost" {
			ofAA(t.Rows)
		}
	}
	return out, nil
}

// analytic is the job of searching one world n times.
func (o options) analytic(m method, w shapes.World, three bool, n int) job {
	name := fmt.Sprintf("%s, %s, run sd %.2f", m.name, w.Name, w.RunSD)
	return job{name: name, do: func() ([]row, error) {
		tiers := shapes.OneTier()
		if three {
			tiers, w = shapes.ThreeTiers(), w.WithSpeed()
		}
		c, err := shapes.Searching(m.preset, tiers)
		if err != nil {
			return nil, err
		}
		if m.change != nil {
			m.change(&c)
		}
		scores, err := shapes.Bench(w, c, n, o.seed)
		if err != nil {
			return nil, err
		}
		var out []row
		for i, s := range scores {
			out = append(out, rowOf(s, m.name, tiers[i].Name, w.Capacity(tiers[i])))
		}
		return out, nil
	}}
}

func rowOf(s shapes.Score, method, tier string, truth int) row {
	r := row{
		Engine: s.World, RunSD: s.RunSD, Method: method, Tier: tier, Truth: truth, Searches: s.Claims + s.None, Over: s.Over, None: s.None,
		Levels: s.Levels, Minutes: s.Minutes,
	}
	if s.Claims > 0 {
		r.P5, r.P50, r.P95 = s.Ratio(0.05), s.Ratio(0.5), s.Ratio(0.95)
	}
	return r
}

func (o options) accuracy() ([]job, error) {
	var out []job
	for _, m := range methods() {
		n := o.searches
		if m.name == "publish" {
			n = max(1, n/4)
		}
		for _, sd := range []float64{0.06, 0.15} {
			for _, w := range shapes.Worlds(sd, shapes.Edge) {
				out = append(out, o.analytic(m, w, false, n))
			}
		}
	}
	return out, nil
}

func (o options) others() ([]job, error) {
	var out []job
	for _, edge := range []float64{37, 411} {
		for _, sd := range []float64{0.03, 0.10} {
			for _, w := range shapes.Worlds(sd, edge) {
				out = append(out, o.analytic(methods()[2], w, false, max(1, o.searches/2)))
			}
		}
	}
	return out, nil
}

func (o options) cost() ([]job, error) {
	var out []job
	for _, sd := range []float64{0.06, 0.15} {
		for _, w := range shapes.Worlds(sd, shapes.Edge) {
			for _, m := range methods()[:3] {
				out = append(out, o.analytic(m, w, true, max(1, o.searches/4)))
			}
		}
	}
	return out, nil
}

// ofAA sets every row's engine minutes against those of method aa on the same engine,
// whose rows come first.
func ofAA(rows []row) {
	aa := 0.0
	for i := range rows {
		if rows[i].Method == methods()[0].name {
			aa = rows[i].Minutes
		}
		if aa > 0 {
			rows[i].OfAA = rows[i].Minutes / aa
		}
	}
}
