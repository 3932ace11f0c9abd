package main

import (
	"fmt"
	"io"

	"plimsoll/search/shapes"
)

// tables prints one row a world and method.
func tables(out io.Writer, searches int) error {
	fmt.Fprintf(out, "%d searches a row, one tier with a true capacity of 103 agents\n\n", searches)
	fmt.Fprintln(out, "| method | run sd | engine | over-claims | no claim | claim/true p5 | p50 | p95 | levels | engine min |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, preset := range []string{"aa", "standard", "publish"} {
		for _, sd := range []float64{0.06, 0.15} {
			for _, w := range shapes.Worlds(sd) {
				c, err := shapes.Searching(preset, shapes.OneTier())
				if err != nil {
					return err
				}
				s, err := shapes.Bench(w, c, searches)
				if err != nil {
					return err
				}
				row(out, preset, s)
			}
		}
	}
	return nil
}

func row(out io.Writer, preset string, s shapes.Score) {
	fmt.Fprintf(out, "| %s | %.2f | %s | %d | %d | %.2f | %.2f | %.2f | %.1f | %.0f |\n", preset, s.RunSD, s.World,
		s.Over, s.None, s.Ratio(0.05), s.Ratio(0.5), s.Ratio(0.95), s.Levels, s.Minutes)
}
