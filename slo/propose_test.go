package slo

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestPropose(t *testing.T) {
	got, err := Propose([]Delivery{{"f", 194, 1.1}, {"a", 24, 7.2}, {"c", 63, 3.8}, {"b", 31, 8.4}, {"d", 75, 4.9}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range got {
		names = append(names, p.Tier.Name)
	}
	if want := []string{"20tps/10s", "60tps/5s", "150tps/1.5s"}; !slices.Equal(names, want) {
		t.Errorf("tiers %v, want %v", names, want)
	}
	if want := []string{"a", "b"}; !slices.Equal(got[0].Endpoints, want) {
		t.Errorf("slowest group %v, want %v", got[0].Endpoints, want)
	}
	if _, err := Propose(nil); err == nil {
		t.Error("tiers out of nothing")
	}
	if _, err := Propose([]Delivery{{"dead", 0, 1}}); err == nil {
		t.Error("a tier of an endpoint without a speed")
	}
}

// TestProposedTiersAreMet: every endpoint meets the tier that it was put in, and
// tiers grow stricter in speed.
func TestProposedTiersAreMet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seen := map[string]Delivery{}
		var list []Delivery
		for i := range rapid.IntRange(1, 12).Draw(t, "endpoints") {
			d := Delivery{string(rune('a' + i)), rapid.Float64Range(0.01, 9000).Draw(t, "speed"), rapid.Float64Range(0.001, 200).Draw(t, "ttft")}
			seen[d.Endpoint] = d
			list = append(list, d)
		}
		got, err := Propose(list)
		if err != nil {
			t.Fatal(err)
		}
		members := 0
		for i, p := range got {
			members += len(p.Endpoints)
			for _, e := range p.Endpoints {
				if d := seen[e]; d.SpeedTPS < p.Tier.SpeedTPS*(1-1e-12) || d.TTFTs > p.Tier.TTFT.Seconds()+1e-9 {
					t.Fatalf("%s delivers %g tps, %g s: misses %s", e, d.SpeedTPS, d.TTFTs, p.Tier)
				}
			}
			if i > 0 && p.Tier.SpeedTPS <= got[i-1].Tier.SpeedTPS {
				t.Fatalf("%s after %s", p.Tier, got[i-1].Tier)
			}
		}
		if members != len(list) {
			t.Fatalf("%d endpoints in tiers, %d given", members, len(list))
		}
	})
}
