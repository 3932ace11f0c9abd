package report

import (
	"math"
	"strings"
	"testing"
)

func TestGauge(t *testing.T) {
	limits := []GaugeLimit{{"30tps/10s", 30}, {"100tps/5s", 100}}
	for name, c := range map[string]struct {
		g    Gauge
		says string
		mark bool
	}{
		"none yet":    {Gauge{Value: math.NaN(), Limits: limits}, "no figure yet", false},
		"both":        {Gauge{Value: 100, Limits: limits}, "within 30tps/10s and 100tps/5s", true},
		"one":         {Gauge{Value: 42, Limits: limits}, "within 30tps/10s; outside 100tps/5s", true},
		"neither":     {Gauge{Value: 1, Limits: limits}, "outside 30tps/10s and 100tps/5s", true},
		"at a bound":  {Gauge{Value: 30, Ceiling: true, Limits: limits}, "within 30tps/10s and 100tps/5s", true},
		"no bound":    {Gauge{Value: math.Inf(1), Ceiling: true, Limits: limits}, "outside 30tps/10s and 100tps/5s", true},
		"zero":        {Gauge{Value: 0, Limits: limits}, "outside 30tps/10s and 100tps/5s", true},
		"hostile":     {Gauge{Value: 42, Name: "<img>", Unit: `"'<b>`, Limits: []GaugeLimit{{"<script>", 30}}}, "within <script>", true},
		"no tier yet": {Gauge{Value: 42}, "", true},
	} {
		c.g.ID = "gauge"
		if got := c.g.Says(); got != c.says {
			t.Errorf("%s: says %q, want %q", name, got, c.says)
		}
		chart := c.g.Chart()
		checkXML(t, name, string(chart.SVG))
		if got := strings.Contains(string(chart.SVG), "<circle"); got != c.mark {
			t.Errorf("%s: marked %t, want %t", name, got, c.mark)
		}
		if strings.Contains(string(chart.SVG), "<script") || strings.Contains(string(chart.SVG), "<img") {
			t.Errorf("%s: a name became markup: %s", name, chart.SVG)
		}
	}
}

func TestGaugeOrder(t *testing.T) {
	g := Gauge{ID: "gauge", Name: "P95", Unit: "s", Value: 4, Ceiling: true, Limits: []GaugeLimit{{"loose", 10}, {"tight", 3}}}
	chart := g.Chart()
	if g.Limits[0].Tier != "loose" {
		t.Error("drawing sorted its caller's limits")
	}
	if len(chart.Table.Rows) != 2 || chart.Table.Rows[0][0] != "tight" {
		t.Errorf("limits are not in order: %v", chart.Table.Rows)
	}
	golden(t, "gauge.svg", []byte(chart.SVG))
}
