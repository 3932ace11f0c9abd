package search

// spread is how much runs differ from their local lines, summed over edges.
type spread struct{ squares, freedom float64 }

// spreads sums the residuals of each constraint over the edges of all tiers. A run
// counts at one edge only.
func spreads(all []locality) [constraints]spread {
	var out [constraints]spread
	used := map[int]bool{} // by level
	for i := range all {
		runs := all[i].around(used)
		if len(runs) < 3 {
			continue
		}
		for _, r := range runs {
			used[r.level] = true
		}
		for constraint := range constraints {
			if f := fit(runs, constraint); known(runs, constraint) {
				out[constraint].squares += f.squares
				out[constraint].freedom += f.freedom
			}
		}
	}
	return out
}

// around returns the runs around the edge with their margins uncapped, none where one
// of them was used for another edge.
func (l *locality) around(used map[int]bool) []observation {
	runs := l.within(localReach)
	for i := range runs {
		if used[runs[i].level] {
			return nil
		}
		runs[i].y = runs[i].raw
	}
	return runs
}

// known reports whether every run has a margin of its own.
func known(runs []observation, constraint int) bool {
	for _, r := range runs {
		if r.raw[constraint] >= boundless || r.raw[constraint] <= -boundless {
			return false
		}
	}
	return true
}
