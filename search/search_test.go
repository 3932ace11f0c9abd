package search_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/detector"
	"plimsoll/search"
)

func tiers() []plimsoll.Tier {
	return []plimsoll.Tier{
		{Name: "30tps/10s", SpeedTPS: 30, TTFT: 10 * time.Second},
		{Name: "100tps/5s", SpeedTPS: 100, TTFT: 5 * time.Second},
		{Name: "300tps/3s", SpeedTPS: 300, TTFT: 3 * time.Second},
	}
}

func quick(t interface{ Fatal(...any) }, change func(*search.Config)) *search.Search {
	p, err := search.PresetByName("quick")
	if err != nil {
		t.Fatal(err)
	}
	c := p.Config(tiers())
	if change != nil {
		change(&c)
	}
	s, err := search.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// engine answers a stage with a verdict a tier; limits are true capacities.
type engine func(s plimsoll.Stage, t plimsoll.Tier) plimsoll.Verdict

func cliff(capacity map[string]int) engine {
	return func(s plimsoll.Stage, t plimsoll.Tier) plimsoll.Verdict {
		v := plimsoll.Verdict{Outcome: plimsoll.Pass, SpeedTPS: 2 * t.SpeedTPS, TTFTs: t.TTFT.Seconds() / 2}
		if s.Agents > capacity[t.Name] {
			v.Outcome, v.BoundBy, v.TTFTs = plimsoll.Fail, "ttft", 2*t.TTFT.Seconds()
		}
		return v
	}
}

func (e engine) hold(s plimsoll.Stage) plimsoll.Past {
	p := plimsoll.Past{Stage: s, Took: 5}
	p.Evidence.Stage = s
	for _, t := range s.Tiers {
		v := e(s, t)
		v.Tier, v.Level, v.Attempt, v.Agents = t.Name, s.Level, s.Attempt, s.Agents
		p.Verdicts = append(p.Verdicts, v)
	}
	return p
}

// conduct runs a search to its answer.
func conduct(t interface{ Fatalf(string, ...any) }, m plimsoll.Method, e engine, past ...plimsoll.Past) (*plimsoll.Answer, []plimsoll.Past) {
	return conductBy(t, m, e.hold, past...)
}

func conductBy(t interface{ Fatalf(string, ...any) }, m plimsoll.Method, hold func(plimsoll.Stage) plimsoll.Past, past ...plimsoll.Past) (*plimsoll.Answer, []plimsoll.Past) {
	for range 400 {
		stage, answer := m.Next(past)
		if answer != nil {
			return answer, past
		}
		past = append(past, hold(*stage))
	}
	t.Fatalf("no answer after 400 levels")
	return nil, nil
}

func Example() {
	p, _ := search.PresetByName("quick")
	s, _ := search.New(p.Config([]plimsoll.Tier{{Name: "30tps/10s", SpeedTPS: 30, TTFT: 10 * time.Second}}))
	engine := cliff(map[string]int{"30tps/10s": 50})
	var past []plimsoll.Past
	for {
		stage, answer := s.Next(past)
		if answer != nil {
			fmt.Println(answer.Tiers[0].Capacity, "agents:", answer.Reason)
			return
		}
		fmt.Printf("%d agents: %s\n", stage.Agents, stage.Why)
		past = append(past, engine.hold(*stage))
	}
	// Output:
	// 8 agents: first level
	// 16 agents: 8 passed for 30tps/10s: twice as many
	// 32 agents: 16 passed for 30tps/10s: twice as many
	// 64 agents: 32 passed for 30tps/10s: twice as many
	// 48 agents: 64 failed and 32 passed for 30tps/10s: half way
	// 56 agents: 64 failed and 48 passed for 30tps/10s: half way
	// 52 agents: 56 failed and 48 passed for 30tps/10s: half way
	// 48 agents: every tier is settled
}

func TestFindsEachTier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		truth := map[string]int{}
		last := 400
		for _, tier := range tiers() {
			last = rapid.IntRange(0, last).Draw(t, tier.Name)
			truth[tier.Name] = last
		}
		s := quick(t, func(c *search.Config) { c.MaxLevels = 0 })
		answer, past := conduct(t, s, cliff(truth))
		highest := 0
		for _, p := range past {
			highest = max(highest, p.Stage.Agents)
		}
		for _, a := range answer.Tiers {
			n := truth[a.Tier.Name]
			if a.Outcome != plimsoll.Pass || a.Capacity > n || a.Capacity > highest {
				t.Fatalf("%s: %s %d, true %d: %s", a.Tier.Name, a.Outcome, a.Capacity, n, a.Reason)
			}
			if a.Open != (n >= 256) || (!a.Open && float64(n) > 1.1*float64(a.Capacity)+1) {
				t.Fatalf("%s: %d (open %v) of %d: %s", a.Tier.Name, a.Capacity, a.Open, n, a.Reason)
			}
		}
		if len(past) > 25 {
			t.Fatalf("%d levels", len(past))
		}
	})
}

// noisy is an engine whose every level draws any outcome.
func noisy(t *rapid.T, outcomes []plimsoll.Outcome) engine {
	seen := map[string]plimsoll.Verdict{}
	return func(s plimsoll.Stage, tier plimsoll.Tier) plimsoll.Verdict {
		key := fmt.Sprint(tier.Name, s.Agents, s.Replicate, s.Level, s.Attempt)
		if v, ok := seen[key]; ok {
			return v
		}
		v := plimsoll.Verdict{Outcome: rapid.SampledFrom(outcomes).Draw(t, key), SpeedTPS: tier.SpeedTPS, TTFTs: tier.TTFT.Seconds()}
		if v.Outcome == plimsoll.Fail {
			v.TTFTs, v.BoundBy = v.TTFTs*rapid.Float64Range(1.01, 3).Draw(t, key+" by"), "ttft"
		} else if v.Outcome == plimsoll.Pass {
			v.TTFTs *= rapid.Float64Range(0.3, 1).Draw(t, key+" by")
		}
		seen[key] = v
		return v
	}
}

func TestAlwaysEndsAndNeverClaimsAboveWhatItTested(t *testing.T) {
	detector.Skip(t, "hundreds of searches")
	outcomes := []plimsoll.Outcome{plimsoll.Pass, plimsoll.Pass, plimsoll.Pass, plimsoll.Fail, plimsoll.Fail, plimsoll.Undecided, plimsoll.Void}
	for name, change := range variants() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				answer, past := conduct(t, quick(t, change), noisy(t, outcomes))
				passed, claims := map[string]int{}, map[int]bool{}
				for _, p := range past {
					if p.Stage.Claim {
						claims[p.Stage.Level] = true
					}
					for _, v := range p.Verdicts {
						if v.Outcome == plimsoll.Pass {
							passed[v.Tier] = max(passed[v.Tier], v.Agents)
						}
					}
				}
				// Runs of one edge and MoreRuns for each of two further tiers.
				if most := map[string]int{"certified": 30 + 2*2, "published": 45 + 2*2, "certified on a budget": 24}[name]; len(claims) > most {
					t.Fatalf("%d claim levels, at most %d", len(claims), most)
				}
				for _, a := range answer.Tiers {
					if a.Capacity > passed[a.Tier.Name] || a.Certified > passed[a.Tier.Name] || a.AtLeast > passed[a.Tier.Name] {
						t.Fatalf("claims %d, certifies %d, at least %d; highest passing level %d", a.Capacity, a.Certified, a.AtLeast, passed[a.Tier.Name])
					}
					if a.Reason == "" || (a.Outcome != plimsoll.Pass) != (a.Capacity == -1) {
						t.Fatalf("%+v", a)
					}
				}
			})
		})
	}
}

func TestSamePastSameDecisionAndResumedGoesOnAlike(t *testing.T) {
	detector.Skip(t, "hundreds of searches, each twice")
	outcomes := []plimsoll.Outcome{plimsoll.Pass, plimsoll.Pass, plimsoll.Fail, plimsoll.Undecided, plimsoll.Void}
	for name, change := range variants() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				e := noisy(t, outcomes)
				whole, past := conduct(t, quick(t, change), e)
				cut := rapid.IntRange(0, len(past)).Draw(t, "cut")
				resumed, again := conduct(t, quick(t, change), e, past[:cut]...)
				if d := cmp.Diff(fmt.Sprintf("%+v", whole), fmt.Sprintf("%+v", resumed)); d != "" || len(again) != len(past) {
					t.Fatalf("resumed at %d of %d: %s", cut, len(past), d)
				}
			})
		})
	}
}

func TestMonotoneInTheTier(t *testing.T) {
	detector.Skip(t, "hundreds of searches")
	for name, change := range variants() {
		if name == "ladder" || strings.Contains(name, "budget") {
			continue // they may end before a tier has an answer
		}
		t.Run(name, func(t *testing.T) { monotone(t, change) })
	}
}

// monotone searches engines without noise: the stricter tier holds no more.
func monotone(t *testing.T, change func(*search.Config)) {
	rapid.Check(t, func(t *rapid.T) {
		truth := map[string]int{}
		last := 300
		for _, tier := range tiers() {
			last = rapid.IntRange(0, last).Draw(t, tier.Name)
			truth[tier.Name] = last
		}
		answer, _ := conduct(t, quick(t, change), cliff(truth))
		for i, a := range answer.Tiers[1:] {
			if before := answer.Tiers[i]; before.Certified >= 0 && a.Certified > before.Certified {
				t.Fatalf("the stricter %s is certified %d, the looser %s %d", a.Tier.Name, a.Certified, before.Tier.Name, before.Certified)
			}
			if before := answer.Tiers[i]; before.Outcome == plimsoll.Pass && a.Capacity > before.Capacity {
				t.Fatalf("the stricter %s holds %d, the looser %s %d", a.Tier.Name, a.Capacity, before.Tier.Name, before.Capacity)
			}
		}
	})
}

func variants() map[string]func(*search.Config) {
	return map[string]func(*search.Config){
		"shared":    nil,
		"alone":     func(c *search.Config) { c.Shared, c.MaxLevels = false, 0 },
		"ladder":    func(c *search.Config) { c.Levels = []int{2, 5, 9} },
		"certified": func(c *search.Config) { c.Method, c.MaxLevels = search.MethodCertified, 0 },
		"published": func(c *search.Config) {
			c.Method, c.MaxLevels, c.LeastRuns, c.Runs, c.Tight, c.Confirm, c.Whole = search.MethodCertified, 0, 12, 45, 0.035, true, true
		},
		"budget": func(c *search.Config) { c.Budget = 40 * time.Second },
		"certified on a budget": func(c *search.Config) {
			c.Method, c.MaxLevels, c.Budget = search.MethodCertified, 0, 2*time.Minute
		},
	}
}

func TestVoidIsRepeatedTwiceThenEnds(t *testing.T) {
	void := func(s plimsoll.Stage, tier plimsoll.Tier) plimsoll.Verdict {
		if s.Agents > 16 {
			return plimsoll.Verdict{Outcome: plimsoll.Void, Reasons: []string{"lag"}}
		}
		return plimsoll.Verdict{Outcome: plimsoll.Pass, SpeedTPS: tier.SpeedTPS, TTFTs: 1}
	}
	answer, past := conduct(t, quick(t, nil), void)
	if last := past[len(past)-1].Stage; last.Agents != 32 || last.Attempt != 3 || last.Level != 3 {
		t.Errorf("last stage %+v, want the third attempt at 32", last)
	}
	for _, a := range answer.Tiers {
		if a.Outcome != plimsoll.Void || a.AtLeast != 16 || a.Capacity != -1 {
			t.Errorf("%+v, want void, at least 16", a)
		}
	}
}

func TestEngineLostEndsTheSearch(t *testing.T) {
	s := quick(t, nil)
	stage, _ := s.Next(nil)
	p := cliff(map[string]int{"30tps/10s": 9, "100tps/5s": 9, "300tps/3s": 9}).hold(*stage)
	p.Evidence.Observed.Broken = "connection refused"
	_, answer := s.Next([]plimsoll.Past{p})
	if answer == nil || answer.Tiers[0].Outcome != plimsoll.Void {
		t.Errorf("%+v, want void", answer)
	}
}

func TestInversionIsMeasuredAgain(t *testing.T) {
	flaky := func(s plimsoll.Stage, tier plimsoll.Tier) plimsoll.Verdict {
		good := s.Agents <= 40 && !(s.Agents == 8 && s.Replicate == 0 && tier.Name == "100tps/5s")
		if good {
			return plimsoll.Verdict{Outcome: plimsoll.Pass, SpeedTPS: 2 * tier.SpeedTPS, TTFTs: tier.TTFT.Seconds() / 2}
		}
		return plimsoll.Verdict{Outcome: plimsoll.Fail, BoundBy: "ttft", SpeedTPS: 2 * tier.SpeedTPS, TTFTs: tier.TTFT.Seconds() * 1.2}
	}
	answer, _ := conduct(t, quick(t, func(c *search.Config) { c.MaxLevels = 0 }), flaky)
	if a := answer.Tiers[1]; a.Outcome != plimsoll.Pass || a.Capacity < 36 || a.Capacity > 40 {
		t.Errorf("%+v: the one bad run was not outvoted", a)
	}
	stubborn := func(s plimsoll.Stage, tier plimsoll.Tier) plimsoll.Verdict {
		if s.Agents == 8 && tier.Name == "100tps/5s" {
			return plimsoll.Verdict{Outcome: plimsoll.Fail, BoundBy: "ttft", SpeedTPS: 2 * tier.SpeedTPS, TTFTs: tier.TTFT.Seconds() * 1.2}
		}
		return flaky(s, tier)
	}
	answer, _ = conduct(t, quick(t, func(c *search.Config) { c.MaxLevels = 0 }), stubborn)
	if a := answer.Tiers[1]; a.Outcome != plimsoll.NonMonotone || a.AtLeast == 0 {
		t.Errorf("%+v, want non-monotone", a)
	}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	p, _ := search.PresetByName("standard")
	for name, change := range map[string]func(*search.Config){
		"method": func(c *search.Config) { c.Method = "guess" }, "tiers": func(c *search.Config) { c.Tiers = nil },
		"twice": func(c *search.Config) { c.Tiers = append(c.Tiers, c.Tiers[0]) }, "max": func(c *search.Config) { c.MaxAgents = 0 },
		"resolution": func(c *search.Config) { c.Resolution = 1 }, "ladder": func(c *search.Config) { c.Levels = []int{4, 4} },
		"shape": func(c *search.Config) { c.Shape.Tick = 0 }, "runs": func(c *search.Config) { c.Runs = 3 }, "tight": func(c *search.Config) { c.Tight = 1 },
	} {
		c := p.Config(tiers())
		change(&c)
		if _, err := search.New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRemainingFallsToNothing(t *testing.T) {
	for name, change := range variants() {
		s := quick(t, change)
		first, _ := s.Remaining(nil)
		_, past := conduct(t, s, cliff(map[string]int{"30tps/10s": 60, "100tps/5s": 25, "300tps/3s": 9}))
		last, _ := s.Remaining(past)
		if first < 3 || s.Left(nil) <= 0 {
			t.Errorf("%s: at the start %d levels, %g s", name, first, s.Left(nil))
		}
		if last != 0 && !strings.Contains(name, "budget") {
			t.Errorf("%s: at the end %d levels", name, last)
		}
	}
}
