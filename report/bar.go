package report

import (
	"html/template"

	"plimsoll/result"
)

// bracketBar draws a tier's bracket as a small bar on the levels' common scale:
// filled up to the capacity, open up to the lowest failing level.
func bracketBar(r result.Result, t result.Tier) template.HTML {
	const width, height = 150.0, 14.0
	values := []float64{}
	for _, l := range r.Levels {
		values = append(values, float64(l.Agents))
	}
	x := logScale(values, 0, width)
	c := newCanvas("bar-"+t.Name, t.Name+" bracket", agents(t)+" agents passed", width, height)
	c.rect("bar-rail", 0, height/2-2, width, 4, "")
	held := t.AtLeast
	if t.Capacity != nil {
		held = *t.Capacity
	}
	if held > 0 {
		c.rect("bar-held", 0, height/2-2, x.at(float64(held)), 4, whole(held)+" agents pass")
		c.line("bar-mark", x.at(float64(held)), 1, x.at(float64(held)), height-1)
	}
	if t.LowestFail > 0 {
		c.mark("fail", x.at(float64(t.LowestFail)), height/2, whole(t.LowestFail)+" agents fail")
	}
	return c.done()
}
