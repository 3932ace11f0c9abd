package power

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll"
)

// script writes a fake tool that runs the given shell lines.
func script(t *testing.T, lines string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tool")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+lines), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNvidiaSMI(t *testing.T) {
	tool := script(t, `case "$*" in *uuid,power.draw,enforced.power.limit*loop-ms=*) ;; *) exit 9 ;; esac
i=0
while :; do
  i=$((i+1))
  printf 'GPU-a, 51%d.25, 700.00\nGPU-b, 49%d.50, 650.00\n' $((i%10)) $((i%10))
  sleep 0.1
done
`)
	got := readings(t, "nvidia-smi:?bin="+tool, Config{Period: 100 * time.Millisecond}, 6)
	if len(got) < 6 || got[0].Device != "GPU-a" || got[1].Device != "GPU-b" || got[0].Watts != 511.25 || got[1].Limit != 650 || !math.IsNaN(got[0].Joules) {
		t.Fatalf("%+v", got)
	}
	latest := map[string]plimsoll.Instant{}
	for _, s := range got {
		if s.DeviceAt <= latest[s.Device] {
			t.Errorf("%s was read at %d after %d", s.Device, s.DeviceAt, latest[s.Device])
		}
		latest[s.Device] = s.DeviceAt
	}
}

// TestToolTrouble: what a tool says instead of a reading becomes a failed reading,
// a tool that ends is started again, and a cut last line is left out.
func TestToolTrouble(t *testing.T) {
	count := filepath.Join(t.TempDir(), "count")
	tool := script(t, `echo x >> `+count+`
n=$(wc -l < `+count+`)
case $n in
1) echo 'Unable to determine the device handle for GPU0000:01:00.0: GPU is lost.'; sleep 0.2 ;;
2) printf 'GPU-a, [N/A], [N/A]\n'; sleep 0.2 ;;
3) printf 'GPU-a, 500.5, 700.00\n'; sleep 0.3; printf 'GPU-a, 50' ;;
*) while :; do printf 'GPU-a, 501.5, 700.00\n'; sleep 0.1; done ;;
esac
`)
	var failures []string
	got := readings(t, "nvidia-smi:?bin="+tool, Config{Period: 10 * time.Millisecond, Failed: func(_ string, err error) { failures = append(failures, err.Error()) }}, 8)
	var watts []float64
	for _, s := range got {
		if s.Note == "" {
			watts = append(watts, s.Watts)
		}
	}
	text := strings.Join(failures, "\n")
	if len(watts) < 2 || watts[0] != 500.5 || slices.Contains(watts, 50) {
		t.Errorf("watts %v", watts)
	}
	for _, want := range []string{"GPU is lost", "gives no power", "ended"} {
		if !strings.Contains(text, want) {
			t.Errorf("failures lack %q:\n%s", want, text)
		}
	}
}

func TestMissingTool(t *testing.T) {
	m, err := New(plimsoll.PowerSpec{Kind: "nvidia-smi", Target: "?bin=/nonexistent/nvidia-smi"}, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.(*meter).reader.read(t.Context()); err == nil || !strings.Contains(err.Error(), "/nonexistent/nvidia-smi") {
		t.Errorf("%v", err)
	}
}

func TestAmdSMI(t *testing.T) {
	tool := script(t, `case "$*" in *--power*--energy*--watch*--csv*) ;; *) exit 9 ;; esac
echo "'CTRL' + 'C' to stop watching output:"
i=0
while :; do
  i=$((i+1))
  echo timestamp,gpu,socket_power,gfx_voltage,total_energy_consumption
  printf '1780000000,0,75%d,N/A,100%d.5\n1780000000,1,N/A,N/A,200%d.5\n' $((i%10)) $((i%10)) $((i%10))
  sleep 0.1
done
`)
	got := readings(t, "amdsmi:?bin="+tool, Config{Period: 100 * time.Millisecond}, 4)
	if got[0].Device != "gpu-0" || got[0].Watts != 751 || got[0].Joules != 1001.5 || got[1].Device != "gpu-1" || !math.IsNaN(got[1].Watts) || got[1].Joules != 2001.5 {
		t.Fatalf("%+v", got)
	}
}

func FuzzTools(f *testing.F) {
	f.Add("GPU-a, 511.25, 700.00")
	f.Add("timestamp,gpu,socket_power")
	f.Add("1780000000,0,751")
	f.Fuzz(func(t *testing.T, line string) {
		if r, ok, err := parseSMI(line); ok && (err != nil || math.IsNaN(r.watts) || r.device == "") {
			t.Errorf("%q: %+v %v", line, r, err)
		}
		table := &amdTable{}
		for _, l := range strings.Split(line, "\n") {
			if r, ok, err := table.parse(l); ok && (err != nil || r.device == "") {
				t.Errorf("%q: %+v %v", l, r, err)
			}
		}
	})
}
