package main

import (
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"
)

// row is one line of a table: a method on an engine, one tier or several.
type row struct {
	Engine   string  `json:"engine"`
	RunSD    float64 `json:"run_sd,omitempty"` // log scale; 0 for simulated engines
	Method   string  `json:"method"`
	Tier     string  `json:"tier"`
	Truth    int     `json:"true_capacity"`
	Searches int     `json:"searches"`
	Over     int     `json:"over_claims"`
	None     int     `json:"no_number"`
	P5       float64 `json:"claim_over_true_p5"`
	P50      float64 `json:"claim_over_true_p50"`
	P95      float64 `json:"claim_over_true_p95"`
	Levels   float64 `json:"levels"`          // mean a search
	Minutes  float64 `json:"engine_minutes"`  // mean a search
	OfAA     float64 `json:"of_aa,omitempty"` // engine minutes over those of method aa
}

// table is a titled list of rows.
type table struct {
	Title string `json:"title"`
	name  string
	Rows  []row `json:"rows"`
}

// job measures one method on one engine: a row a tier of its table.
type job struct {
	name  string
	table int
	do    func() ([]row, error)
}

// carry does the jobs, as many at once as there are processors, and adds their rows to
// the tables in the order of the jobs.
//
// Goroutines: one a processor, each takes the next job until none is left; all have
// ended when carry returns.
func carry(jobs []job, tables []table, progress io.Writer) error {
	rows, errs := make([][]row, len(jobs)), make([]error, len(jobs))
	next := make(chan int)
	var workers sync.WaitGroup
	var mu sync.Mutex // progress, done
	done, begin := 0, time.Now()
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				rows[i], errs[i] = jobs[i].do()
				mu.Lock()
				done++
				fmt.Fprintf(progress, "%d of %d, %.0f s: %s\n", done, len(jobs), time.Since(begin).Seconds(), jobs[i].name)
				mu.Unlock()
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	workers.Wait()
	for i, j := range jobs {
		if errs[i] != nil {
			return fmt.Errorf("%s: %w", j.name, errs[i])
		}
		tables[j.table].Rows = append(tables[j.table].Rows, rows[i]...)
	}
	return nil
}
