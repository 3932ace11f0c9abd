package profile

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
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

func (v Value) int() int { return int(v.Value) }

func (v Value) check(unit string) error {
	switch {
	case v == Value{}:
		if unit == "1" {
			unit = `"1"` // else YAML reads a number
		}
		return fmt.Errorf("is missing; write {value, unit: %s, source, date, kind, low, high}", unit)
	case v.Unit != unit:
		return fmt.Errorf("has unit %q, want %q", v.Unit, unit)
	case math.IsNaN(v.Value) || math.IsInf(v.Value, 0) || v.Value < 0:
		return fmt.Errorf("is %g, must be a number not below 0", v.Value)
	case !(v.Low <= v.Value && v.Value <= v.High):
		return fmt.Errorf("is %g, outside its own range low %g .. high %g", v.Value, v.Low, v.High)
	case (unit == "1" || unit == "token") && v.Value > math.MaxInt32 && v.Value != math.Trunc(v.Value):
		return fmt.Errorf("is %g, want a whole number of that size", v.Value)
	}
	return checkOrigin(v.Source, v.Date, v.Kind)
}

func checkOrigin(source, date, kind string) error {
	switch {
	case source == "" || !isDate(date):
		return fmt.Errorf("has source %q and date %q, want a source and a date YYYY-MM-DD", source, date)
	case kind != "measured" && kind != "published" && kind != "estimated":
		return fmt.Errorf("has kind %q, want measured, published or estimated", kind)
	}
	return nil
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// checkSection checks every Value of a section, lists included, by the tags of its
// field: `unit` is the unit, `zero:"ok"` allows 0, `optional:"ok"` allows it to be
// missing, and `need` lists the section's kinds that need the value, which others
// must not have.
func checkSection(name string, section any) error {
	v := reflect.ValueOf(section)
	kind := ""
	if k := v.FieldByName("Kind"); k.IsValid() {
		kind = k.String()
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if err := checkField(name+"."+key, kind, field.Tag, v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func checkField(name, kind string, tag reflect.StructTag, v reflect.Value) error {
	value, isValue := v.Interface().(Value)
	need := tag.Get("need")
	switch {
	case isValue && need != "" && !slices.Contains(strings.Fields(need), kind):
		if (value != Value{}) {
			return fmt.Errorf("%s is given, but %s has none", name, kind)
		}
	case isValue && tag.Get("optional") != "" && value == Value{}:
	case isValue:
		if err := value.check(tag.Get("unit")); err != nil {
			return fmt.Errorf("%s %w", name, err)
		}
		if tag.Get("zero") == "" && value.Value == 0 {
			return fmt.Errorf("%s is 0, must be above 0", name)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			element := fmt.Sprintf("%s[%d]", name, i)
			if v.Index(i).Type() == reflect.TypeFor[Value]() {
				if err := checkField(element, kind, tag, v.Index(i)); err != nil {
					return err
				}
			} else if err := checkSection(element, v.Index(i).Interface()); err != nil {
				return err
			}
		}
	}
	return nil
}
