package synth

import (
	"fmt"
	"math"
)

// Law is a one-dimensional distribution, clipped to [Min, Max].
type Law struct {
	Kind   string  `yaml:"law"`    // constant, uniform, normal, lognormal
	Value  float64 `yaml:"value"`  // constant
	Mean   float64 `yaml:"mean"`   // normal
	SD     float64 `yaml:"sd"`     // normal
	Median float64 `yaml:"median"` // lognormal
	Sigma  float64 `yaml:"sigma"`  // lognormal: standard deviation of the logarithm
	Min    float64 `yaml:"min"`
	Max    float64 `yaml:"max"`
}

// Validate names the first field out of bounds.
func (l Law) Validate() error {
	switch l.Kind {
	case "constant":
		if l.Value < 0 {
			return fmt.Errorf("value is %g; it must not be negative", l.Value)
		}
		return nil
	case "uniform":
	case "normal":
		if l.SD < 0 || l.Max == 0 {
			return fmt.Errorf("sd is %g and max %g; sd must not be negative, max must be given", l.SD, l.Max)
		}
	case "lognormal":
		if l.Median <= 0 || l.Sigma < 0 || l.Max == 0 {
			return fmt.Errorf("median is %g, sigma %g, max %g; median must be above 0, sigma not negative, max given", l.Median, l.Sigma, l.Max)
		}
	default:
		return fmt.Errorf("law is %q; it must be constant, uniform, normal or lognormal", l.Kind)
	}
	if !(l.Min >= 0 && l.Min <= l.Max && l.Max <= 1e9) {
		return fmt.Errorf("min is %g and max %g; they must be 0 <= min <= max <= 1e9", l.Min, l.Max)
	}
	return nil
}

// draw draws a value.
func (l Law) draw(s *source) float64 { return l.at(s.unit()) }

// at is the value at quantile u of the law.
func (l Law) at(u float64) float64 {
	var x float64
	switch l.Kind {
	case "constant":
		return l.Value
	case "uniform":
		x = l.Min + (l.Max-l.Min)*u
	case "normal":
		x = l.Mean + l.SD*quantile(u)
	default:
		x = l.Median * math.Exp(l.Sigma*quantile(u))
	}
	return min(max(x, l.Min), l.Max)
}

// count draws a whole number.
func (l Law) count(s *source) int { return int(l.draw(s) + 0.5) }
