package plimsoll_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"plimsoll"
)

func figure() plimsoll.Energy {
	return plimsoll.Energy{Boundary: plimsoll.BoundaryNodeAC, Basis: plimsoll.Measured, Source: "PDU", Grade: plimsoll.G2,
		WindowS: 600, Joules: 6e6, MeanWatts: 10_000, UncertaintyW: 500, Valid: true}
}

func TestPerMegawatt(t *testing.T) {
	got, err := plimsoll.NewPerMegawatt(300, figure(), []string{"0003.1"})
	if err != nil || got.Value != 30_000 || got.Uncertainty != 1500 || got.WindowS != 600 || got.Boundary != plimsoll.BoundaryNodeAC {
		t.Fatalf("%+v %v", got, err)
	}
	text, err := json.Marshal(got)
	var back plimsoll.PerMegawatt
	if err != nil || json.Unmarshal(text, &back) != nil || !reflect.DeepEqual(back, got) {
		t.Errorf("%s reads back as %+v (%v)", text, back, err)
	}
}

// TestNoBareFigure: a figure per megawatt without what it rests on can be neither
// made, written nor read.
func TestNoBareFigure(t *testing.T) {
	for name, spoil := range map[string]func(*plimsoll.Energy, *plimsoll.PerMegawatt){
		"boundary": func(e *plimsoll.Energy, p *plimsoll.PerMegawatt) { e.Boundary, p.Boundary = "moon", "moon" },
		"basis":    func(e *plimsoll.Energy, p *plimsoll.PerMegawatt) { e.Basis, p.Basis = "", "" },
		"source":   func(e *plimsoll.Energy, p *plimsoll.PerMegawatt) { e.Source, p.Source = "", "" },
		"grade":    func(e *plimsoll.Energy, p *plimsoll.PerMegawatt) { e.Grade, p.Grade = "", "" },
	} {
		e := figure()
		p, err := plimsoll.NewPerMegawatt(1, e, nil)
		if err != nil {
			t.Fatal(err)
		}
		spoil(&e, &p)
		if _, err := plimsoll.NewPerMegawatt(1, e, nil); err == nil {
			t.Errorf("%s: made", name)
		}
		if _, err := json.Marshal(p); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: written (%v)", name, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"value":61354}`), new(plimsoll.PerMegawatt)); err == nil {
		t.Error("a bare number was read")
	}
	dark := figure()
	dark.MeanWatts = 0
	if _, err := plimsoll.NewPerMegawatt(1, dark, nil); err == nil {
		t.Error("made without watts")
	}
	invalid := figure()
	invalid.Valid, invalid.Reasons = false, []string{"window_too_short"}
	if _, err := plimsoll.NewPerMegawatt(1, invalid, nil); err == nil || !strings.Contains(err.Error(), "window_too_short") {
		t.Errorf("%v", err)
	}
}

func TestBoundaryWithin(t *testing.T) {
	if !plimsoll.BoundaryAccelerator.Within(plimsoll.BoundaryRack) || plimsoll.BoundaryRack.Within(plimsoll.BoundaryNodeAC) ||
		!plimsoll.BoundaryRack.Within(plimsoll.BoundaryRack) || plimsoll.Boundary("").Within(plimsoll.BoundaryRack) || plimsoll.BoundaryRack.Within("moon") {
		t.Error("order of boundaries")
	}
}

func TestPowerSpecText(t *testing.T) {
	for text, want := range map[string]plimsoll.PowerSpec{
		"static:700W@accelerator":      {Kind: "static", Target: "700W", Boundary: plimsoll.BoundaryAccelerator},
		"nvml:":                        {Kind: "nvml"},
		"prom:http://u@h/m?metric=a,b": {Kind: "prom", Target: "http://u@h/m?metric=a,b"},
		"redfish:https://a@b@rack":     {Kind: "redfish", Target: "https://a@b", Boundary: plimsoll.BoundaryRack},
		"ipmi:[::1]:623?x=@moon":       {Kind: "ipmi", Target: "[::1]:623?x=@moon"},
		"dcgm:http://h:9400/m@node_ac": {Kind: "dcgm", Target: "http://h:9400/m", Boundary: plimsoll.BoundaryNodeAC},
		"static:1kW?pue=1.2@facility":  {Kind: "static", Target: "1kW?pue=1.2", Boundary: plimsoll.BoundaryFacility},
		"static:700W@accelerator@rack": {Kind: "static", Target: "700W@accelerator", Boundary: plimsoll.BoundaryRack},
	} {
		var got plimsoll.PowerSpec
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s is %+v, want %+v (%v)", text, got, want, err)
		}
	}
	var p plimsoll.PowerSpec
	if err := p.UnmarshalText([]byte(":700W")); err == nil {
		t.Error("a spec without a kind was taken")
	}
}

// TestPowerSpecRoundTrip: what is written is read back alike.
func TestPowerSpecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p, again plimsoll.PowerSpec
		if p.UnmarshalText([]byte(rapid.StringMatching(`[a-z]{1,8}(:[a-z0-9:/@?&=,.]{0,20})?(@(rack|accelerator|moon))?`).Draw(t, "spec"))) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(p.String())); err != nil || again != p {
			t.Fatalf("%+v is written %q and read %+v (%v)", p, p.String(), again, err)
		}
	})
}

func TestWatts(t *testing.T) {
	for text, want := range map[string]plimsoll.Watts{"700W": 700, "10.2kW": 10_200, "1.5MW": 1.5e6, "1GW": 1e9, "3 mW": 0.003, "0W": 0} {
		var w plimsoll.Watts
		if err := w.UnmarshalText([]byte(text)); err != nil || w < want*(1-1e-12) || w > want*(1+1e-12) {
			t.Errorf("%s is %v (%v)", text, w, err)
		}
	}
	for _, text := range []string{"700", "W", "-1W", "1e99MW", "NaNW", "InfW", ""} {
		var w plimsoll.Watts
		if err := w.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%s became %v", text, w)
		}
	}
}
