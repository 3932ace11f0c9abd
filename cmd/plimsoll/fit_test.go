package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/sim/calibrate"
	"plimsoll/sim/profile"
)

// TestCalibrate fits the demo engine to a short virtual run of one that is half as
// fast, and reads the profile that it wrote.
func TestCalibrate(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	run, file := filepath.Join(folder, "run"), filepath.Join(folder, "fitted.yaml")
	code, _, stderr := call(t, nil, "run", "--virtual", "--engine", "h100+llama-3.1-8b", "--engine-speed", "0.5", "--levels", "4,16",
		"--ramp", "1s", "--settle", "2s", "--window", "10s", "--limit", "60s", "--out", run)
	if code != 0 && code != exitUndecided && code != exitVoid {
		t.Fatalf("run: exit %d\n%s", code, stderr)
	}
	code, stdout, stderr := call(t, nil, "calibrate", run, "-o", file, "--json")
	if code != 0 {
		t.Fatalf("calibrate: exit %d\n%s", code, stderr)
	}
	var out struct {
		Fit calibrate.Result `json:"fit"`
	}
	if err := json.Unmarshal([]byte(stdout), &out); err != nil {
		t.Fatal(err)
	}
	// Half the speed is twice the software factor.
	if f := out.Fit.Factors[0]; f.Value < 0.95*2*f.Was || f.Value > 1.05*2*f.Was || len(out.Fit.Predictions) != 2 {
		t.Errorf("%+v", out.Fit)
	}
	p, err := profile.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if v := p.Runtime.PhiDecode; v.Value != out.Fit.Factors[0].Value || v.Kind != "measured" || !strings.HasPrefix(v.Source, "calibrated on run ") {
		t.Errorf("%+v", v)
	}
	code, stdout, stderr = call(t, nil, "calibrate", run)
	if code != 0 || !strings.Contains(stdout, "phi_decode") || !strings.Contains(stdout, "predicted") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestCalibrateWantsAProfile(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	call(t, nil, "run", "--virtual", "--levels", "2", "--ramp", "1s", "--settle", "1s", "--window", "2s", "--out", run)
	if err := os.WriteFile(filepath.Join(run, "run.yaml"), []byte("url: [http://127.0.0.1:1/v1]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := call(t, nil, "calibrate", run); code != exitUsage || !strings.Contains(stderr, "--profile") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}
