package power_test

import (
	"fmt"
	"math"
	"time"

	"plimsoll"
	"plimsoll/power"
)

// A meter's samples become energy over exactly a window; a device that counts its
// energy needs no dense readings, but never a gap.
func Example() {
	var spec plimsoll.PowerSpec
	if err := spec.UnmarshalText([]byte("dcgm:http://127.0.0.1:9400/metrics")); err != nil {
		fmt.Println(err)
		return
	}
	var samples []plimsoll.Sample
	for s := range 101 {
		watts := 600 + 50*math.Sin(float64(s))
		samples = append(samples, plimsoll.Sample{Meter: spec.String(), Device: "GPU-a", At: plimsoll.Instant(s) * plimsoll.Instant(time.Second),
			Watts: watts, Joules: 600 * float64(s), DeviceAt: plimsoll.Never})
	}
	window := plimsoll.Window{Start: 10e9, End: 90e9}
	for _, e := range power.Energies([]plimsoll.PowerSpec{spec}, samples, window, 1) {
		fmt.Println(e.Valid, e.Method, e.MeanWatts, "W", e.Boundary, e.Basis, e.Grade, e.Source)
	}
	for _, e := range power.Energies([]plimsoll.PowerSpec{spec}, samples, window, 8) {
		fmt.Println(e.Valid, e.Reasons)
	}
	// Output:
	// true counter 600 W accelerator measured G1 dcgm-exporter scrape
	// false [device_count_mismatch]
}

// Chip power never becomes facility power by PUE alone; what is metered at the wall
// does, and says that it is estimated.
func ExampleConvert() {
	wall := plimsoll.Energy{Boundary: plimsoll.BoundaryRack, Basis: plimsoll.Measured, Source: "PDU", Grade: plimsoll.G3, WindowS: 600, Joules: 60e6, MeanWatts: 100e3, Valid: true}
	facility, err := power.Convert(wall, power.PUE(1.2))
	fmt.Println(facility.MeanWatts, facility.Boundary, facility.Basis, facility.Grade, facility.Source, err)
	chip := wall
	chip.Boundary = plimsoll.BoundaryAccelerator
	_, err = power.Convert(chip, power.PUE(1.2))
	fmt.Println(err)
	// Output:
	// 120000 facility estimated G1 PDU x PUE 1.2 <nil>
	// power accelerator to facility: accelerator power leaves out what PUE is counted on; convert step by step with stated factors: accelerator to node_ac, then node_ac to facility by its PUE
}
