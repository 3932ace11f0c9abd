package calibrate

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// What has no bound is null, and the rest stands beside it.
func TestUnboundedFiguresAreNull(t *testing.T) {
	text, err := json.Marshal(Result{SpeedErr: 0.5, TTFTErr: math.Inf(1), Predictions: []Prediction{{
		Agents: 3, SpeedErr: -1, TTFTErr: math.NaN(), Seen: Figures{SpeedP25TPS: 20, TTFTP95s: math.Inf(1), UncachedTokens: math.NaN()},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"mean_abs_p25_speed_error":0.5`, `"mean_abs_p95_ttft_error":null`, `"agents":3`, `"p25_speed_error":-1`, `"p95_ttft_error":null`, `"p25_speed_tps":20`, `"p95_ttft_s":null`, `"uncached_tokens_per_turn":null`} {
		if strings.Count(string(text), want) < 1 {
			t.Errorf("no %s in %s", want, text)
		}
	}
}
