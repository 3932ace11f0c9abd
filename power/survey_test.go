package power

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll"
)

func TestSurvey(t *testing.T) {
	load := burst(500.25, 100, 13)
	samples := record("GPU-a", load, 0, 10*time.Second, time.Second, true)
	samples = append(samples, stale(record("GPU-b", load, 0, 10*time.Second, time.Second, true), 5)...)
	samples = append(samples, plimsoll.Sample{Meter: samples[0].Meter, At: second, Watts: math.NaN(), Joules: math.NaN(), Note: ReasonUnreachable})
	got := SurveyOf(samples)
	if len(got) != 1 || len(got[0].Devices) != 2 || got[0].Failed != 1 || !slices.Equal(got[0].Notes, []string{ReasonUnreachable}) || got[0].Simulated {
		t.Fatalf("%+v", got)
	}
	a, b := got[0].Devices[0], got[0].Devices[1]
	if a.Readings != 11 || a.Fresh != 11 || a.RefreshS != 1 || *a.Joules != load.joules(10) || a.Limit != nil {
		t.Errorf("%+v", a)
	}
	if b.Fresh != 3 || b.RefreshS != 5 || b.MaxGapS != 1 {
		t.Errorf("%+v", b)
	}
}

// TestAdvice: each trouble of a source has its sentence, a good one has none.
func TestAdvice(t *testing.T) {
	load := burst(500.25, 100, 13)
	good := func() []plimsoll.Sample { return record("GPU-a", load, 0, 10*time.Second, time.Second, true) }
	for _, tt := range []struct {
		name    string
		samples []plimsoll.Sample
		e       Expect
		want    string
	}{
		{"good", good(), accelerators(1), ""},
		{"count", good(), accelerators(8), "number of devices"},
		{"default exporter", stale(good(), 30), accelerators(1), "--collect-interval 1000"},
		{"slow refresh", stale(good(), 5), accelerators(1), "more slowly than a window can use"},
		{"slow answers", record("GPU-a", load, 0, 10*time.Second, 5*time.Second, true), accelerators(1), "more slowly"},
		{"slow answers, quick news", slices.Concat(good()[:3], good()[7:]), accelerators(1), "come late"},
		{"nothing", []plimsoll.Sample{{Watts: math.NaN(), Joules: math.NaN(), Note: ReasonUnreachable}}, accelerators(1), "is the source up"},
		{"nobody", []plimsoll.Sample{{Watts: math.NaN(), Joules: math.NaN(), Note: ReasonDeviceIdentity}}, accelerators(1), "device=LABEL"},
		{"failures", append(good(), plimsoll.Sample{Meter: good()[0].Meter, Watts: math.NaN(), Joules: math.NaN(), Note: ReasonUnreachable}), accelerators(1), "some readings failed"},
	} {
		list := SurveyOf(tt.samples)
		if len(list) != 1 {
			t.Fatalf("%s: %+v", tt.name, list)
		}
		if got := list[0].Advice(tt.e, 10*time.Second); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
