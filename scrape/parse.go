package scrape

import (
	"bytes"
	"fmt"
	"math"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"plimsoll"
)

// errNothing is what Parse returns for text without a single known figure.
const errNothing = parseError("no metric of a known engine is there; docs/client.md lists the names")

type parseError string

func (e parseError) Error() string { return string(e) }

// Parse fills a reading from Prometheus text. Figures that are not there stay
// unknown; text with none of them is an error.
func Parse(text []byte, into *plimsoll.EngineReading) error {
	wanted := known()
	names := make(map[string]bool, len(wanted))
	for _, w := range wanted {
		names[w.name] = true
	}
	families, err := Families(text, func(name string) bool { return names[name] })
	if err != nil {
		return fmt.Errorf("engine metrics: %w", err)
	}
	found := false
	for _, w := range wanted {
		family, place := families[w.name], w.into(into)
		if family == nil || !math.IsNaN(*place) {
			continue
		}
		sum, n := 0.0, 0
		for _, m := range family.GetMetric() {
			if v := Value(m); w.takes(m) && !math.IsNaN(v) && !math.IsInf(v, 0) {
				sum, n = sum+v, n+1
			}
		}
		if n == 0 || math.IsInf(sum, 0) {
			continue
		}
		if w.mean {
			sum /= float64(n)
		}
		*place, found = sum, true
	}
	if !found {
		return errNothing
	}
	return nil
}

// Families parses Prometheus text, but only the metrics that wanted takes by name: an
// exposition holds hundreds, and nothing in the others shall cost time or spoil the
// reading.
func Families(text []byte, wanted func(name string) bool) (map[string]*dto.MetricFamily, error) {
	var kept []byte
	for line := range bytes.Lines(text) {
		name := bytes.TrimLeft(line, " \t")
		for _, comment := range []string{"# TYPE ", "# HELP "} {
			name = bytes.TrimPrefix(name, []byte(comment))
		}
		if end := bytes.IndexAny(name, "{ \t"); end > 0 && wanted(string(name[:end])) {
			kept = append(kept, line...)
		}
	}
	if len(kept) > 0 && kept[len(kept)-1] != '\n' {
		kept = append(kept, '\n')
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(bytes.NewReader(kept))
}

func (s series) takes(m *dto.Metric) bool {
	if s.label == "" {
		return true
	}
	for _, pair := range m.GetLabel() {
		if pair.GetName() == s.label {
			return pair.GetValue() == s.value
		}
	}
	return false
}

// Value is a series' value: of a gauge, a counter or one without a type; NaN for others.
func Value(m *dto.Metric) float64 {
	switch {
	case m.Gauge != nil:
		return m.GetGauge().GetValue()
	case m.Counter != nil:
		return m.GetCounter().GetValue()
	case m.Untyped != nil:
		return m.GetUntyped().GetValue()
	}
	return math.NaN()
}
