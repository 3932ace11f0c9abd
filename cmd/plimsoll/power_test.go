package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/power"
)

// powerCommand parses and runs "plimsoll power ARGS...".
func powerCommand(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var cli struct {
		Power PowerCmd `cmd:""`
	}
	var out bytes.Buffer
	parser, err := kong.New(&cli)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(append([]string{"power"}, args...))
	if err != nil {
		t.Fatal(err)
	}
	outside := &IO{Out: &out, Err: &out, Env: func(string) string { return "" }}
	parsed.BindTo(t.Context(), (*context.Context)(nil))
	err = parsed.Run(outside)
	return out.String(), err
}

// exporter serves dcgm text whose values move at every scrape.
func exporter(t *testing.T) string {
	t.Helper()
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := n.Add(1)
		fmt.Fprintf(w, "DCGM_FI_DEV_POWER_USAGE{gpu=\"0\",UUID=\"GPU-a\"} %d.5\nDCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu=\"0\",UUID=\"GPU-a\"} %d\n", 500+i%7, i*500_000)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestPowerCheck(t *testing.T) {
	t.Parallel()
	_, err := powerCommand(t, "check", "dcgm:"+exporter(t), "static:1,5kW@rack", "--for", "1500ms")
	if err == nil || !strings.Contains(err.Error(), "no figure above 0") {
		t.Errorf("a comma must not split a spec: %v", err)
	}
	text, err := powerCommand(t, "check", "dcgm:"+exporter(t), "static:10kW@rack", "--for", "1500ms", "--accelerators", "1")
	for _, want := range []string{"boundary accelerator, basis measured, grade G1", "GPU-a", "boundary rack, basis static, grade G0", "10000.0 W", "good"} {
		if err != nil || !strings.Contains(text, want) {
			t.Fatalf("lacks %q: %v\n%s", want, err, text)
		}
	}
	var exit *ExitError
	text, err = powerCommand(t, "check", "--json", "--for", "100ms", "dcgm:http://127.0.0.1:1/metrics")
	var list []checked
	if jsonErr := json.Unmarshal([]byte(text), &list); jsonErr != nil || len(list) != 1 || list[0].Failed == 0 || list[0].Error == "" {
		t.Errorf("%v %+v", jsonErr, list)
	}
	if !errors.As(err, &exit) || exit.Code != exitCheck {
		t.Errorf("an unreachable meter ends with %v", err)
	}
	if _, err = powerCommand(t, "check", "watts:1"); !errors.As(err, &exit) || exit.Code != exitUsage {
		t.Errorf("an unknown kind ends with %v", err)
	}
}

func TestPowerWatch(t *testing.T) {
	t.Parallel()
	text, err := powerCommand(t, "watch", "dcgm:"+exporter(t), "--for", "1200ms")
	if err != nil || !strings.Contains(text, "GPU-a") || !strings.Contains(text, "power W") || strings.Contains(text, "\x1b") {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestPowerIntegrate: a level's raw samples give its figure again, and wall power
// gives the facility's by a stated PUE.
func TestPowerIntegrate(t *testing.T) {
	var gpu, rack plimsoll.PowerSpec
	for text, into := range map[string]*plimsoll.PowerSpec{"dcgm:http://127.0.0.1:9400/metrics": &gpu, "static:2kW@rack": &rack} {
		if err := into.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "run")
	dir, err := bundle.Create(path, plimsoll.Facts{Preset: "quick", Accelerators: 1, Power: []plimsoll.PowerSpec{gpu, rack}}, []byte("preset: quick\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	level, err := dir.Begin(plimsoll.Stage{Level: 1, Attempt: 1, Agents: 8})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 101 {
		at := plimsoll.Instant(i) * plimsoll.Instant(time.Second)
		watts := 600 + 10*math.Sin(float64(i))
		for _, s := range []plimsoll.Sample{
			{Meter: gpu.String(), Device: "GPU-a", At: at, Watts: watts, Joules: math.NaN(), DeviceAt: plimsoll.Never},
			{Meter: rack.String(), Device: "total", At: at, Watts: 2000, Joules: math.NaN(), DeviceAt: plimsoll.Never},
		} {
			if err := level.Sample(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := level.Seal(plimsoll.Observed{Window: plimsoll.Window{Start: 10e9, End: 90e9}}); err != nil {
		t.Fatal(err)
	}
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := powerCommand(t, "integrate", path, "--json", "--pue", "1.25")
	var list []integrated
	if jsonErr := json.Unmarshal([]byte(text), &list); err != nil || jsonErr != nil || len(list) != 1 || len(list[0].Energy) != 3 {
		t.Fatalf("%v %v\n%s", err, jsonErr, text)
	}
	e := list[0].Energy
	if !e[0].Valid || math.Abs(e[0].MeanWatts-600) > 3 || e[0].Basis != plimsoll.Measured {
		t.Errorf("%+v", e[0])
	}
	if e[1].MeanWatts != 2000 || e[2].MeanWatts != 2500 || e[2].Boundary != plimsoll.BoundaryFacility || e[2].Method != "converted" {
		t.Errorf("%+v\n%+v", e[1], e[2])
	}
	if text, err = powerCommand(t, "integrate", path); err != nil || !strings.Contains(text, "accelerator") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestMeanOf(t *testing.T) {
	e := power.Expect{Boundary: plimsoll.BoundaryAccelerator, Basis: plimsoll.Measured, Source: "s", Grade: plimsoll.G1}
	var samples []plimsoll.Sample
	for i := range 70 {
		samples = append(samples, plimsoll.Sample{Device: "GPU-a", At: plimsoll.Instant(i) * plimsoll.Instant(time.Second),
			Watts: 70.5 + float64(i%2), Joules: math.NaN(), DeviceAt: plimsoll.Never})
	}
	if got := meanOf(samples, e); got == nil || !got.Valid || math.Abs(got.MeanWatts-71) > 0.1 {
		t.Errorf("%+v", got)
	}
	if meanOf(samples[:60], e) != nil || meanOf(nil, e) != nil {
		t.Error("a mean of less than a minute")
	}
}
