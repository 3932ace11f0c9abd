// Command bench tries the search methods on engines whose true capacity is known
// and prints how often they claim too much, how close they come and what they cost:
// analytic engines (package shapes), and simulated engines of named profiles, their
// truth by long runs at every N. `make bench-search` runs it; docs/method.md shows
// its tables.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

func main() {
	var o options
	flag.IntVar(&o.searches, "n", 1000, "searches a row of the analytic engines; a tenth on the simulated ones")
	flag.Uint64Var(&o.seed, "seed", 1, "first seed of the analytic engines' noise")
	flag.StringVar(&o.only, "only", "", "one table alone: accuracy, others, cost or simulated")
	asJSON := flag.Bool("json", false, "print JSON instead of tables")
	flag.Parse()
	tables, err := o.run(os.Stderr)
	if err == nil && *asJSON {
		err = json.NewEncoder(os.Stdout).Encode(tables)
	} else if err == nil {
		for _, t := range tables {
			t.print(os.Stdout)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
