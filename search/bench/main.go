// Command bench tries the search methods on analytic engines whose true capacity
// is known and prints how often they claim too much, how close they come and what
// they cost. `make bench-search` runs it; docs/method.md shows its table.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	searches := flag.Int("n", 1000, "searches a cell")
	flag.Parse()
	if err := tables(os.Stdout, *searches); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
