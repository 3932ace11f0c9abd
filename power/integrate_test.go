package power

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll"
)

const second = plimsoll.Instant(time.Second)

// curve is a load whose energy is known in closed form.
type curve struct {
	watts  func(t float64) float64 // at t seconds
	joules func(t float64) float64 // since 0
}

// burst is a mean of base W with a sine of the given swing and period.
func burst(base, swing, period float64) curve {
	k := 2 * math.Pi / period
	return curve{
		watts:  func(t float64) float64 { return base + swing*math.Sin(k*t) },
		joules: func(t float64) float64 { return base*t + swing/k*(1-math.Cos(k*t)) },
	}
}

// record samples a curve as a meter would: one device, every step from from to to.
func record(device string, c curve, from, to, step time.Duration, counter bool) []plimsoll.Sample {
	var list []plimsoll.Sample
	for at := from; at <= to; at += step {
		s := plimsoll.Sample{Meter: "dcgm:http://127.0.0.1:9400/metrics", Device: device, At: plimsoll.Instant(at), DeviceAt: plimsoll.Never,
			Watts: c.watts(at.Seconds()), Joules: math.NaN()}
		if counter {
			s.Joules = c.joules(at.Seconds())
		}
		list = append(list, s)
	}
	return list
}

func accelerators(n int) Expect {
	return Expect{Boundary: plimsoll.BoundaryAccelerator, Basis: plimsoll.Measured, Grade: plimsoll.G1, Source: "test", Devices: n, PerAccelerator: true, Accuracy: 0.05, Resolution: 1}
}

func window(from, to time.Duration) plimsoll.Window {
	return plimsoll.Window{Start: plimsoll.Instant(from), End: plimsoll.Instant(to)}
}

func TestIntegrateKnownLoads(t *testing.T) {
	w := window(10*time.Second+300*time.Millisecond, 310*time.Second+700*time.Millisecond)
	for _, tt := range []struct {
		name    string
		c       curve
		counter bool
		method  string
		limit   float64 // relative error
	}{
		{"constant load by counter", burst(700.5, 0, 10), true, "counter", 1e-9},
		{"steady load by power", burst(700.5, 0.5, 10), false, "trapezoid", 0.005},
		{"bursts of 7 s by counter", burst(600, 300, 7), true, "counter", 0.005},
		{"bursts of 7 s by power", burst(600, 300, 7), false, "trapezoid", 0.005},
		{"slow swing by power", burst(500, 400, 97), false, "trapezoid", 0.005},
	} {
		t.Run(tt.name, func(t *testing.T) {
			samples := record("GPU-a", tt.c, 0, 320*time.Second, time.Second, tt.counter)
			samples = append(samples, record("GPU-b", tt.c, 500*time.Millisecond, 320*time.Second, time.Second, tt.counter)...)
			got := Integrate(samples, w, accelerators(2))
			want := 2 * (tt.c.joules(w.End.Seconds()) - tt.c.joules(w.Start.Seconds()))
			if !got.Valid || len(got.Reasons) > 0 || got.Method != tt.method || got.Devices != 2 {
				t.Fatalf("not a clean %s figure: %+v", tt.method, got)
			}
			if off := math.Abs(got.Joules-want) / want; off > tt.limit {
				t.Errorf("%.1f J, want %.1f J: off by %.4f %%", got.Joules, want, 100*off)
			}
			if mean := want / w.Seconds(); math.Abs(got.MeanWatts-mean) > 0.005*mean || got.UncertaintyW <= 0 {
				t.Errorf("mean %.1f W +- %.1f W, want %.1f W with an uncertainty", got.MeanWatts, got.UncertaintyW, mean)
			}
			if got.MinWatts > got.P95Watts || got.P95Watts > got.MaxWatts || got.MaxWatts > 2*900.6 {
				t.Errorf("spread %.1f %.1f %.1f W is out of order", got.MinWatts, got.P95Watts, got.MaxWatts)
			}
		})
	}
}

// TestReasons reaches every reason code by the trap that it is for.
func TestReasons(t *testing.T) {
	w := window(10*time.Second, 110*time.Second)
	load := burst(500.25, 100, 13)
	full := func(counter bool) []plimsoll.Sample {
		return record("GPU-a", load, 0, 120*time.Second, time.Second, counter)
	}
	for _, tt := range []struct {
		reason string
		valid  bool
		make   func() ([]plimsoll.Sample, plimsoll.Window, Expect)
	}{
		{ReasonWindowInvalid, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return full(true), window(110*time.Second, 10*time.Second), accelerators(1)
		}},
		{ReasonWindowTooShort, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return full(true), window(10*time.Second, 69*time.Second), accelerators(1)
		}},
		{ReasonWindowTooShort, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			e := accelerators(1)
			e.Resolution = 360_000 // tenths of a kWh
			return without(full(true), func(s *plimsoll.Sample) { s.Watts = math.NaN() }), w, e
		}},
		{ReasonNotBracketed, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return full(true)[:110], w, accelerators(1)
		}},
		{ReasonSamplesMissing, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return full(true)[:1], w, accelerators(1)
		}},
		{ReasonGap, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			s := full(true)
			return slices.Concat(s[:50], s[54:]), w, accelerators(1)
		}},
		{ReasonGap, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return stale(full(true), 30), w, accelerators(1) // dcgm-exporter's default refresh
		}},
		{ReasonTimestamp, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return without(full(true), func(s *plimsoll.Sample) { s.At = plimsoll.Never }), w, accelerators(1)
		}},
		{ReasonTimestamp, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return without(full(true), func(s *plimsoll.Sample) { s.DeviceAt = s.At + plimsoll.Instant(time.Hour) }), w, accelerators(1)
		}},
		{ReasonClockOffset, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return without(full(true), func(s *plimsoll.Sample) { s.DeviceAt = s.At + second/2 }), w, accelerators(1)
		}},
		{ReasonClockOffset, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return without(full(true), func(s *plimsoll.Sample) { s.DeviceAt = s.At - 2*second }), w, accelerators(1)
		}},
		{ReasonDeviceCount, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return full(true), w, accelerators(2)
		}},
		{ReasonDeviceIdentity, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return without(full(true), func(s *plimsoll.Sample) { s.Device = "" }), w, accelerators(1)
		}},
		{ReasonDeviceIdentity, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return without(full(true), func(s *plimsoll.Sample) {
				s.Device, s.Watts, s.Joules, s.Note = "", math.NaN(), math.NaN(), ReasonDeviceIdentity
			}), w, accelerators(1)
		}},
		{ReasonDeviceChanged, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			s := full(true)
			for i := range s {
				if i > 60 {
					s[i].Device = "GPU-b"
				}
			}
			return s, w, accelerators(1)
		}},
		{ReasonCounterReset, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			s := full(true)
			for i := 60; i < len(s); i++ {
				s[i].Joules -= s[60].At.Seconds() * 400
			}
			return s, w, accelerators(1)
		}},
		{ReasonValueFrozen, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return without(full(false), func(s *plimsoll.Sample) { s.Watts = 512 }), w, accelerators(1)
		}},
		{ReasonUnitUnknown, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return without(full(false), func(s *plimsoll.Sample) { s.Watts *= 1000; s.Limit = 700 }), w, accelerators(1)
		}},
		{ReasonUnreachable, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return without(full(false), func(s *plimsoll.Sample) {
				s.Device, s.Watts, s.Note = "", math.NaN(), ReasonUnreachable
			}), w, accelerators(1)
		}},
		{ReasonUnreachable, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) { return nil, w, accelerators(1) }},
		{ReasonBoundary, false, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			e := accelerators(1)
			e.Boundary, e.Covers = plimsoll.BoundaryNodeAC, plimsoll.BoundaryAccelerator
			return full(true), w, e
		}},
		{ReasonCounterDisagrees, true, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			return without(full(true), func(s *plimsoll.Sample) { s.Watts *= 1.06 }), w, accelerators(1)
		}},
		{ReasonNegativeOrNaN, true, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			s := full(false)
			s[40].Watts = -1
			return s, w, accelerators(1)
		}},
		{ReasonLimitChanged, true, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			s := without(full(true), func(s *plimsoll.Sample) { s.Limit = 700 })
			s[40].Limit = 600
			return s, w, accelerators(1)
		}},
		{ReasonReadingsFailed, true, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			s := full(true)
			s[40] = plimsoll.Sample{At: s[40].At, Watts: math.NaN(), Joules: math.NaN(), Note: ReasonUnreachable}
			return s, w, accelerators(1)
		}},
		{ReasonAccuracyDeclared, true, func() ([]plimsoll.Sample, plimsoll.Window, Expect) {
			e := accelerators(1)
			e.AccuracyDeclared = true
			return full(true), w, e
		}},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			samples, w, e := tt.make()
			got := Integrate(samples, w, e)
			if got.Valid != tt.valid || !slices.Contains(got.Reasons, tt.reason) {
				t.Fatalf("valid %v with %v, want %v with %s", got.Valid, got.Reasons, tt.valid, tt.reason)
			}
			if tt.valid != (got.Joules > 0 && got.MeanWatts > 0) {
				t.Errorf("valid %v with %.1f J and %.1f W", got.Valid, got.Joules, got.MeanWatts)
			}
			if tt.valid && len(got.Reasons) != 1 {
				t.Errorf("reasons %v, want %s alone", got.Reasons, tt.reason)
			}
		})
	}
}

func without(list []plimsoll.Sample, change func(*plimsoll.Sample)) []plimsoll.Sample {
	for i := range list {
		change(&list[i])
	}
	return list
}

// stale lets only every n-th sample be news; the others repeat it.
func stale(list []plimsoll.Sample, n int) []plimsoll.Sample {
	for i := range list {
		list[i].Watts, list[i].Joules = list[i/n*n].Watts, list[i/n*n].Joules
	}
	return list
}

// TestDeclaredRefresh: an exporter with news every 30 s is usable once that is
// stated, and the uncertainty grows by it.
func TestDeclaredRefresh(t *testing.T) {
	load := burst(500.25, 20, 13)
	w := window(45*time.Second, 945*time.Second)
	e := accelerators(1)
	fast := Integrate(record("GPU-a", load, 0, 1000*time.Second, time.Second, true), w, e)
	e.Interval = 30 * time.Second
	slow := Integrate(stale(record("GPU-a", load, 0, 1000*time.Second, time.Second, true), 30), w, e)
	if !slow.Valid || slow.MaxGapS != 30 || slow.UncertaintyW <= fast.UncertaintyW {
		t.Fatalf("declared refresh: %+v", slow)
	}
	if off := math.Abs(slow.Joules-fast.Joules) / fast.Joules; off > 0.005 {
		t.Errorf("off by %.3f %%", 100*off)
	}
}

// TestIntegrateProperties: adding is linear, order does not matter, and splitting
// the window splits the energy.
func TestIntegrateProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.Float64Range(50.1, 1500).Draw(t, "base")
		load := burst(base, base*rapid.Float64Range(0.01, 0.9).Draw(t, "swing"), rapid.Float64Range(5, 60).Draw(t, "period"))
		counter := rapid.Bool().Draw(t, "counter")
		samples := record("GPU-a", load, 0, 300*time.Second, time.Second, counter)
		shuffled := rapid.Permutation(samples).Draw(t, "order")
		from := time.Duration(rapid.Int64Range(0, 60e9).Draw(t, "from"))
		middle := from + 60*time.Second + time.Duration(rapid.Int64Range(0, 60e9).Draw(t, "middle"))
		to := middle + 60*time.Second + time.Duration(rapid.Int64Range(0, 50e9).Draw(t, "to"))
		whole := Integrate(shuffled, window(from, to), accelerators(1))
		left := Integrate(samples, window(from, middle), accelerators(1))
		right := Integrate(samples, window(middle, to), accelerators(1))
		if !whole.Valid || !left.Valid || !right.Valid {
			t.Fatalf("invalid: %v %v %v", whole.Reasons, left.Reasons, right.Reasons)
		}
		if sum := left.Joules + right.Joules; math.Abs(sum-whole.Joules) > 1e-6*sum {
			t.Errorf("%.6f J + %.6f J is not %.6f J", left.Joules, right.Joules, whole.Joules)
		}
		if whole.MeanWatts < whole.MinWatts*0.98 || whole.MeanWatts > whole.MaxWatts*1.02 {
			t.Errorf("mean %.2f W outside %.2f..%.2f W", whole.MeanWatts, whole.MinWatts, whole.MaxWatts)
		}
	})
}

// TestNested: a node figure below its accelerators' is not a node figure.
func TestNested(t *testing.T) {
	w := window(10*time.Second, 110*time.Second)
	gpu := record("GPU-a", burst(700.5, 50, 13), 0, 120*time.Second, time.Second, true)
	node := without(record("chassis", burst(400.5, 50, 13), 0, 120*time.Second, time.Second, false), func(s *plimsoll.Sample) {
		s.Meter = "prom:http://127.0.0.1:9290/metrics?metric=ipmi_dcmi_power_consumption_watts"
	})
	got := Energies(nil, append(gpu, node...), w, 1)
	if len(got) != 2 || !got[0].Valid || got[1].Valid || !slices.Contains(got[1].Reasons, ReasonBoundary) {
		t.Fatalf("%+v", got)
	}
}

// TestParts: two sources at one boundary are parts of a whole. As two meters neither
// is a figure; as one they add up.
func TestParts(t *testing.T) {
	w := window(10*time.Second, 110*time.Second)
	one, two := "dcgm:http://127.0.0.1:9400/metrics", "dcgm:http://127.0.0.1:9401/metrics"
	samples := record("GPU-a", burst(700.5, 50, 13), 0, 120*time.Second, time.Second, true)
	other := record("GPU-b", burst(700.5, 50, 13), 0, 120*time.Second, time.Second, true)
	both := append(slices.Clone(samples), without(slices.Clone(other), func(s *plimsoll.Sample) { s.Meter = two })...)
	specs := []plimsoll.PowerSpec{spec(t, one), spec(t, two)}
	for _, e := range Energies(specs, both, w, 1) {
		if e.Valid || e.Joules != 0 || e.MaxWatts != 0 || !slices.Contains(e.Reasons, ReasonBoundary) {
			t.Errorf("a part passed as the whole: %+v", e)
		}
	}
	if err := Together(specs); err == nil || !strings.Contains(err.Error(), "also=") {
		t.Errorf("%v", err)
	}
	joined := spec(t, one+"?also=http://127.0.0.1:9401/metrics")
	sum := without(append(samples, other...), func(s *plimsoll.Sample) { s.Meter = joined.String() })
	if got := Energies([]plimsoll.PowerSpec{joined}, sum, w, 2); len(got) != 1 || !got[0].Valid || math.Abs(got[0].MeanWatts-1401) > 10 {
		t.Errorf("%+v", got)
	}
	if err := Together([]plimsoll.PowerSpec{joined, spec(t, "nvidia-smi:"), spec(t, "static:700W"), spec(t, "static:700W")}); err != nil {
		t.Errorf("%v", err)
	}
}

// TestPublishedArithmetic: agents per accelerator and per megawatt of the published
// results imply a power per accelerator.
func TestPublishedArithmetic(t *testing.T) {
	for _, tt := range []struct{ perGPU, perMW, watts float64 }{
		{57.5, 61_354, 937}, {1.375, 2_594, 530},
	} {
		e := plimsoll.Energy{Boundary: plimsoll.BoundaryAccelerator, Basis: plimsoll.Measured, Source: "published", Grade: plimsoll.G1,
			MeanWatts: tt.watts * 1000, WindowS: 600, Valid: true}
		got, err := plimsoll.NewPerMegawatt(int(tt.perGPU*1000), e, nil)
		if err != nil || math.Abs(got.Value-tt.perMW) > 0.001*tt.perMW {
			t.Errorf("%g agents at %g W: %.0f agents/MW, want %.0f (%v)", tt.perGPU, tt.watts, got.Value, tt.perMW, err)
		}
	}
}
