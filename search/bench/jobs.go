package main

import (
	"fmt"
	"io"
	"math"
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
	Rows  []row  `json:"rows"`
}

func (t table) print(out io.Writer) {
	fmt.Fprintf(out, "\n%s\n\n", t.Title)
	fmt.Fprintln(out, "| engine | run sd | method | tier | true | searches | over-claims | no number | claim/true p5 | p50 | p95 | levels | engine min | of aa |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, r := range t.Rows {
		fmt.Fprintf(out, "| %s | %s | %s | %s | %d | %d | %d | %d | %.2f | %.3f | %.2f | %.1f | %.0f | %s |\n", r.Engine, orDash(r.RunSD), r.Method, r.Tier,
			r.Truth, r.Searches, r.Over, r.None, r.P5, r.P50, r.P95, r.Levels, r.Minutes, orDash(r.OfAA))
	}
}

func orDash(x float64) string {
	if x == 0 || math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.2f", x)
}

// job measures one method on one engine: a row a tier.
type job struct {
	name string
	do   func() ([]row, error)
}

// carry does the jobs, as many at once as there are processors, and returns their
// rows in the order of the jobs.
//
// Goroutines: one a processor, each takes the next job until none is left; all have
// ended when carry returns.
func carry(title string, jobs []job, progress io.Writer) (table, error) {
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
				fmt.Fprintf(progress, "%s: %d of %d, %s, %.0f s\n", title, done, len(jobs), jobs[i].name, time.Since(begin).Seconds())
				mu.Unlock()
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	workers.Wait()
	out := table{Title: title}
	for i := range jobs {
		if errs[i] != nil {
			return out, fmt.Errorf("%s, %s: %w", title, jobs[i].name, errs[i])
		}
		out.Rows = append(out.Rows, rows[i]...)
	}
	return out, nil
}
