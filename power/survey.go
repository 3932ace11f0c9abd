package power

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"plimsoll"
)

// Survey is what one meter's samples are worth, before anything is integrated.
type Survey struct {
	Meter   string         `json:"meter"`
	Devices []DeviceSurvey `json:"devices"`
	Failed  int            `json:"failed_readings"`
	Notes   []string       `json:"notes,omitempty"` // reason codes that came with readings
	// Simulated: the readings are a simulated engine's.
	Simulated bool `json:"simulated"`
}

// DeviceSurvey is one device's state and the quality of its readings. Values that
// the source does not give are nil.
type DeviceSurvey struct {
	Device   string   `json:"device"`
	Watts    *float64 `json:"power_w"`   // latest
	Joules   *float64 `json:"energy_j"`  // latest counter value
	Limit    *float64 `json:"limit_w"`   // enforced
	Readings int      `json:"readings"`  // that were received
	Fresh    int      `json:"fresh"`     // of them with news
	RefreshS float64  `json:"refresh_s"` // mean time between news; 0 fewer than two
	MaxGapS  float64  `json:"max_gap_s"` // longest time between readings
}

// SurveyOf sums up the samples of each meter, in order of meter and device.
func SurveyOf(samples []plimsoll.Sample) []Survey {
	byMeter := map[string][]plimsoll.Sample{}
	for _, s := range samples {
		byMeter[s.Meter] = append(byMeter[s.Meter], s)
	}
	var list []Survey
	for _, meter := range slices.Sorted(maps.Keys(byMeter)) {
		one := Survey{Meter: meter}
		notes := map[string]bool{}
		byDevice := map[string]*series{}
		for _, s := range byMeter[meter] {
			if s.Note != "" {
				notes[s.Note] = true
			}
			if math.IsNaN(s.Watts) && math.IsNaN(s.Joules) {
				one.Failed++
				continue
			}
			if byDevice[s.Device] == nil {
				byDevice[s.Device] = &series{device: s.Device}
			}
			byDevice[s.Device].take(s)
		}
		for _, device := range slices.Sorted(maps.Keys(byDevice)) {
			if d := byDevice[device]; len(d.points) > 0 {
				one.Devices = append(one.Devices, d.survey())
				one.Simulated = one.Simulated || strings.HasPrefix(device, simulatedPrefix)
			}
		}
		one.Notes = slices.Sorted(maps.Keys(notes))
		list = append(list, one)
	}
	return list
}

func (d *series) survey() DeviceSurvey {
	d.finish(plimsoll.Window{}, Expect{})
	last := d.points[len(d.points)-1]
	out := DeviceSurvey{Device: d.device, Readings: len(d.points), Watts: given(last.watts), Joules: given(last.joules)}
	if d.limit > 0 {
		out.Limit = &d.limit
	}
	news := column(d.points, func(p point) float64 { return p.joules })
	if len(news) < 2 {
		news = column(d.points, func(p point) float64 { return p.watts })
	}
	var changes line
	for i, k := range news {
		if i == 0 || k.v != news[i-1].v {
			changes = append(changes, k)
		}
		if i > 0 {
			out.MaxGapS = max(out.MaxGapS, k.at.Sub(news[i-1].at).Seconds())
		}
	}
	out.Fresh = len(changes)
	// The first change ends an interval of unknown length, so it starts the count.
	if len(changes) > 2 {
		span := changes[len(changes)-1].at.Sub(changes[1].at)
		out.RefreshS = span.Seconds() / float64(len(changes)-2)
	}
	return out
}

func given(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

// Advice says in a sentence what to do about the survey of a meter that was read
// for the given time, or "" where nothing is wrong.
func (s Survey) Advice(e Expect, read time.Duration) string {
	e = e.withDefaults()
	switch {
	case len(s.Devices) == 0 && slices.Contains(s.Notes, ReasonDeviceIdentity):
		return "several series that nothing tells apart: name the label that does with device=LABEL"
	case len(s.Devices) == 0:
		return "no reading: is the source up, and is the address right?"
	case e.Devices > 0 && len(s.Devices) != e.Devices:
		return "the number of devices is not the number expected"
	case e.Stated():
		return ""
	}
	for _, d := range s.Devices {
		switch {
		case d.Fresh < 2 && read > e.MaxGap:
			return "no news in " + read.String() + ": the source refreshes more slowly or is frozen; set its interval to 1 s (dcgm-exporter: --collect-interval 1000), or state it with interval=30s"
		case d.RefreshS > e.MaxGap.Seconds():
			return "the source refreshes more slowly than a window can use: set its interval to 1 s, or state it with interval="
		case d.MaxGapS > e.MaxGap.Seconds():
			return "readings come late: the source answers slowly"
		}
	}
	if s.Failed > 0 {
		return "some readings failed"
	}
	return ""
}
