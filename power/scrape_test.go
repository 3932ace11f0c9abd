package power

import (
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll"
)

// parsed reads one exposition with the meter that spec names.
func parsed(t *testing.T, text, exposition string) []reading {
	t.Helper()
	m, err := New(spec(t, text), Config{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := m.(*meter).reader.(*scraper).parse([]byte(exposition))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestExpositions(t *testing.T) {
	const at = "http://127.0.0.1:9400/metrics"
	none := math.NaN()
	for _, tt := range []struct {
		name, spec, text string
		want             []reading
	}{
		{"dcgm-exporter, old names, millijoules", "dcgm:" + at, `# HELP DCGM_FI_DEV_POWER_USAGE Power draw (in W).
# TYPE DCGM_FI_DEV_POWER_USAGE gauge
DCGM_FI_DEV_POWER_USAGE{gpu="1",UUID="GPU-b",device="nvidia1",modelName="NVIDIA H200",Hostname="n1"} 412.125
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a",device="nvidia0",modelName="NVIDIA H200",Hostname="n1"} 511.5
# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION counter
DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-a",Hostname="n1"} 2500000
DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="1",UUID="GPU-b",Hostname="n1"} 3500000
DCGM_FI_DEV_ENFORCED_POWER_LIMIT{gpu="0",UUID="GPU-a",Hostname="n1"} 700
`, []reading{{device: "GPU-a", watts: 511.5, joules: 2500, limit: 700}, {device: "GPU-b", watts: 412.125, joules: 3500, limit: none}}},
		{"new names, joules, both generations at once", "dcgm:" + at, `DCGM_FI_DEV_BOARD_POWER_WATTS{gpu="0",UUID="GPU-a"} 500.25
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a"} 499
DCGM_FI_DEV_BOARD_POWER_RAW_WATTS{gpu="0",UUID="GPU-a"} 640
DCGM_FI_DEV_GPU_ENERGY_JOULES_TOTAL{gpu="0",UUID="GPU-a"} 1234
DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-a"} 9999999
`, []reading{{device: "GPU-a", watts: 500.25, joules: 1234, limit: none}}},
		{"MIG repeats the board's power", "dcgm:" + at, `DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a",GPU_I_ID="1",GPU_I_PROFILE="3g.40gb"} 300.5
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a",GPU_I_ID="2",GPU_I_PROFILE="3g.40gb"} 300.5
`, []reading{{device: "GPU-a", watts: 300.5, joules: none, limit: none}}},
		{"simulated engine", "dcgm:" + at, `DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-0",Hostname="simulated"} 300.5
`, []reading{{device: "simulated/GPU-0", watts: 300.5, joules: none, limit: none}}},
		{"superchip module", "dcgm:" + at + "@module", `DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a"} 300.5
DCGM_FI_DEV_MODULE_POWER_UTIL_CURRENT{gpu="0",UUID="GPU-a"} 612.5
`, []reading{{device: "GPU-a", watts: 612.5, joules: none, limit: none}}},
		{"AMD, partitions carry nothing but the first", "prom:" + at + "?metric=gpu_package_power&metric=gpu_energy_consumed", `gpu_package_power{gpu_id="0",gpu_partition_id="0",serial_number="S1",hostname="n1"} 750
gpu_package_power{gpu_id="0",gpu_partition_id="1",serial_number="S1",hostname="n1"} 0
gpu_energy_consumed{gpu_id="0",gpu_partition_id="0",serial_number="S1",hostname="n1"} 5e+06
`, []reading{{device: "S1", watts: 750, joules: 5, limit: none}}},
		{"AMD behind a prefix", "prom:" + at + "?metric=amd_gpu_package_power", `amd_gpu_package_power{gpu_id="3"} 750
`, []reading{{device: "gpu_id-3", watts: 750, joules: none, limit: none}}},
		{"Gaudi in milliwatts", "prom:" + at + "?metric=habanalabs_power_mW", `habanalabs_power_mW{UUID="G1",device="accel0"} 420500
`, []reading{{device: "G1", watts: 420.5, joules: none, limit: none}}},
		{"Kepler, zones overlap", "prom:" + at + "?metric=kepler_node_cpu_watts&metric=kepler_node_cpu_joules_total", `kepler_node_cpu_watts{zone="package",path="p0"} 100.5
kepler_node_cpu_watts{zone="package",path="p1"} 90.5
kepler_node_cpu_watts{zone="core",path="p0c"} 60.5
kepler_node_cpu_watts{zone="dram",path="p0d"} 20.5
kepler_node_cpu_joules_total{zone="package",path="p0"} 1000
kepler_node_cpu_joules_total{zone="psys",path="ps"} 9000
`, []reading{{device: "path-p0", watts: 100.5, joules: 1000, limit: none}, {device: "path-p1", watts: 90.5, joules: none, limit: none}}},
		{"a metric of one's own, with unit and label", "prom:" + at + "?metric=shelf_power&unit=kW&device=shelf@rack", `shelf_power{shelf="1"} 16.5
shelf_power{shelf="2"} 15.5
`, []reading{{device: "1", watts: 16500, joules: none, limit: none}, {device: "2", watts: 15500, joules: none, limit: none}}},
		{"several series that nothing tells apart", "prom:" + at + "?metric=shelf_power&unit=kW@rack", `shelf_power{colour="red"} 16.5
shelf_power{colour="blue"} 15.5
`, []reading{{device: "", watts: none, joules: none, limit: none, note: ReasonDeviceIdentity}}},
		{"nonsense beside the metric", "prom:" + at + "?metric=shelf_power&unit=kW@rack", "broken{x=\n# TYPE shelf_power gauge\n  shelf_power{a=\"1\"} 16.5 1780000000000\nshelf_power_max 99\n",
			[]reading{{device: "total", watts: 16500, joules: none, limit: none}}},
		{"one series without labels", "prom:" + at + "?metric=shelf_power&unit=kW@rack", "shelf_power 16.5\n",
			[]reading{{device: "total", watts: 16500, joules: none, limit: none}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := parsed(t, tt.spec, tt.text)
			if !slices.EqualFunc(got, tt.want, sameReading) {
				t.Errorf("\n got %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func sameReading(a, b reading) bool {
	same := func(x, y float64) bool {
		return x == y || math.IsNaN(x) && math.IsNaN(y) || math.Abs(x-y) < 1e-9*math.Abs(x)
	}
	return a.device == b.device && same(a.watts, b.watts) && same(a.joules, b.joules) && same(a.limit, b.limit) && a.note == b.note
}

// TestHostNamesStayOut: where only an index tells devices apart, the host is in the
// identity as a digest, so that two nodes do not fall together.
func TestHostNamesStayOut(t *testing.T) {
	got := parsed(t, "dcgm:http://127.0.0.1:9400/metrics", `DCGM_FI_DEV_POWER_USAGE{gpu="0",Hostname="secret-node-1"} 300.5
DCGM_FI_DEV_POWER_USAGE{gpu="0",Hostname="secret-node-2"} 300.5
`)
	if len(got) != 2 || strings.Contains(got[0].device+got[1].device, "secret") {
		t.Errorf("%+v", got)
	}
}

// TestSimulatedStaysSimulated: figures from a simulated engine are marked.
func TestSimulatedStaysSimulated(t *testing.T) {
	samples := record("simulated/GPU-0", burst(500.25, 100, 13), 0, 120*time.Second, time.Second, true)
	got := Energies(nil, samples, window(10*time.Second, 110*time.Second), 1)
	if len(got) != 1 || !got[0].Valid || got[0].Basis != plimsoll.Simulated || got[0].Grade != plimsoll.G0 {
		t.Errorf("%+v", got)
	}
}

// TestFetchIsReadOnly: whatever the meter does, the other end sees GET alone, the
// credential reaches it, and a redirect does not carry it to another host.
func TestFetchIsReadOnly(t *testing.T) {
	elsewhere := serve(t, func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the credential followed a redirect: %q", r.Header.Get("Authorization"))
	})
	var methods, tokens []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		methods, tokens = append(methods, r.Method), append(tokens, r.Header.Get("Authorization"))
		http.Redirect(w, r, elsewhere, http.StatusFound)
	})
	m, err := New(spec(t, "dcgm:"+url+"?token_env=T"), Config{Getenv: func(string) string { return "canary" }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.(*meter).reader.read(t.Context()); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("redirect: %v", err)
	}
	if !slices.Equal(methods, []string{"GET"}) || !slices.Equal(tokens, []string{"Bearer canary"}) {
		t.Errorf("%v %v", methods, tokens)
	}
	m.(*meter).reader.close()
}

func FuzzExposition(f *testing.F) {
	f.Add([]byte("DCGM_FI_DEV_POWER_USAGE{gpu=\"0\",UUID=\"GPU-a\"} 511.5\n"))
	f.Add([]byte("DCGM_FI_DEV_POWER_USAGE 1 2\nDCGM_FI_DEV_POWER_USAGE{UUID=\"\"} NaN\n"))
	f.Add([]byte("# TYPE DCGM_FI_DEV_POWER_USAGE histogram\nDCGM_FI_DEV_POWER_USAGE_bucket{le=\"+Inf\"} 1\n"))
	m, err := New(plimsoll.PowerSpec{Kind: "dcgm", Target: "http://127.0.0.1:9400/metrics"}, Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := m.(*meter).reader.(*scraper).parse(body)
		seen := map[string]bool{}
		for _, r := range list {
			if seen[r.device] {
				t.Errorf("device %q twice", r.device)
			}
			seen[r.device] = true
		}
		if err == nil && len(list) == 0 {
			t.Error("neither readings nor an error")
		}
	})
}
