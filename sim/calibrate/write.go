package calibrate

import (
	"fmt"

	"plimsoll/sim/profile"
)

// Into returns a copy of the profile with the fitted factors, and the acceptance where
// it was seen (0: not), as measured values of the run on that date (YYYY-MM-DD).
func (r Result) Into(p *profile.Profile, accepted Factor, run, date string) *profile.Profile {
	out := p.Clone()
	out.Name += " calibrated"
	out.About = fmt.Sprintf("fitted to %s on %s; predicts levels it did not see within %.0f %% (P25 speed) and %.0f %% (P95 TTFT) on average",
		run, date, r.SpeedErr*100, r.TTFTErr*100)
	out.Use.Runtime = "" // it is the run's own now
	out.Published = profile.Published{}
	to := map[string]*profile.Value{"phi_decode": &out.Runtime.PhiDecode, "phi_prefill": &out.Runtime.PhiPrefill, "kv_factor": &out.Runtime.KVFactor}
	for _, f := range r.Factors {
		if f.Identified {
			*to[f.Name] = measured(f, "1", run, date)
		}
	}
	if accepted.Value > 0 {
		out.Speculation.Accepted = measured(accepted, "token", run, date)
	}
	return out
}

func measured(f Factor, unit, run, date string) profile.Value {
	return profile.Value{Value: f.Value, Unit: unit, Source: "calibrated on " + run, Date: date, Kind: "measured", Low: f.Low, High: f.High}
}
