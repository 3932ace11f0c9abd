package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestContrast computes the contrast of the style sheet's colours, light and dark:
// 4.5 to 1 for text and 3 to 1 for the shapes of charts (WCAG 2.2, 1.4.3 and 1.4.11).
func TestContrast(t *testing.T) {
	light := variables(t, pageStyle[:strings.Index(pageStyle, "@media")])
	dark := variables(t, pageStyle[strings.Index(pageStyle, "prefers-color-scheme:dark"):])
	if len(light) != len(dark) {
		t.Fatalf("%d colours in light, %d in dark", len(light), len(dark))
	}
	text := []string{"ink", "muted", "pass", "fail", "undecided", "void", "accent"}
	shapes := []string{"faint", "wait", "s0", "s1", "s2", "s3", "s4"}
	for name, colours := range map[string]map[string][3]float64{"light": light, "dark": dark} {
		for _, ground := range []string{"paper", "soft"} {
			for _, c := range append(append([]string{}, text...), shapes...) {
				least := 4.5
				if strings.Contains(fmt.Sprint(shapes), c) {
					least = 3
				}
				ratio := contrast(colours[c], colours[ground])
				if ratio < least {
					t.Errorf("%s: --%s on --%s has %.2f to 1, want %g", name, c, ground, ratio, least)
				}
			}
		}
	}
	for _, rule := range regexp.MustCompile(`[^{}]*\{[^{}]*[^-]color:var\(--(faint|line|wait|s\d)\)`).FindAllString(pageStyle, -1) {
		t.Errorf("a colour for shapes is used for text: %s", rule)
	}
	if got := contrast([3]float64{0, 0, 0}, [3]float64{1, 1, 1}); math.Abs(got-21) > 1e-9 {
		t.Errorf("black on white has %g to 1, want 21", got)
	}
}

// variables reads the colours of the first rule of a style sheet.
func variables(t *testing.T, css string) map[string][3]float64 {
	t.Helper()
	css = css[:strings.Index(css, "}")]
	out := map[string][3]float64{}
	for _, m := range regexp.MustCompile(`--([a-z0-9]+):#([0-9a-f]{3}|[0-9a-f]{6})\b`).FindAllStringSubmatch(css, -1) {
		hex := m[2]
		if len(hex) == 3 {
			hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
		}
		var c [3]float64
		for i := range c {
			v, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			c[i] = float64(v) / 255
		}
		out[m[1]] = c
	}
	if len(out) < 14 {
		t.Fatalf("read only %d colours", len(out))
	}
	return out
}

// contrast is the ratio of relative luminances of WCAG 2.2.
func contrast(a, b [3]float64) float64 {
	luminance := func(c [3]float64) float64 {
		sum := 0.0
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			v := c[i]
			if v <= 0.04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+0.055)/1.055, 2.4)
			}
			sum += weight * v
		}
		return sum
	}
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}
