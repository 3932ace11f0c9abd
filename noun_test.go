package plimsoll_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"plimsoll"
)

func TestVerdictJSON(t *testing.T) {
	for _, want := range []plimsoll.Verdict{
		{Tier: "a", Level: 3, Outcome: plimsoll.Pass, SpeedTPS: 31, TTFTs: 2.5},
		{Tier: "a", Outcome: plimsoll.Fail, BoundBy: "ttft", SpeedTPS: 0, TTFTs: math.Inf(1)},
		{Tier: "a", Outcome: plimsoll.Undecided, SpeedTPS: math.NaN(), TTFTs: math.NaN()},
	} {
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got plimsoll.Verdict
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
		if !same(got.SpeedTPS, want.SpeedTPS) || !same(got.TTFTs, want.TTFTs) || got.Outcome != want.Outcome || got.BoundBy != want.BoundBy || got.Level != want.Level {
			t.Errorf("%s came back as %+v", data, got)
		}
	}
}

func TestTierTexts(t *testing.T) {
	for text, want := range map[string]plimsoll.Tier{
		"30tps/10s":       {Name: "30tps/10s", SpeedTPS: 30, TTFT: 10 * time.Second},
		"slow=1.5tps/90s": {Name: "slow", SpeedTPS: 1.5, TTFT: 90 * time.Second},
		"2000tps/250ms":   {Name: "2000tps/250ms", SpeedTPS: 2000, TTFT: 250 * time.Millisecond},
	} {
		var got plimsoll.Tier
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s gives %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "30/10", "30tps", "0tps/1s", "30tps/0s", "NaNtps/1s", "30tps/-1s"} {
		var tier plimsoll.Tier
		if tier.UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is taken as %+v", text, tier)
		}
	}
}
