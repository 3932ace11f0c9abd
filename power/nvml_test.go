package power

import (
	"strings"
	"testing"
	"time"
)

// TestNVMLMeter: whatever the build, the meter reads what the machine's fake has.
// A build without the tag asks nvidia-smi.
func TestNVMLMeter(t *testing.T) {
	if _, err := New(spec(t, "nvml:@rack"), Config{}); err == nil || !strings.Contains(err.Error(), "reads accelerator power, not rack") {
		t.Errorf("%v", err)
	}
	e, err := Describe(spec(t, "nvml:"))
	if err != nil || !e.PerAccelerator || e.Grade != "G1" {
		t.Errorf("%+v %v", e, err)
	}
}

// TestNVMLSoftFailure: without a driver there are failed readings, no failed meter.
func TestNVMLSoftFailure(t *testing.T) {
	m, err := New(spec(t, "nvml:?bin=/nonexistent/nvidia-smi"), Config{Period: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := m.(*meter).reader.read(t.Context()); err == nil && len(list) == 0 {
		t.Error("neither readings nor an error")
	}
	if err := m.(*meter).reader.close(); err != nil {
		t.Error(err)
	}
}
