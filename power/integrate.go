package power

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"plimsoll"
)

// Expect is what is known of a meter's samples before they are looked at.
type Expect struct {
	Boundary plimsoll.Boundary // claimed
	Covers   plimsoll.Boundary // what the meter sees; "" the same
	Basis    plimsoll.Basis
	Source   string // without secrets and addresses
	Grade    plimsoll.Grade

	Devices        int           // that must be there; 0 any number above 0
	PerAccelerator bool          // one device is one accelerator
	Interval       time.Duration // how often the source has news; 0 one second
	MaxGap         time.Duration // 0: the longer of 3 intervals and 3 s
	MinWindow      time.Duration // 0: a minute, none for a static figure
	Resolution     float64       // step of the energy counter, J; 0 fine
	// Accuracy is the relative half-width of a reading (rectangular); 0 not stated.
	Accuracy         float64
	AccuracyDeclared bool // by the user, not assumed
	// PUE makes Energies give the facility's figure too; 0 none.
	PUE float64
}

// Stated reports whether the figure is stated by somebody, not metered: Constant
// gives its samples without a clock.
func (e Expect) Stated() bool {
	return e.Basis == plimsoll.Static || e.Basis == plimsoll.Provisioned
}

func (e Expect) withDefaults() Expect {
	if e.Covers == "" {
		e.Covers = e.Boundary
	}
	if e.Interval == 0 {
		e.Interval = time.Second
	}
	if e.MaxGap == 0 {
		e.MaxGap = max(3*e.Interval, 3*time.Second)
	}
	if e.MinWindow == 0 && !e.Stated() {
		e.MinWindow = time.Minute
	}
	return e
}

// Integrate computes the energy of a window from one meter's samples: for each
// device the difference of its energy counter where that is fine enough, else the
// trapezoid over its power, both interpolated at the window's edges; then the sum.
// What is missing is never filled in: the figure is invalid and says why.
func Integrate(samples []plimsoll.Sample, w plimsoll.Window, e Expect) plimsoll.Energy {
	e = e.withDefaults()
	out := plimsoll.Energy{Boundary: e.Boundary, Basis: e.Basis, Source: e.Source, Grade: e.Grade, WindowS: w.Seconds()}
	b := book{}
	b.checkWindow(w, e)
	devices := b.sort(samples, w, e)
	if simulated(devices) {
		out.Basis = plimsoll.Simulated
		out.Grade = plimsoll.G0
	}
	b.checkDevices(devices, w, e)
	if w.End > w.Start {
		var methods []string
		for _, d := range devices {
			f := d.figure(w, e)
			b.add(f.reasons...)
			out.Joules += f.joules
			out.Samples += f.inside
			out.MaxGapS = max(out.MaxGapS, f.gap.Seconds())
			methods = append(methods, f.method)
		}
		out.Devices = len(devices)
		out.Method = strings.Join(slices.Compact(slices.Sorted(slices.Values(methods))), "+")
	}
	out.Valid, out.Reasons = b.verdict()
	if !out.Valid || math.IsNaN(out.Joules) {
		out.Joules = 0
		return out
	}
	out.MeanWatts = out.Joules / out.WindowS
	total := sumOf(devices, w, e)
	out.MinWatts, out.P95Watts, out.MaxWatts = total.spread()
	out.UncertaintyW = uncertainty(out, total, e)
	return out
}

// Energies computes one figure for each meter: those that were asked for, then any
// other whose samples are there; and last the facility's figure for each meter that
// states a PUE. It is all that a result needs, since what a sample is follows from
// its meter's spec. accelerators is how many serve; 0 unknown.
func Energies(specs []plimsoll.PowerSpec, samples []plimsoll.Sample, w plimsoll.Window, accelerators int) []plimsoll.Energy {
	byMeter := map[string][]plimsoll.Sample{}
	for _, s := range samples {
		byMeter[s.Meter] = append(byMeter[s.Meter], s)
	}
	var meters []string
	for _, spec := range specs {
		meters = append(meters, spec.String())
	}
	for _, meter := range slices.Sorted(maps.Keys(byMeter)) {
		if !slices.Contains(meters, meter) {
			meters = append(meters, meter)
		}
	}
	list := make([]plimsoll.Energy, len(meters))
	pues := make([]float64, len(meters))
	for i, meter := range meters {
		e, err := describeText(meter)
		if err != nil {
			// Samples of a meter that nobody knows have no unit.
			list[i] = plimsoll.Energy{Source: "unknown meter", WindowS: w.Seconds(), Reasons: []string{ReasonUnitUnknown}}
			continue
		}
		if e.PerAccelerator && e.Devices == 0 {
			e.Devices = accelerators
		}
		list[i], pues[i] = Integrate(byMeter[meter], w, e), e.PUE
	}
	list = nested(parted(list))
	for i, pue := range pues {
		if pue > 0 {
			list = append(list, facility(list[i], pue))
		}
	}
	return list
}

func describeText(meter string) (Expect, error) {
	var spec plimsoll.PowerSpec
	if err := spec.UnmarshalText([]byte(meter)); err != nil {
		return Expect{}, err
	}
	return Describe(spec)
}

// facility converts a figure; an invalid one stays invalid, at the facility.
func facility(e plimsoll.Energy, pue float64) plimsoll.Energy {
	if out, err := Convert(e, PUE(pue)); err == nil {
		return out
	}
	e.Boundary, e.Source, e.Reasons = plimsoll.BoundaryFacility, e.Source+" x "+PUE(pue).Why, slices.Clone(e.Reasons)
	e.Valid = false
	return e
}

// parted invalidates figures that only the address of their source tells apart:
// each is a part of the whole, and neither is it. One meter with also= adds them.
func parted(list []plimsoll.Energy) []plimsoll.Energy {
	for i := range list {
		for j := range list {
			if i != j && list[i].Source == list[j].Source && list[i].Boundary == list[j].Boundary && list[i].Basis != plimsoll.Static && list[i].Basis != plimsoll.Provisioned {
				invalidate(&list[i], ReasonBoundary)
			}
		}
	}
	return list
}

// invalidate takes a figure's value away and says why.
func invalidate(e *plimsoll.Energy, reason string) {
	e.Valid, e.Joules, e.MeanWatts, e.UncertaintyW = false, 0, 0, 0
	e.MinWatts, e.P95Watts, e.MaxWatts = 0, 0, 0
	if !slices.Contains(e.Reasons, reason) {
		e.Reasons = append(e.Reasons, reason)
	}
}

// nested invalidates an outer figure that is smaller than one it must contain: a
// BMC that leaves the accelerators out, a feed that was not added.
func nested(list []plimsoll.Energy) []plimsoll.Energy {
	for i := range list {
		for _, inner := range list {
			outer := &list[i]
			if !outer.Valid || !inner.Valid || inner.Basis != outer.Basis || inner.Boundary == outer.Boundary || !inner.Boundary.Within(outer.Boundary) {
				continue
			}
			if outer.MeanWatts < inner.MeanWatts*(1-counterTolerance) {
				invalidate(outer, ReasonBoundary)
			}
		}
	}
	return list
}

// book collects reason codes.
type book map[string]bool

func (b book) add(reasons ...string) {
	for _, r := range reasons {
		b[r] = true
	}
}

// advisory lists the codes that leave a figure valid; never written.
var advisory = []string{ReasonCounterDisagrees, ReasonNegativeOrNaN, ReasonLimitChanged, ReasonReadingsFailed, ReasonAccuracyDeclared, ReasonConverted}

// verdict returns whether no reason invalidates, and the reasons in order.
func (b book) verdict() (bool, []string) {
	valid := true
	for r := range b {
		valid = valid && slices.Contains(advisory, r)
	}
	return valid, slices.Sorted(maps.Keys(b))
}

func (b book) checkWindow(w plimsoll.Window, e Expect) {
	switch {
	case w.Start < 0 || w.End <= w.Start:
		b.add(ReasonWindowInvalid)
	case w.End.Sub(w.Start) < e.MinWindow:
		b.add(ReasonWindowTooShort)
	}
	if e.Boundary != e.Covers {
		b.add(ReasonBoundary)
	}
	if e.AccuracyDeclared {
		b.add(ReasonAccuracyDeclared)
	}
}

// sort parts the samples by device and takes the notes over.
func (b book) sort(samples []plimsoll.Sample, w plimsoll.Window, e Expect) []*series {
	byDevice := map[string]*series{}
	for _, s := range samples {
		hasValue := !math.IsNaN(s.Watts) || !math.IsNaN(s.Joules)
		if s.Note != "" && (hasValue || s.Note == ReasonDeviceIdentity) {
			b.add(s.Note)
		}
		if s.Note != "" && !hasValue {
			if w.Holds(s.At) {
				b.add(ReasonReadingsFailed)
			}
			continue
		}
		d := byDevice[s.Device]
		if d == nil {
			d = &series{device: s.Device}
			byDevice[s.Device] = d
		}
		b.add(d.take(s)...)
	}
	var list []*series
	for _, device := range slices.Sorted(maps.Keys(byDevice)) {
		d := byDevice[device]
		if b.add(d.finish(w, e)...); len(d.points) > 0 {
			list = append(list, d)
		}
	}
	if len(list) == 0 {
		b.add(emptyReason(samples))
	}
	return list
}

// emptyReason says why there is nothing to integrate; "" where a note said it.
func emptyReason(samples []plimsoll.Sample) string {
	notes := map[string]bool{}
	for _, s := range samples {
		notes[s.Note] = true
	}
	switch {
	case len(samples) == 0, len(notes) == 1 && notes[ReasonUnreachable]:
		return ReasonUnreachable
	case notes[ReasonDeviceIdentity]:
		return ReasonDeviceIdentity
	}
	return ReasonSamplesMissing
}

// checkDevices compares who is there with who should be.
func (b book) checkDevices(devices []*series, w plimsoll.Window, e Expect) {
	var left, came bool
	for _, d := range devices {
		first, last := d.points[0].at, d.points[len(d.points)-1].at
		left = left || first <= w.Start && last < w.End
		came = came || first > w.Start && last >= w.End
		switch {
		case len(d.points) < 2:
			b.add(ReasonSamplesMissing)
		case first > w.Start || last < w.End:
			b.add(ReasonNotBracketed)
		}
		if d.device == "" {
			b.add(ReasonDeviceIdentity)
		}
	}
	switch {
	case left && came:
		b.add(ReasonDeviceChanged)
	case e.Devices > 0 && len(devices) > 0 && len(devices) != e.Devices:
		b.add(ReasonDeviceCount)
	}
}

func simulated(devices []*series) bool {
	for _, d := range devices {
		if strings.HasPrefix(d.device, simulatedPrefix) {
			return true
		}
	}
	return false
}
