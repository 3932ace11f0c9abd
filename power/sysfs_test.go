package power

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll"
)

// tree writes files under a temporary sysfs root.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		put(t, filepath.Join(root, name), text)
	}
	return root
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// open makes the reader of a meter without its loop.
func open(t *testing.T, text string, cfg Config) reader {
	t.Helper()
	m, err := New(spec(t, text), cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := m.(*meter).reader
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

const raplZone = "class/powercap/intel-rapl:"

// TestRAPL: packages alone count, each over its own wraps.
func TestRAPL(t *testing.T) {
	files := map[string]string{}
	for _, z := range []struct{ id, name, uj string }{
		{"0", "package-0", "900000000"}, {"0:0", "core", "1"}, {"0:1", "dram", "2"},
		{"1", "package-1", "5"}, {"2", "psys", "7"},
	} {
		files[raplZone+z.id+"/name"] = z.name + "\n"
		files[raplZone+z.id+"/energy_uj"] = z.uj + "\n"
		files[raplZone+z.id+"/max_energy_range_uj"] = "1000000000\n"
	}
	files["class/powercap/intel-rapl-mmio:0/name"] = "package-0\n"
	files["class/powercap/intel-rapl-mmio:0/energy_uj"] = "3\n"
	root := tree(t, files)
	r := open(t, "rapl:", Config{Sysfs: root})
	var samples []plimsoll.Sample
	// 60.5 W and 40.25 W for 130 s: package-0 wraps every 1,000 J, so eight times.
	for i := range 131 {
		put(t, filepath.Join(root, raplZone+"0/energy_uj"), fmt.Sprint((900_000_000+i*60_500_000)%1_000_000_000))
		put(t, filepath.Join(root, raplZone+"1/energy_uj"), fmt.Sprint((5+i*40_250_000)%1_000_000_000))
		list, err := r.read(t.Context())
		if err != nil || len(list) != 2 {
			t.Fatal(list, err)
		}
		for _, one := range list {
			samples = append(samples, plimsoll.Sample{Meter: "rapl", Device: one.device, At: plimsoll.Instant(i) * second, DeviceAt: plimsoll.Never, Watts: one.watts, Joules: one.joules})
		}
	}
	got := Energies(nil, samples, window(10*time.Second, 110*time.Second), 0)
	if len(got) != 1 || !got[0].Valid || got[0].Method != "counter" || math.Abs(got[0].Joules-10075) > 0.005*10075 {
		t.Errorf("%+v", got)
	}
}

func TestRAPLTrouble(t *testing.T) {
	for _, tt := range []struct{ spec, want string }{
		{"rapl:", "no energy counters"},
		{"rapl:?zone=dram", "no energy counters"},
	} {
		if _, err := open(t, tt.spec, Config{Sysfs: t.TempDir()}).read(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.spec, err)
		}
	}
	root := tree(t, map[string]string{raplZone + "0/name": "package-0", raplZone + "0/energy_uj": "junk"})
	if _, err := open(t, "rapl:", Config{Sysfs: root}).read(t.Context()); err == nil || !strings.Contains(err.Error(), "not a number") {
		t.Errorf("%v", err)
	}
	if _, err := New(spec(t, "rapl:?zone=core"), Config{}); err == nil || !strings.Contains(err.Error(), "zones overlap") {
		t.Errorf("%v", err)
	}
}

// TestRAPLHere reads the machine's own counters where there are any.
func TestRAPLHere(t *testing.T) {
	if _, err := os.ReadFile("/sys/class/powercap/intel-rapl:0/energy_uj"); err != nil {
		t.Skipf("needs readable RAPL counters (run as root on bare metal): %v", err)
	}
	r := open(t, "rapl:", Config{})
	if _, err := r.read(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	list, err := r.read(t.Context())
	if err != nil || list[0].joules <= 0 {
		t.Errorf("%+v %v", list, err)
	}
}

func TestHwmon(t *testing.T) {
	root := tree(t, map[string]string{
		"class/hwmon/hwmon0/name":           "acpi_power",
		"class/hwmon/hwmon0/power1_label":   "Module Power Socket 0",
		"class/hwmon/hwmon0/power1_average": "612500000",
		"class/hwmon/hwmon0/power1_input":   "700000000",
		"class/hwmon/hwmon1/power1_label":   "CPU Power Socket 0",
		"class/hwmon/hwmon1/power1_average": "112500000",
		"class/hwmon/hwmon2/name":           "amdgpu",
		"class/hwmon/hwmon2/power1_input":   "99000000",
		"class/hwmon/hwmon2/energy1_input":  "5000000",
	})
	for _, tt := range []struct {
		spec string
		want reading
		err  string
	}{
		{"hwmon:?rail=Module", reading{device: "Module Power Socket 0", watts: 612.5, joules: math.NaN(), limit: math.NaN()}, ""},
		{"hwmon:?rail=amdgpu@accelerator", reading{device: "amdgpu-1", watts: 99, joules: 5, limit: math.NaN()}, ""},
		{"hwmon:", reading{}, "choose with ?rail="},
		{"hwmon:?rail=GPU", reading{}, "CPU Power Socket 0"},
	} {
		list, err := open(t, tt.spec, Config{Sysfs: root}).read(t.Context())
		elsewhere, errElsewhere := open(t, "hwmon:?path="+root+"&"+strings.TrimPrefix(strings.TrimPrefix(tt.spec, "hwmon:"), "?"), Config{}).read(t.Context())
		if len(elsewhere) != len(list) || (err == nil) != (errElsewhere == nil) {
			t.Errorf("%s: by path= %+v %v, by Sysfs %+v %v", tt.spec, elsewhere, errElsewhere, list, err)
		}
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v, want %q", tt.spec, err, tt.err)
			}
			continue
		}
		if err != nil || len(list) != 1 || !sameReading(list[0], tt.want) {
			t.Errorf("%s: %+v %v", tt.spec, list, err)
		}
	}
}
