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

func TestConvert(t *testing.T) {
	rack := plimsoll.Energy{Boundary: plimsoll.BoundaryRack, Basis: plimsoll.Measured, Source: "PDU", Grade: plimsoll.G3, Valid: true,
		WindowS: 600, Joules: 60e6, MeanWatts: 100e3, UncertaintyW: 1000}
	got, err := Convert(rack, PUE(1.25))
	if err != nil || got.MeanWatts != 125e3 || got.Joules != 75e6 || got.UncertaintyW != 1250 || got.Boundary != plimsoll.BoundaryFacility ||
		got.Basis != plimsoll.Estimated || got.Grade != plimsoll.G1 || got.Source != "PDU x PUE 1.25" || !slices.Contains(got.Reasons, ReasonConverted) {
		t.Errorf("%+v %v", got, err)
	}
	if len(rack.Reasons) != 0 {
		t.Error("the source figure was changed")
	}
	per, err := plimsoll.NewPerMegawatt(1000, got, []string{"0001.1"})
	if err != nil || per.Basis != plimsoll.Estimated || per.Value != 8000 || math.Abs(per.Uncertainty-80) > 1e-9 {
		t.Errorf("%+v %v", per, err)
	}
	chip := rack
	chip.Boundary = plimsoll.BoundaryAccelerator
	invalid := rack
	invalid.Valid, invalid.Reasons = false, []string{ReasonGap}
	for _, tt := range []struct {
		e    plimsoll.Energy
		c    Conversion
		want string
	}{
		{chip, PUE(1.2), "leaves out what PUE is counted on"},
		{rack, Conversion{plimsoll.BoundaryNodeAC, 1.1, "PSU"}, "does not contain"},
		{rack, Conversion{plimsoll.BoundaryRack, 1.1, "PSU"}, "does not contain"},
		{rack, PUE(0.9), "between 1 and 10"},
		{rack, PUE(math.NaN()), "between 1 and 10"},
		{rack, Conversion{plimsoll.BoundaryFacility, 1.1, ""}, "not stated"},
		{invalid, PUE(1.2), ReasonGap},
	} {
		if _, err := Convert(tt.e, tt.c); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s to %s: %v, want %q", tt.e.Boundary, tt.c.To, err, tt.want)
		}
	}
	simulated := rack
	simulated.Basis = plimsoll.Simulated
	if got, err := Convert(simulated, PUE(1.2)); err != nil || got.Basis != plimsoll.Simulated {
		t.Errorf("a simulated figure became %s (%v)", got.Basis, err)
	}
}

func TestIntensity(t *testing.T) {
	e := plimsoll.Energy{Boundary: plimsoll.BoundaryAccelerator, Basis: plimsoll.Measured, Source: "s", Grade: plimsoll.G1, Valid: true,
		WindowS: 600, Joules: 3_360_000, MeanWatts: 5600, UncertaintyW: 560}
	got, err := NewIntensity(e, 280, 1000, 500_000)
	if err != nil || got.WhPerAgentHour != 20 || got.JPerTurn != 3360 || got.JPerMTokens != 6.72e6 || got.RelativeUncertainty != 0.1 {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := NewIntensity(plimsoll.Energy{}, 1, 1, 1); err == nil {
		t.Error("an invalid figure was taken")
	}
	if _, err := NewIntensity(e, 0, 1, 1); err == nil {
		t.Error("no agents were taken")
	}
}

// TestProvisioned: the table's figures come out marked as provisioned, and the
// boundary changes the ratio of two systems: 41 times per accelerator is not what
// a megawatt sees.
func TestProvisioned(t *testing.T) {
	w := window(0, 10*time.Second)
	perMW := func(name string, agents int) float64 {
		p := spec(t, name)
		samples, err := Constant(p, 1000, w)
		if err != nil {
			t.Fatal(err)
		}
		e := Energies([]plimsoll.PowerSpec{p}, samples, w, 1000)
		if len(e) != 1 || e[0].Basis != plimsoll.Provisioned || e[0].Grade != plimsoll.G0 || !strings.Contains(e[0].Source, "table of 2026-") {
			t.Fatalf("%+v", e)
		}
		per, err := plimsoll.NewPerMegawatt(agents, e[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		return per.Value
	}
	gb300, h200 := perMW("provisioned:GB300@facility", 57_500), perMW("provisioned:h200", 1400)
	if math.Abs(gb300-27_381) > 1 || math.Abs(h200-809) > 1 {
		t.Errorf("GB300 %.0f and H200 %.0f agents/MW all-in", gb300, h200)
	}
}

func TestProvisionedTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.yaml")
	own := "date: 2026-11-01\nsource: own meter\nentries:\n  - {accelerator: X1, boundary: rack, watts: 1500, source: invoice, date: 2026-11-01}\n"
	if err := os.WriteFile(path, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	samples, err := Constant(spec(t, "provisioned:X1?table_file="+path+"@rack"), 2, window(0, time.Second))
	if err != nil || len(samples) != 4 || samples[0].Watts != 1500 {
		t.Errorf("%+v %v", samples, err)
	}
	if _, err := Constant(spec(t, "provisioned:X2@rack"), 2, window(0, time.Second)); err == nil || !strings.Contains(err.Error(), "GB300@rack") {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"date: x\nentries:\n  - {accelerator: X1, watts: 3}\n", "colour: red\n", "entries: [\n", "entries:\n  - {accelerator: X, boundary: moon, watts: 1, source: s, date: d}\n"} {
		if _, err := readTable(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if _, err := Constant(spec(t, "nvidia-smi:"), 2, window(0, time.Second)); err == nil || !strings.Contains(err.Error(), "real time") {
		t.Errorf("%v", err)
	}
}

// TestStatedPUE: a meter that states a PUE gives the facility's figure as well,
// estimated, and none where its own is invalid.
func TestStatedPUE(t *testing.T) {
	p := spec(t, "static:10kW?pue=1.25@rack")
	w := window(0, 10*time.Second)
	samples, err := Constant(p, 8, w)
	if err != nil {
		t.Fatal(err)
	}
	got := Energies([]plimsoll.PowerSpec{p}, samples, w, 8)
	if len(got) != 2 || got[0].MeanWatts != 10e3 || got[0].Boundary != plimsoll.BoundaryRack || got[1].MeanWatts != 12.5e3 || got[1].Boundary != plimsoll.BoundaryFacility || !slices.Contains(got[1].Reasons, ReasonConverted) {
		t.Errorf("%+v", got)
	}
	metered := spec(t, "snmp:192.0.2.1?mib=apc&pue=1.25")
	got = Energies([]plimsoll.PowerSpec{metered}, nil, w, 8)
	if len(got) != 2 || got[1].Valid || got[1].Boundary != plimsoll.BoundaryFacility || !slices.Contains(got[1].Reasons, ReasonUnreachable) {
		t.Errorf("%+v", got)
	}
	for text, want := range map[string]string{"dcgm:http://127.0.0.1/?pue=1.2": "not on accelerator power", "static:1kW?pue=0.5@rack": "between 1 and 10", "static:1kW?pue=1.2@facility": "not on facility power"} {
		if _, err := Describe(spec(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
