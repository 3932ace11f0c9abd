package measure

import (
	"math"
	"testing"
)

func TestMSER5CutsATransient(t *testing.T) {
	var values []float64
	for i := range 400 {
		v := math.Sin(float64(i) * 1.7)
		if i < 60 {
			v += 20 * float64(60-i) / 60
		}
		values = append(values, v)
	}
	if cut, ok := mser5(values); !ok || cut < 45 || cut > 90 {
		t.Errorf("cut %d, ok %v; want about 60", cut, ok)
	}
	for i := range values {
		values[i] = float64(i)
	}
	if cut, ok := mser5(values); ok {
		t.Errorf("a ramp all through: cut %d, want no steady part", cut)
	}
}

func TestTrend(t *testing.T) {
	up := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	if tau, p := trend(up); tau != 1 || p > 1e-3 {
		t.Errorf("rising: tau %g p %g", tau, p)
	}
	if _, p := trend([]float64{3, 1, 4, 1, 5, 9, 2, 6, 5, 3}); p < 0.05 {
		t.Errorf("no trend: p %g", p)
	}
}
