//go:build nvml

package power

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakeLibrary has two devices: one counts energy, the other does not and reports a
// module. The power of the first follows the clock, so that its counter agrees.
const fakeLibrary = `
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
typedef struct { uint32_t field, scope; int64_t stamp, latency; uint32_t type; int32_t status; union { double d; uint32_t u; uint64_t l; } value; } field_t;
static int up;
static uint64_t ms(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000ull + t.tv_nsec / 1000000; }
int nvmlInit_v2(void) { up = 1; return INIT; }
int nvmlShutdown(void) { if (!up) return 1; up = 0; return 0; }
int nvmlDeviceGetCount_v2(uint32_t *n) { if (!up) return 1; *n = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(uint32_t i, uintptr_t *h) { if (i > 1) return 2; *h = 0x1000 + i; return 0; }
int nvmlDeviceGetUUID(uintptr_t h, char *s, uint32_t n) { return snprintf(s, n, "GPU-fake-%d", (int)(h - 0x1000)) < 0; }
int nvmlDeviceGetPowerUsage(uintptr_t h, uint32_t *mw) { *mw = 500250 + 1000 * (uint32_t)(h - 0x1000); return 0; }
int nvmlDeviceGetTotalEnergyConsumption(uintptr_t h, unsigned long long *mj) { if (h != 0x1000) return 3; *mj = ms() * 500250ull / 1000; return 0; }
int nvmlDeviceGetEnforcedPowerLimit(uintptr_t h, uint32_t *mw) { *mw = 700000; return 0; }
int nvmlDeviceGetFieldValues(uintptr_t h, int n, field_t *f) { if (n != 1 || f->field != 185 || f->scope != 1) return 2; f->status = h == 0x1000 ? 3 : 0; f->value.u = 812500; return 0; }
const char *nvmlErrorString(int s) { return s == 3 ? "Not Supported" : s == 9 ? "Driver Not Loaded" : "Some Error"; }
`

// library compiles the fake.
func library(t *testing.T, flags ...string) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("needs a C compiler named cc for the fake library, which the race detector needs too: %v", err)
		}
		t.Skipf("needs a C compiler named cc for the fake library: %v", err)
	}
	dir := t.TempDir()
	source, lib := filepath.Join(dir, "fake.c"), filepath.Join(dir, "libnvidia-ml.so.1")
	if err := os.WriteFile(source, []byte(fakeLibrary), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-shared", "-fPIC", "-o", lib, source}, flags...)
	if out, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return lib
}

func TestNVMLLibrary(t *testing.T) {
	lib := library(t, "-DINIT=0")
	r := open(t, "nvml:?lib="+lib, Config{})
	first, err := r.read(t.Context())
	if err != nil || len(first) != 2 {
		t.Fatalf("%+v %v", first, err)
	}
	began := time.Now()
	time.Sleep(200 * time.Millisecond)
	second, err := r.read(t.Context())
	took := time.Since(began).Seconds()
	if err != nil {
		t.Fatal(err)
	}
	if a := first[0]; a.device != "GPU-fake-0" || a.watts != 500.25 || a.limit != 700 || !(a.joules > 0) {
		t.Errorf("%+v", a)
	}
	if b := first[1]; b.device != "GPU-fake-1" || b.watts != 501.25 || !math.IsNaN(b.joules) {
		t.Errorf("%+v", b)
	}
	if mean := (second[0].joules - first[0].joules) / took; math.Abs(mean-500.25) > 50 {
		t.Errorf("counter says %.1f W, power 500.25 W", mean)
	}
}

func TestNVMLTrouble(t *testing.T) {
	for _, tt := range []struct{ spec, want string }{
		{"nvml:?lib=" + library(t, "-DINIT=9"), "Driver Not Loaded"},
		{"nvml:?lib=/nonexistent/libnvidia-ml.so.1", "/nonexistent"},
		{"nvml:?lib=" + library(t, "-DINIT=0") + "@module", "Not Supported"},
		{"nvml:?lib=" + library(t, "-DINIT=0", "-DnvmlDeviceGetUUID=renamed"), "has no nvmlDeviceGetUUID"},
	} {
		if _, err := open(t, tt.spec, Config{}).read(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.spec, err, tt.want)
		}
	}
}
