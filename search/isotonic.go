package search

import (
	"cmp"
	"math"
	"slices"
)

// crossing returns where the monotone regression of margins y on log agents x
// crosses 0: pool adjacent violators, then linear between the blocks' centres.
// Where every block passes (y <= 0), or none does, x is the last or the first run's.
func crossing(runs []observation) (x float64, below, above bool) {
	type block struct{ x, y, n float64 }
	sorted := slices.Clone(runs)
	slices.SortStableFunc(sorted, func(a, b observation) int { return cmp.Compare(a.agents, b.agents) })
	var blocks []block
	for i, r := range sorted {
		if last := len(blocks) - 1; i > 0 && sorted[i-1].agents == r.agents {
			b := &blocks[last]
			b.y = (b.y*b.n + r.far()) / (b.n + 1)
			b.n++
			continue
		}
		blocks = append(blocks, block{r.x, r.far(), 1})
	}
	pooled := blocks[:0:0]
	for _, b := range blocks {
		pooled = append(pooled, b)
		for n := len(pooled); n > 1 && pooled[n-2].y > pooled[n-1].y; n = len(pooled) {
			p, q := pooled[n-2], pooled[n-1]
			sum := p.n + q.n
			pooled = append(pooled[:n-2], block{(p.x*p.n + q.x*q.n) / sum, (p.y*p.n + q.y*q.n) / sum, sum})
		}
	}
	for i, b := range pooled {
		if b.y <= 0 {
			continue
		}
		if i == 0 {
			return sorted[0].x, false, true
		}
		p := pooled[i-1]
		return p.x + (b.x-p.x)*(-p.y)/(b.y-p.y), false, false
	}
	if len(pooled) == 0 {
		return math.NaN(), false, false
	}
	return sorted[len(sorted)-1].x, true, false
}
