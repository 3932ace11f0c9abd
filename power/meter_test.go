package power

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"plimsoll"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func spec(t *testing.T, text string) plimsoll.PowerSpec {
	t.Helper()
	var p plimsoll.PowerSpec
	if err := p.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return p
}

// readings opens a meter and lets it read until n samples are there.
func readings(t *testing.T, text string, cfg Config, n int) []plimsoll.Sample {
	t.Helper()
	m, err := New(spec(t, text), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var list []plimsoll.Sample
	if err := m.Sample(ctx, func(s plimsoll.Sample) {
		if list = append(list, s); len(list) >= n {
			cancel()
		}
	}); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return list
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

func TestStaticMeter(t *testing.T) {
	for _, tt := range []struct {
		spec    string
		devices int
		watts   float64 // mean
		where   plimsoll.Boundary
	}{
		{"static:700W", 8, 5600, plimsoll.BoundaryAccelerator},
		{"static:700W@accelerator", 8, 5600, plimsoll.BoundaryAccelerator},
		{"static:10.2kW@node_ac", 1, 10200, plimsoll.BoundaryNodeAC},
		{"static:1MW@facility", 1, 1e6, plimsoll.BoundaryFacility},
	} {
		t.Run(tt.spec, func(t *testing.T) {
			got := readings(t, tt.spec, Config{Accelerators: 8, Period: 10 * time.Millisecond}, 3*tt.devices)
			w := plimsoll.Window{Start: got[0].At, End: got[len(got)-1].At}
			virtual, err := Constant(spec(t, tt.spec), 8, w)
			if err != nil {
				t.Fatal(err)
			}
			for name, samples := range map[string][]plimsoll.Sample{"live": got, "virtual": virtual} {
				e := Energies(nil, samples, w, 8)
				if len(e) != 1 || !e[0].Valid || math.Abs(e[0].MeanWatts-tt.watts) > 1e-6*tt.watts || e[0].Devices != tt.devices ||
					e[0].Boundary != tt.where || e[0].Basis != plimsoll.Static || e[0].Grade != plimsoll.G0 || e[0].UncertaintyW != 0 {
					t.Errorf("%s: %+v", name, e)
				}
			}
		})
	}
}

// TestRefusals: each error says what and what to do, and echoes no secret.
func TestRefusals(t *testing.T) {
	for _, tt := range []struct{ spec, want string }{
		{"watts:3", "known kinds are static, provisioned, dcgm"},
		{"static:700", "static:700W@accelerator"},
		{"static:0W@rack", "no figure above 0"},
		{"static:700W@accelerator", "--accelerators N"},
		{"dcgm:127.0.0.1:9400", "not an http or https address"},
		{"dcgm:http://127.0.0.1:9400/metrics@node_ac", "reads accelerator power, not node_ac"},
		{"dcgm:http://root:hunter2@127.0.0.1:9400/metrics", "holds credentials"},
		{"dcgm:http://127.0.0.1:9400/metrics?also=http://root:hunter2@127.0.0.1/", "holds credentials"},
		{"dcgm:http://127.0.0.1:9400/metrics?token=hunter2", "token_env=NAME"},
		{"dcgm:http://192.0.2.1:9400/metrics?token_env=CANARY", "in the clear"},
		{"dcgm:https://192.0.2.1:9400/metrics?token_env=UNSET", "UNSET is empty"},
		{"dcgm:https://192.0.2.1:9400/metrics?pin=00", "fingerprint"},
		{"dcgm:http://127.0.0.1:9400/metrics?interval=soon", "interval=30s"},
		{"dcgm:http://127.0.0.1:9400/metrics?devices=0", "devices=8"},
		{"dcgm:http://127.0.0.1:9400/metrics?accuracy=5", "accuracy=0.01"},
		{"prom:http://127.0.0.1:9400/metrics", "?metric=NAME"},
		{"prom:http://127.0.0.1:9400/metrics?metric=habanalabs_energy", "add &unit="},
		{"prom:http://127.0.0.1:9400/metrics?metric=own_power&unit=V", "known are W"},
		{"prom:http://127.0.0.1:9400/metrics?metric=own_power&unit=W", "@node_ac"},
		{"prom:http://127.0.0.1:9400/metrics?metric=kepler_platform_watts&metric=gpu_package_power", "one meter of each"},
	} {
		t.Run(tt.spec, func(t *testing.T) {
			_, err := New(spec(t, tt.spec), Config{Getenv: func(name string) string {
				if name == "CANARY" {
					return "hunter2"
				}
				return ""
			}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error echoes a secret: %v", err)
			}
			var typed *Error
			if !errors.As(err, &typed) || typed.Hint == "" {
				t.Errorf("%v has no hint", err)
			}
		})
	}
}

// TestMeterOutlivesItsSource: a source that goes away and comes back leaves notes,
// and the readings after it count again.
func TestMeterOutlivesItsSource(t *testing.T) {
	var calls atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n := calls.Add(1); n > 2 && n < 5 {
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, "DCGM_FI_DEV_POWER_USAGE{gpu=\"0\",UUID=\"GPU-a\"} %d.5\n", 500+calls.Load())
	})
	var failed []string
	got := readings(t, "dcgm:"+url, Config{Period: 10 * time.Millisecond, Failed: func(m string, err error) { failed = append(failed, err.Error()) }}, 7)
	var notes, values int
	for _, s := range got {
		switch {
		case s.Note == ReasonUnreachable && math.IsNaN(s.Watts):
			notes++
		case s.Device == "GPU-a" && s.Watts > 500:
			values++
		}
	}
	if notes != 2 || values < 5 || len(failed) != 2 || !strings.Contains(failed[0], "503") {
		t.Errorf("%d notes, %d values, failures %v", notes, values, failed)
	}
	if !slices.IsSortedFunc(got, func(a, b plimsoll.Sample) int { return int(a.At - b.At) }) {
		t.Error("samples are out of order")
	}
}

// TestSlowSource: an answer that takes longer than the time-out is a failed
// reading, and a meter that never answered says so.
func TestSlowSource(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	m, err := New(spec(t, "dcgm:"+url), Config{Period: 10 * time.Millisecond, Timeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err = m.Sample(ctx, func(s plimsoll.Sample) {
		if n++; n == 2 {
			cancel()
		}
		if s.Note != ReasonUnreachable {
			t.Errorf("sample %+v", s)
		}
	})
	if err == nil || !strings.Contains(err.Error(), "never answered") || n != 3 {
		t.Errorf("%d samples, %v", n, err)
	}
}

func TestCollect(t *testing.T) {
	good, err := New(spec(t, "static:1kW@rack"), Config{Period: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	lost, err := New(spec(t, "dcgm:http://127.0.0.1:1/metrics"), Config{Period: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int32
	err = Collect(ctx, []plimsoll.Meter{good, lost}, func(s plimsoll.Sample) {
		if s.Note == "" && n.Add(1) == 3 {
			cancel()
		}
	})
	if n.Load() < 3 || err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("%d good samples, %v", n.Load(), err)
	}
}

// TestTwoFeeds: a second source adds its devices under names of their own, and what
// one source misses is a failed reading beside the other's values.
func TestTwoFeeds(t *testing.T) {
	feed := func(watts float64) string {
		return serve(t, func(w http.ResponseWriter, r *http.Request) {
			if watts == 0 {
				http.Error(w, "down", http.StatusBadGateway)
				return
			}
			fmt.Fprintf(w, "idrac_pdu_power_watts{id=\"1\"} %g\n", watts)
		})
	}
	const params = "?metric=idrac_pdu_power_watts&also="
	list, err := open(t, "prom:"+feed(1000.5)+params+feed(2000.5), Config{}).read(t.Context())
	if err != nil || len(list) != 2 || list[0].device != "id-1" || list[1].device != "id-1#2" || list[0].watts+list[1].watts != 3001 {
		t.Errorf("%+v %v", list, err)
	}
	got := readings(t, "prom:"+feed(1000.5)+params+feed(0), Config{Period: 10 * time.Millisecond}, 4)
	if got[0].Note != ReasonUnreachable || got[1].Device != "id-1" {
		t.Errorf("%+v", got)
	}
	if _, err := New(spec(t, "static:1kW?also=2kW@rack"), Config{}); err == nil || !strings.Contains(err.Error(), "state the sum") {
		t.Errorf("%v", err)
	}
}
