package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Chart is a figure of a page: an SVG with title and description, and the data
// that it shows as a table.
type Chart struct {
	ID    string // unique on its page
	Title string
	Desc  string
	SVG   template.HTML
	Table Table
}

// Table is data as text, first row apart.
type Table struct {
	Head []string
	Rows [][]string
	Note string // what the rows are not; "" they are all there is
}

// without is the table less a column.
func (t Table) without(column int) Table {
	cut := func(row []string) []string { return append(row[:column:column], row[column+1:]...) }
	t.Head = cut(t.Head)
	rows := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = cut(row)
	}
	t.Rows = rows
	return t
}

// canvas writes an SVG. All text that goes through it is escaped.
type canvas struct {
	b             strings.Builder
	width, height float64
}

// newCanvas begins a figure with its text alternative.
func newCanvas(id, title, desc string, width, height float64) *canvas {
	c := &canvas{width: width, height: height}
	class := "chart"
	if width > 600 {
		class = "chart wide" // scrolls on a narrow screen, so that its text stays legible
	}
	fmt.Fprintf(&c.b, `<svg xmlns="http://www.w3.org/2000/svg" class="%s" viewBox="0 0 %s %s" role="img" aria-labelledby="%s-t %s-d">`,
		class, px(width), px(height), html.EscapeString(id), html.EscapeString(id))
	fmt.Fprintf(&c.b, "\n<title id=\"%s-t\">%s</title>\n<desc id=\"%s-d\">%s</desc>\n",
		html.EscapeString(id), html.EscapeString(title), html.EscapeString(id), html.EscapeString(desc))
	return c
}

// done ends the figure.
func (c *canvas) done() template.HTML {
	c.b.WriteString("</svg>")
	return template.HTML(c.b.String()) // every text in it was escaped on its way in
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&c.b, "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>\n", html.EscapeString(class), px(x1), px(y1), px(x2), px(y2))
}

func (c *canvas) rect(class string, x, y, w, h float64, hover string) {
	fmt.Fprintf(&c.b, "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\">%s</rect>\n",
		html.EscapeString(class), px(x), px(y), px(math.Max(0, w)), px(math.Max(0, h)), hoverTitle(hover))
}

// text writes s at a point; anchor is start, middle or end.
func (c *canvas) text(class, anchor string, x, y float64, s string) {
	fmt.Fprintf(&c.b, "<text class=\"%s\" text-anchor=\"%s\" x=\"%s\" y=\"%s\">%s</text>\n", html.EscapeString(class), anchor, px(x), px(y), html.EscapeString(s))
}

// path draws a polyline through points, at least two.
func (c *canvas) path(class string, points [][2]float64) {
	if len(points) < 2 {
		return
	}
	var d strings.Builder
	for i, p := range points {
		d.WriteByte("ML"[min(i, 1)])
		d.WriteString(px(p[0]) + " " + px(p[1]))
	}
	fmt.Fprintf(&c.b, "<path class=\"%s\" d=\"%s\"/>\n", html.EscapeString(class), d.String())
}

// mark draws an outcome at a point: shape and colour both say which.
func (c *canvas) mark(outcome string, x, y float64, hover string) {
	const r = 5.0
	var shape string
	switch outcome {
	case "pass":
		shape = fmt.Sprintf(`<circle cx="%s" cy="%s" r="%s"/>`, px(x), px(y), px(r))
	case "fail":
		shape = fmt.Sprintf(`<path d="M%s %sL%s %sM%s %sL%s %s"/>`, px(x-r), px(y-r), px(x+r), px(y+r), px(x-r), px(y+r), px(x+r), px(y-r))
	case "undecided":
		shape = fmt.Sprintf(`<path d="M%s %sL%s %sL%s %sL%s %sZ"/>`, px(x), px(y-r-1), px(x+r+1), px(y), px(x), px(y+r+1), px(x-r-1), px(y))
	default:
		outcome = "void"
		shape = fmt.Sprintf(`<rect x="%s" y="%s" width="%s" height="%s"/>`, px(x-r+1), px(y-r+1), px(2*r-2), px(2*r-2))
	}
	fmt.Fprintf(&c.b, "<g class=\"mark %s\">%s%s</g>\n", outcome, hoverTitle(hover), shape)
}

// together draws several shapes that say one thing.
func (c *canvas) together(hover string, draw func()) {
	c.b.WriteString("<g>" + hoverTitle(hover) + "\n")
	draw()
	c.b.WriteString("</g>\n")
}

func hoverTitle(s string) string {
	if s == "" {
		return ""
	}
	return "<title>" + html.EscapeString(s) + "</title>"
}

// px writes a coordinate to a tenth of a pixel.
func px(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0 // callers place what is not finite; this only keeps the SVG well-formed
	}
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}
