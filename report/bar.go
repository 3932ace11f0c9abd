package report

import (
	"fmt"
	"html/template"
	"math"

	"plimsoll/result"
)

// bracketBar draws the bracket of tier n as a small bar on the levels' common scale:
// filled up to the capacity, open up to the lowest failing level.
func bracketBar(r result.Result, n int) template.HTML {
	t := r.Tiers[n]
	const width, height = 150.0, 14.0
	values := []float64{}
	for _, l := range r.Levels {
		values = append(values, float64(l.Agents))
	}
	x := logScale(values, 0, width)
	c := newCanvas(fmt.Sprintf("bar%d", n+1), t.Name+" bracket", agents(t)+" agents passed", width, height)
	c.rect("bar-rail", 0, height/2-2, width, 4, "")
	held := t.AtLeast
	if t.Capacity != nil {
		held = *t.Capacity
	}
	if held > 0 {
		c.rect("bar-held", 0, height/2-2, x.at(float64(held)), 4, whole(held)+" agents pass")
	}
	if t.LowestFail > 0 {
		at := math.Max(x.at(float64(t.LowestFail)), x.at(float64(held))+3)
		c.line("bar-fail", at, 1, at, height-1)
	}
	return c.done()
}
