package search_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/detector"
	"plimsoll/search"
	"plimsoll/slo"
)

// regime gives the P95 TTFT of a run over the limit, and the share of its turns that an
// episode makes late, by how its agents stand to the capacity and two draws of the run,
// normal and uniform.
type regime func(load, z, u float64) (ratio, late float64)

func regimes() map[string]regime {
	return map[string]regime{
		"line":  func(load, z, _ float64) (float64, float64) { return math.Pow(load, 1.5) * math.Exp(0.08*z), 0 },
		"cliff": func(load, z, _ float64) (float64, float64) { return map[bool]float64{true: 5, false: 0.4}[load > 1], 0 },
		"torn": func(load, z, u float64) (float64, float64) {
			if u < 0.15*math.Pow(load, 8) {
				return 0.1, 0.25
			}
			return 0.1, 0.004
		},
	}
}

// ranAs is an engine in a regime with this capacity; a level's draws are those of its
// seed, number and agents.
type ranAs struct {
	seed     uint64
	capacity int
	as       regime
}

func (e ranAs) hold(s plimsoll.Stage) plimsoll.Past {
	rng := rand.New(rand.NewPCG(e.seed, uint64(s.Level)<<32|uint64(s.Agents)))
	ratio, late := e.as((float64(s.Agents)-0.5)/float64(e.capacity), rng.NormFloat64(), rng.Float64())
	tier, turns := s.Tiers[0], 100
	p := plimsoll.Past{Stage: s, Took: 5}
	p.Evidence = plimsoll.Evidence{Stage: s, Turns: turns, OK: turns, At: plimsoll.Never, Window: plimsoll.Window{End: 2e9}}
	for i := range turns {
		q := (float64(i) + 0.5) / float64(turns)
		ttft := tier.TTFT.Seconds() * ratio * math.Exp(0.5*math.Sqrt2*(math.Erfinv(2*q-1)-math.Erfinv(0.9)))
		if q > 1-late {
			ttft = 4 * tier.TTFT.Seconds()
		}
		p.Evidence.TTFT, p.Evidence.Speed = append(p.Evidence.TTFT, ttft), append(p.Evidence.Speed, 2*tier.SpeedTPS)
	}
	slices.Sort(p.Evidence.TTFT)
	for _, t := range s.Tiers {
		p.Verdicts = append(p.Verdicts, slo.Judge(p.Evidence, t, slo.Standard()))
	}
	return p
}

// TestEveryRegime: on a line, at a cliff and at a torn edge a search ends, claims nothing
// above its highest passing level, decides the same of the same past, and goes on alike
// when it is resumed. Each regime is met, and certified in its own words.
func TestEveryRegime(t *testing.T) {
	words := map[string]string{"line": "estimate", "cliff": "estimate", "torn": "lie far apart"}
	for name, as := range regimes() {
		t.Run(name, func(t *testing.T) {
			change := func(c *search.Config) { certified(c); c.Tiers = c.Tiers[:1] }
			found := 0
			rapid.Check(t, func(t *rapid.T) {
				s := quick(t, change)
				e := ranAs{rapid.Uint64().Draw(t, "seed"), rapid.IntRange(2, 150).Draw(t, "capacity"), as}
				answer, past := conductBy(t, s, e.hold)
				highest := 0
				for _, p := range past {
					if p.Verdicts[0].Outcome == plimsoll.Pass {
						highest = max(highest, p.Stage.Agents)
					}
				}
				a := answer.Tiers[0]
				if a.Capacity > highest || a.Certified > highest || a.AtLeast > highest {
					t.Fatalf("claims %d, certifies %d, at least %d; highest passing level %d: %s", a.Capacity, a.Certified, a.AtLeast, highest, a.Reason)
				}
				if len(past) > 70 {
					t.Fatalf("%d levels", len(past))
				}
				if a.Certified > 0 && strings.Contains(a.Reason, words[name]) {
					found++
				}
				cut := rapid.IntRange(0, len(past)).Draw(t, "cut")
				resumed, again := conductBy(t, quick(t, change), e.hold, past[:cut]...)
				if d := cmp.Diff(fmt.Sprintf("%+v", answer), fmt.Sprintf("%+v", resumed)); d != "" || len(again) != len(past) {
					t.Fatalf("resumed at %d of %d: %s", cut, len(past), d)
				}
			})
			if found == 0 {
				t.Errorf("no search of a %s certified anything as such", name)
			}
		})
	}
}

// TestMonotoneInTheTierInEveryRegime: with noise, at cliffs and at torn edges, a stricter
// tier is certified no more than a looser one.
func TestMonotoneInTheTierInEveryRegime(t *testing.T) {
	detector.Skip(t, "hundreds of searches")
	for name, as := range regimes() {
		t.Run(name, func(t *testing.T) {
			both := 0
			rapid.Check(t, func(t *rapid.T) {
				s := quick(t, func(c *search.Config) {
					certified(c)
					for i, limit := range []time.Duration{10, 9, 4} {
						c.Tiers[i].SpeedTPS, c.Tiers[i].TTFT = 30, limit*time.Second
					}
				})
				answer, _ := conductBy(t, s, ranAs{rapid.Uint64().Draw(t, "seed"), rapid.IntRange(2, 150).Draw(t, "capacity"), as}.hold)
				for i, strict := range answer.Tiers[1:] {
					loose := answer.Tiers[i]
					if strict.Certified > loose.Certified && loose.Outcome != plimsoll.NonMonotone || loose.Certified > loose.Capacity {
						t.Fatalf("%s is certified %d of %d (%s), the stricter %s %d (%s)", loose.Tier.Name, loose.Certified, loose.Capacity, loose.Reason, strict.Tier.Name, strict.Certified, strict.Reason)
					}
					if strict.Certified > 0 {
						both++
					}
				}
			})
			if both == 0 {
				t.Error("no stricter tier was certified")
			}
		})
	}
}
