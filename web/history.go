package web

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"plimsoll/result"
)

// mostTiers is how many tiers have a column of their own in the history.
const mostTiers = 4

// historyPage is what history.html shows.
type historyPage struct {
	Title     string
	Dir       string
	Tiers     []string
	Rows      []historyRow
	Published []result.Entry
	Planner   bool
}

// historyRow is a run with a cell for each tier that has a column.
type historyRow struct {
	summary
	Cells []historyCell
	Rest  []result.Tier // tiers without a column
}

// historyCell is a run's answer for a tier; nil the run was not asked.
type historyCell struct {
	Tier *result.Tier
	Sort string // what the column is sorted by
}

func (s *Site) history(w http.ResponseWriter, r *http.Request) {
	runs, err := s.summaries()
	if err != nil {
		s.fail(w, http.StatusInternalServerError, err)
		return
	}
	published, err := result.Published()
	if err != nil {
		s.fail(w, http.StatusInternalServerError, err)
		return
	}
	page := historyPage{Title: "Runs", Dir: s.config.Dir, Tiers: commonTiers(runs), Published: published, Planner: len(s.config.Systems) > 0}
	for _, run := range runs {
		page.Rows = append(page.Rows, row(run, page.Tiers))
	}
	s.show(w, http.StatusOK, "history", page)
}

// limits names a tier by its limits, since names differ between sets.
func limits(t result.Tier) string {
	return strconv.FormatFloat(t.SpeedTPS, 'g', -1, 64) + "tps/" + strconv.FormatFloat(t.TTFTs, 'g', -1, 64) + "s"
}

// commonTiers returns the tiers that most runs were asked, loosest first.
func commonTiers(runs []summary) []string {
	uses, speed := map[string]int{}, map[string]float64{}
	for _, run := range runs {
		if run.Result == nil {
			continue
		}
		for _, t := range run.Result.Tiers {
			uses[limits(t)]++
			speed[limits(t)] = t.SpeedTPS
		}
	}
	var names []string
	for name := range uses {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if uses[a] != uses[b] {
			return uses[b] - uses[a]
		}
		return bytes.Compare([]byte(a), []byte(b))
	})
	names = names[:min(len(names), mostTiers)]
	slices.SortFunc(names, func(a, b string) int { return int(1000 * (speed[a] - speed[b])) })
	return names
}

func row(run summary, columns []string) historyRow {
	out := historyRow{summary: run, Cells: make([]historyCell, len(columns))}
	if run.Result == nil {
		return out
	}
	for i := range run.Result.Tiers {
		t := &run.Result.Tiers[i]
		at := slices.Index(columns, limits(*t))
		if at < 0 {
			out.Rest = append(out.Rest, *t)
			continue
		}
		out.Cells[at].Tier = t
		if t.Capacity != nil {
			out.Cells[at].Sort = strconv.Itoa(*t.Capacity)
		}
	}
	return out
}

// show renders a page whole before the first byte goes out.
func (s *Site) show(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, fmt.Sprintf("page %s: %v", name, err), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// fail shows what went wrong as a page.
func (s *Site) fail(w http.ResponseWriter, status int, err error) {
	s.show(w, status, "failure", struct {
		Title, Status, What string
		Planner             bool
	}{http.StatusText(status), http.StatusText(status), err.Error(), len(s.config.Systems) > 0})
}
