package plimsoll

import (
	"math"
	"strings"
	"testing"
)

func TestSpentBy(t *testing.T) {
	rows := []Row{
		{Sent: 1, UsagePrompt: 1000, UsageCached: 900, UsageCompletion: 50},
		{Sent: 2, UsagePrompt: -1, UsageCached: -1, UsageCompletion: -1, LocalPrompt: 400, LocalTokens: 7},
		{Sent: Never, UsagePrompt: 1000, UsageCompletion: 50},
	}
	got := SpentBy(rows)
	if got != (Tokens{1400, 900, 57}) || got.Total() != 1457 {
		t.Errorf("%+v", got)
	}
	if cost := (Prices{Input: 2, Cached: 0.2, Output: 10}).Cost(got); math.Abs(cost-(500*2+900*0.2+57*10)/1e6) > 1e-15 {
		t.Errorf("cost %g", cost)
	}
}

func TestLimits(t *testing.T) {
	for want, l := range map[string]Limits{
		"negative": {Tokens: -1}, "prices": {Cost: 5}, "": {Cost: 5, Prices: Prices{Input: 1}},
	} {
		err := l.Validate()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", l, err, want)
		}
	}
}
