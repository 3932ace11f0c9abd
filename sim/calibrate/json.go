package calibrate

import (
	"encoding/json"
	"math"
)

// finite is a figure as JSON has it: null where there is none, or no bound.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// MarshalJSON writes null where a figure is unknown or has no bound.
func (f Figures) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		SpeedP25TPS    *float64 `json:"p25_speed_tps"`
		SpeedP50TPS    *float64 `json:"p50_speed_tps"`
		TTFTP50s       *float64 `json:"p50_ttft_s"`
		TTFTP95s       *float64 `json:"p95_ttft_s"`
		UncachedTokens *float64 `json:"uncached_tokens_per_turn"`
	}{finite(f.SpeedP25TPS), finite(f.SpeedP50TPS), finite(f.TTFTP50s), finite(f.TTFTP95s), finite(f.UncachedTokens)})
}

// MarshalJSON writes null where an error has no bound.
func (p Prediction) MarshalJSON() ([]byte, error) {
	type plain Prediction
	return json.Marshal(struct {
		plain
		SpeedErr *float64 `json:"p25_speed_error"`
		TTFTErr  *float64 `json:"p95_ttft_error"`
	}{plain(p), finite(p.SpeedErr), finite(p.TTFTErr)})
}

// MarshalJSON writes null where an error has no bound.
func (r Result) MarshalJSON() ([]byte, error) {
	type plain Result
	return json.Marshal(struct {
		plain
		SpeedErr *float64 `json:"mean_abs_p25_speed_error"`
		TTFTErr  *float64 `json:"mean_abs_p95_ttft_error"`
	}{plain(r), finite(r.SpeedErr), finite(r.TTFTErr)})
}
