package report

import (
	"fmt"

	"plimsoll/result"
)

// timelineChart shows the run as it went: a bar a level from its begin to its end,
// as high as its agents, with the window filled.
func timelineChart(r result.Result) (Chart, bool) {
	if len(r.Levels) == 0 {
		return Chart{}, false
	}
	chart := Chart{ID: "timeline", Title: "The run in time", Table: Table{Head: []string{"Level", "Agents", "Begin", "Window", "Took", "Validity"}},
		Desc: "A bar for each level from its begin to its end, as high as its agents; the filled part is the window that was measured."}
	var ends, agentCounts []float64
	for _, l := range r.Levels {
		ends = append(ends, l.StartS+l.TookS)
		agentCounts = append(agentCounts, float64(l.Agents))
		chart.Table.Rows = append(chart.Table.Rows, []string{l.ID, whole(l.Agents), clock(l.StartS), clock(l.WindowS), clock(l.TookS), l.Validity})
	}
	engineColumns(&chart.Table, r.Levels)
	x := linearScale(ends, leftEdge, wideWidth-14)
	y := linearScale(agentCounts, bottomEdge, topEdge)
	c := newCanvas(chart.ID, chart.Title, chart.Desc, wideWidth, chartHeight)
	c.grid(y, 5, x.to)
	c.times(x, 12, bottomEdge)
	for _, l := range r.Levels {
		hold, window := "hold", "window"
		if l.Validity != "valid" || l.Warmup {
			hold, window = "hold void", "window void"
		}
		hover := fmt.Sprintf("level %s: %s agents, %s, window %s", l.ID, whole(l.Agents), l.Validity, clock(l.WindowS))
		top := y.at(float64(l.Agents))
		c.together(hover, func() {
			c.rect(hold, x.at(l.StartS), top, x.at(l.StartS+l.TookS)-x.at(l.StartS)-1, bottomEdge-top, "")
			if l.WindowT[0].Known() && l.WindowT[1].Known() {
				from, to := x.at(l.StartS+float64(l.WindowT[0])), x.at(l.StartS+float64(l.WindowT[1]))
				c.rect(window, from, top, to-from, bottomEdge-top, "")
			}
		})
	}
	c.line("axis", leftEdge, bottomEdge, wideWidth-14, bottomEdge)
	c.text("axis-name", "end", wideWidth-14, bottomEdge+33, "time since the first level began"+momentUnit(x.high))
	c.text("axis-name", "start", 0, 12, "Agents")
	chart.SVG = c.done()
	return chart, true
}
