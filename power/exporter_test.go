package power

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll"
)

// exporterText is what a fake dcgm-exporter of two devices serves at a second.
type exporterText struct {
	newNames bool
	refresh  int // s between its own readings
	mig      bool
	lose     int // second at which device b goes, 0 never
	swap     int // second at which device b is replaced
	reset    int // second at which the counters start anew
}

// at writes the text. Device a follows one load, b another.
func (x exporterText) at(second int, loads [2]curve) string {
	var b strings.Builder
	seen := float64(second / x.refresh * x.refresh)
	power, energy, factor := "DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", 1000.0
	if x.newNames {
		power, energy, factor = "DCGM_FI_DEV_BOARD_POWER_WATTS", "DCGM_FI_DEV_GPU_ENERGY_JOULES_TOTAL", 1
	}
	for gpu, load := range loads {
		uuid := fmt.Sprintf("GPU-%c", 'a'+gpu)
		switch {
		case gpu == 1 && x.lose > 0 && second >= x.lose:
			continue
		case gpu == 1 && x.swap > 0 && second >= x.swap:
			uuid = "GPU-new"
		}
		joules := 1e7 + load.joules(seen)
		if x.reset > 0 && second >= x.reset {
			joules -= 1e7 + load.joules(float64(x.reset))
		}
		labels := []string{fmt.Sprintf(`gpu="%d",UUID="%s"`, gpu, uuid)}
		if x.mig {
			labels = []string{labels[0] + `,GPU_I_ID="1"`, labels[0] + `,GPU_I_ID="2"`}
		}
		for _, l := range labels {
			fmt.Fprintf(&b, "%s{%s} %.3f\n%s{%s} %.0f\n", power, l, load.watts(seen), energy, l, factor*joules)
		}
	}
	return b.String()
}

// TestExporterWindow goes the whole way from an exporter's text to a figure, over a
// load whose energy is known.
func TestExporterWindow(t *testing.T) {
	const text = "dcgm:http://127.0.0.1:9400/metrics"
	loads := [2]curve{burst(650, 250, 11), burst(400, 100, 29)}
	w := window(30*time.Second+500*time.Millisecond, 330*time.Second+250*time.Millisecond)
	want := 0.0
	for _, load := range loads {
		want += load.joules(w.End.Seconds()) - load.joules(w.Start.Seconds())
	}
	for _, tt := range []struct {
		name   string
		source exporterText
		params string
		reason string
	}{
		{"old names, millijoules", exporterText{refresh: 1}, "", ""},
		{"new names, joules", exporterText{refresh: 1, newNames: true}, "", ""},
		{"MIG instances repeat their board", exporterText{refresh: 1, mig: true}, "", ""},
		{"default refresh of 30 s", exporterText{refresh: 30}, "", ReasonGap},
		{"refresh of 10 s, stated", exporterText{refresh: 10}, "?interval=10s", ""},
		{"a device is lost", exporterText{refresh: 1, lose: 200}, "", ReasonNotBracketed},
		{"a device is replaced", exporterText{refresh: 1, swap: 200}, "", ReasonDeviceChanged},
		{"the driver is reloaded", exporterText{refresh: 1, reset: 200}, "", ReasonCounterReset},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := spec(t, text+tt.params)
			m, err := New(p, Config{})
			if err != nil {
				t.Fatal(err)
			}
			var samples []plimsoll.Sample
			for second := range 345 {
				list, err := m.(*meter).reader.(*scraper).parse([]byte(tt.source.at(second, loads)))
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range list {
					samples = append(samples, plimsoll.Sample{Meter: p.String(), Device: r.device, At: plimsoll.Instant(second) * plimsoll.Instant(time.Second),
						Watts: r.watts, Joules: r.joules, DeviceAt: plimsoll.Never, Note: r.note})
				}
			}
			got := Energies([]plimsoll.PowerSpec{p}, samples, w, 2)
			if len(got) != 1 {
				t.Fatalf("%+v", got)
			}
			if tt.reason != "" {
				if got[0].Valid || !slices.Contains(got[0].Reasons, tt.reason) {
					t.Errorf("valid %v, reasons %v, want %s", got[0].Valid, got[0].Reasons, tt.reason)
				}
				return
			}
			if off := math.Abs(got[0].Joules-want) / want; !got[0].Valid || off > 0.005 || got[0].Method != "counter" {
				t.Errorf("off by %.3f %%: %+v", 100*off, got[0])
			}
		})
	}
}
