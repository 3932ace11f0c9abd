package main

import (
	"fmt"
	"io"

	"plimsoll/search"
	"plimsoll/search/shapes"
)

// method is a way of searching that the tables compare.
type method struct {
	name   string
	preset string
	change func(*search.Config)
}

func methods() []method {
	return []method{
		{"aa, each tier by itself", "aa", nil},
		{"one pool to 10 %, uncertified", "standard", func(c *search.Config) { c.Method, c.Resolution = search.MethodAA, 0.10 }},
		{"certified, standard", "standard", nil},
		{"certified, publish", "publish", nil},
	}
}

func (m method) config(one bool) (search.Config, error) {
	tiers := shapes.ThreeTiers()
	if one {
		tiers = shapes.OneTier()
	}
	c, err := shapes.Searching(m.preset, tiers)
	if m.change != nil {
		m.change(&c)
	}
	return c, err
}

// tables prints how often each method claims too much, and what three tiers cost.
func tables(out io.Writer, searches int) error {
	if err := accuracy(out, searches); err != nil {
		return err
	}
	if err := cost(out, max(1, searches/20)); err != nil {
		return err
	}
	return simulated(out, max(1, searches/10))
}

// accuracy prints a row a method, run sd and world, for one tier.
func accuracy(out io.Writer, searches int) error {
	fmt.Fprintf(out, "%d searches a row, one tier, true capacity 103 agents\n\n", searches)
	fmt.Fprintln(out, "| method | run sd | engine | over-claims | no claim | claim/true p5 | p50 | p95 | levels | engine min |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, m := range methods() {
		c, err := m.config(true)
		if err != nil {
			return err
		}
		for _, sd := range []float64{0.06, 0.15} {
			for _, w := range shapes.Worlds(sd) {
				s, err := shapes.Bench(w, c, searches)
				if err != nil {
					return err
				}
				fmt.Fprintf(out, "| %s | %.2f | %s | %d | %d | %.2f | %.2f | %.2f | %.1f | %.0f |\n", m.name, sd, s.World,
					s.Over, s.None, s.Ratio(0.05), s.Ratio(0.5), s.Ratio(0.95), s.Levels, s.Minutes)
			}
		}
	}
	return nil
}

// cost prints what three tiers cost, two of them bound by speed.
func cost(out io.Writer, searches int) error {
	fmt.Fprintf(out, "\n%d searches a row, three tiers, true capacities 103, 60 and 20 agents\n\n", searches)
	fmt.Fprintln(out, "| method | run sd | engine | engine min | of aa | levels | over-claims of claims | no claim | claim/true p50 |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, sd := range []float64{0.06, 0.15} {
		for _, w := range shapes.Worlds(sd) {
			aa := 0.0
			for _, m := range methods() {
				c, err := m.config(false)
				if err != nil {
					return err
				}
				s, err := shapes.Bench(w.WithSpeed(), c, searches)
				if err != nil {
					return err
				}
				if aa == 0 {
					aa = s.Minutes
				}
				fmt.Fprintf(out, "| %s | %.2f | %s | %.0f | %.2f | %.1f | %d of %d | %d | %.2f |\n", m.name, sd, s.World,
					s.Minutes, s.Minutes/aa, s.Levels, s.Over, s.Claims, s.None, s.Ratio(0.5))
			}
		}
	}
	return nil
}
