package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

//go:embed shell.html
var shellTemplate string

//go:embed chart.html
var chartTemplate string

//go:embed style.css
var pageStyle string

//go:embed pins.js
var pageScript string

// Style returns the style sheet that every page shares.
func Style() string { return pageStyle }

// Script returns the script that every page shares: it shows the values of a
// chart's marks and keeps those that are clicked.
func Script() string { return pageScript }

// ScriptPolicy returns the source of a content security policy that lets that
// script run inside a page, and no other.
func ScriptPolicy() string {
	sum := sha256.Sum256([]byte(pageScript))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// ChartTemplate returns the definition of the template "chart": a Chart with its
// data as a table.
func ChartTemplate() string { return chartTemplate }

// shell is what a self-contained page has around its content.
type shell struct {
	Title  string
	Policy string
	Style  template.CSS
	Script template.JS
}

// newShell makes the shell of a page; style comes after the shared style sheet.
func newShell(title, style string) shell {
	return shell{title, "default-src 'none'; style-src 'unsafe-inline'; script-src " + ScriptPolicy(), template.CSS(pageStyle + style), template.JS(pageScript)}
}

// render writes a self-contained page.
func render(w io.Writer, text string, funcs template.FuncMap, page any) error {
	t, err := template.New("page").Funcs(funcs).Parse(text + shellTemplate + chartTemplate)
	if err == nil {
		err = t.Execute(w, page)
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
