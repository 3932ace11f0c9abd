package report

import (
	"bytes"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"plimsoll"
	"plimsoll/bundle"
)

// hostile are texts that want to become markup, script, a terminal command or a line
// of their own.
var hostile = []string{
	"\"><script>alert(1)</script><img src=x onerror=alert(1)>'`{{.}}</style></title>\x1b[2J\x07\r\n\u202e",
	`</text></svg><svg onload=alert(1)>`, `" onmouseover="alert(1)" x="`, `' onfocus='alert(1)`, `</details></table></section><b class="pass">`,
	`]]><![CDATA[`, `<!--`, `-->`, `&lt;script&gt;`, `<?xml version="1.0"?>`, `<tr><td>`, `javascript:alert(1)`, `#x-hatch)"/><a href="`, "\x1b]8;;http://x\x07link\x1b]8;;\x07",
	"\x9b31m\x85\u2028\u2029\u200f\ufeff", "\x00\xff\xfe broken", strings.Repeat("<i>", 400), `<title>x</title>`, `class="hit"`,
}

// poison sets every text that lies in a value to s, but for those that the pages
// decide by: whether a level is valid.
func poison(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(s)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem(), s)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			poison(v.Index(i), s)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "Validity" && name != "Span" && name != "Kind" && v.Field(i).CanSet() {
				poison(v.Field(i), s)
			}
		}
	case reflect.Map:
		if v.Type().Key().Kind() == reflect.String && v.Len() > 0 {
			first := v.MapIndex(v.MapKeys()[0])
			fresh := reflect.MakeMap(v.Type())
			fresh.SetMapIndex(reflect.ValueOf(s).Convert(v.Type().Key()), first)
			v.Set(fresh)
		}
	}
}

// tag and attribute find what a browser would take for markup.
var (
	tag       = regexp.MustCompile(`<(/?[a-zA-Z!?][^\s>/]*)([^>]*)>`)
	attribute = regexp.MustCompile(`\s([^\s="'<>/]+)(?:="[^"]*"|='[^']*')?`)
)

// skeleton is the markup of a page without any of its text and values.
func skeleton(page string) []string {
	var out []string
	for _, m := range tag.FindAllStringSubmatch(page, -1) {
		name := strings.ToLower(m[1])
		for _, a := range attribute.FindAllStringSubmatch(m[2], -1) {
			name += " " + a[1]
		}
		out = append(out, name)
	}
	return out
}

// hostilePage is one of the pages and figures that texts from outside end up in.
type hostilePage struct {
	name string
	make func(t testing.TB, s string) string
}

// hostilePages makes every page and figure of this package with one text in all
// places.
var hostilePages = []hostilePage{
	{"report", func(t testing.TB, s string) string {
		r := fixture()
		poison(reflect.ValueOf(&r).Elem(), s)
		r.Failures = map[plimsoll.Class]int{plimsoll.Class(s): 3}
		for i := range r.Levels { // verdicts find their levels by name
			r.Levels[i].Gates = []plimsoll.Gate{{Name: s, Unit: s, Note: s}}
		}
		d, err := bundle.Create(filepath.Join(t.TempDir(), "run"), plimsoll.Facts{}, []byte(s), []byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return pageOf(t, r, d)
	}},
	{"comparison", func(t testing.TB, s string) string {
		c := compared(t)
		poison(reflect.ValueOf(&c).Elem(), s)
		var b bytes.Buffer
		if err := CompareHTML(&b, c); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}},
	{"plan", func(t testing.TB, s string) string {
		p := planFixture(t)
		poison(reflect.ValueOf(&p).Elem(), s)
		var b bytes.Buffer
		if err := PlanHTML(&b, p); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}},
	{"figures", func(t testing.TB, s string) string {
		trace := fixtureTrace()
		poison(reflect.ValueOf(&trace).Elem(), s)
		for i := range trace.Lanes {
			for j := range trace.Lanes[i].Spans {
				trace.Lanes[i].Spans[j].Kind, trace.Lanes[i].Spans[j].WhatWent = "failed", s
			}
		}
		level, _ := levelTimeChart(trace)
		lanes, _ := lanesChart(trace)
		gauge := Gauge{ID: "g", Name: s, Unit: s, Value: 3, Limits: []GaugeLimit{{s, 2}, {s, 5}}}
		return string(level.SVG + lanes.SVG + gauge.Chart().SVG)
	}},
}

// checkHostile makes every page with this text: its markup must be that of the page
// with a harmless one.
func checkHostile(t *testing.T, harmless map[string][]string, s string) {
	t.Helper()
	for _, p := range hostilePages {
		want, got := harmless[p.name], skeleton(p.make(t, s))
		if !slices.Equal(want, got) {
			n := 0
			for n < min(len(want), len(got)) && want[n] == got[n] {
				n++
			}
			t.Errorf("%s: %q changes the markup: %d tags, want %d; first at %q", p.name, s, len(got), len(want), got[max(0, n-2):min(len(got), n+3)])
		}
	}
	r, c := fixture(), compared(t)
	poison(reflect.ValueOf(&r).Elem(), s)
	poison(reflect.ValueOf(&c).Elem(), s)
	var b bytes.Buffer
	plans := planFixture(t)
	poison(reflect.ValueOf(&plans).Elem(), s)
	for _, ascii := range []bool{false, true} {
		o := TerminalOptions{Width: 100, Folder: s, ASCII: ascii}
		for _, err := range []error{Terminal(&b, r, o), CompareTerminal(&b, c, o), PlanTerminal(&b, plans, o), Markdown(&b, r), CSV(&b, r)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	text := b.String()
	for at, c := range text {
		if c != '\n' && unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == '\u2028' || c == '\u2029' {
			t.Fatalf("%q: text for a terminal holds %q after %q", s, c, text[max(0, at-80):at])
		}
	}
}

// TestSkeleton shows that the fuzz test below sees markup and attributes.
func TestSkeleton(t *testing.T) {
	if got := skeleton(`<p>a<b onclick="x">`); !slices.Equal(got, []string{"p", "b onclick"}) {
		t.Errorf("the skeleton is blind: %q", got)
	}
}

// FuzzHostileTexts sets every text that comes from outside, in all places at once, to
// each of the hostile ones; fuzzing looks for a text that changes the markup of a page or reaches a
// terminal as more than text.
func FuzzHostileTexts(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	harmless := map[string][]string{}
	for _, p := range hostilePages {
		harmless[p.name] = skeleton(p.make(f, "plain"))
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.TrimSpace(plain(s)) == "" || len(s) > 2000 || strings.Contains(s, "estimate") || slices.Contains([]string{"pass", "fail", "void", "undecided", "valid"}, s) {
			t.Skip("nothing to show, or a word that pages decide by")
		}
		checkHostile(t, harmless, s)
	})
}
