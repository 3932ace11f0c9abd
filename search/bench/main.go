// Command bench tries the search methods on analytic engines whose true capacity
// is known and prints how often they claim too much, how close they come and what
// they cost. `make bench-search` runs it; docs/method.md shows its table.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	searches := flag.Int("n", 1000, "searches a cell")
	only := flag.Bool("simulated", false, "the simulated engines alone")
	flag.Parse()
	run := tables
	if *only {
		run = func(out io.Writer, n int) error { return simulated(out, max(1, n/10)) }
	}
	if err := run(os.Stdout, *searches); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
