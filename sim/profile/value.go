package profile

import (
	"fmt"
	"math"
	"reflect"
	"strings"
)

// Value is a number with its provenance.
type Value struct {
	Value  float64 `yaml:"value"`
	Unit   string  `yaml:"unit"`
	Source string  `yaml:"source"`
	Date   string  `yaml:"date"` // when the source was read, YYYY-MM-DD
	Kind   string  `yaml:"kind"` // measured, published, estimated
	Low    float64 `yaml:"low"`
	High   float64 `yaml:"high"`
}

func (v Value) check(unit string) error {
	switch {
	case v == Value{}:
		return fmt.Errorf("is missing; write {value, unit: %s, source, date, kind, low, high}", unit)
	case v.Unit != unit:
		return fmt.Errorf("has unit %q, want %q", v.Unit, unit)
	case math.IsNaN(v.Value) || math.IsInf(v.Value, 0) || v.Value < 0:
		return fmt.Errorf("is %g, must be a number not below 0", v.Value)
	case v.Low > v.Value || v.High < v.Value:
		return fmt.Errorf("is %g, outside its own range low %g .. high %g", v.Value, v.Low, v.High)
	case v.Source == "" || len(v.Date) != len("2026-01-02"):
		return fmt.Errorf("has source %q and date %q, want a source and a date YYYY-MM-DD", v.Source, v.Date)
	case v.Kind != "measured" && v.Kind != "published" && v.Kind != "estimated":
		return fmt.Errorf("has kind %q, want measured, published or estimated", v.Kind)
	}
	return nil
}

// checkSection checks every Value of a section against the unit in its tag; the
// tag `positive` forbids 0.
func checkSection(name string, section any) error {
	v := reflect.ValueOf(section)
	for i := range v.NumField() {
		value, ok := v.Field(i).Interface().(Value)
		if !ok {
			continue
		}
		field := v.Type().Field(i)
		key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if err := value.check(field.Tag.Get("unit")); err != nil {
			return fmt.Errorf("%s.%s %w", name, key, err)
		}
		if field.Tag.Get("zero") == "" && value.Value == 0 {
			return fmt.Errorf("%s.%s is 0, must be above 0", name, key)
		}
	}
	return nil
}
