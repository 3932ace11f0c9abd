package power

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"plimsoll"
)

// BenchmarkScrape parses one exposition of a rack of 72, which a meter does once a
// second beside the load.
func BenchmarkScrape(b *testing.B) {
	var text strings.Builder
	for _, name := range []string{"DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "DCGM_FI_DEV_SM_CLOCK", "DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_FB_USED"} {
		for gpu := range 72 {
			fmt.Fprintf(&text, "%s{gpu=\"%d\",UUID=\"GPU-%d\",device=\"nvidia%d\",modelName=\"NVIDIA GB300\",Hostname=\"n\"} %d.5\n", name, gpu, gpu, gpu, 900+gpu)
		}
	}
	m, err := New(plimsoll.PowerSpec{Kind: "dcgm", Target: "http://127.0.0.1:9400/metrics"}, Config{})
	if err != nil {
		b.Fatal(err)
	}
	body := []byte(text.String())
	b.ReportAllocs()
	for b.Loop() {
		if list, err := m.(*meter).reader.(*scraper).parse(body); err != nil || len(list) != 72 {
			b.Fatal(len(list), err)
		}
	}
}

// BenchmarkIntegrate integrates ten minutes of a rack of 72.
func BenchmarkIntegrate(b *testing.B) {
	load := burst(1000.5, 100, 13)
	var samples []plimsoll.Sample
	for gpu := range 72 {
		samples = append(samples, record(fmt.Sprintf("GPU-%d", gpu), load, 0, 620*time.Second, time.Second, true)...)
	}
	w := window(10*time.Second, 610*time.Second)
	b.ReportAllocs()
	for b.Loop() {
		if e := Integrate(samples, w, accelerators(72)); !e.Valid {
			b.Fatal(e.Reasons)
		}
	}
}
