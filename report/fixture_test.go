package report

import (
	"fmt"
	"math"
	"time"

	"plimsoll"
	"plimsoll/power"
	"plimsoll/result"
)

// fixture is a result with something of everything: an answer with an interval, a
// tier that is not monotone, one that nobody meets, a void level, a level whose
// P95 TTFT lies among failed turns, figures with and without power.
func fixture() result.Result {
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	certified, ninety, zero := 84, 90, 0
	perAcc := 90.0 / 8
	watts := plimsoll.PerMegawatt{Value: 90 / 0.0056, Boundary: plimsoll.BoundaryNodeAC, Basis: plimsoll.Measured, Source: "PDU outlet energy", Grade: plimsoll.G3, MeanW: 5600, Levels: []string{"0006.1"}}
	r := result.Result{
		Schema: plimsoll.ResultSchema, MetricSet: plimsoll.MetricSet, Version: "v0.1.0", Method: "certified", Preset: "standard", Seed: 42,
		TierSet: "example/one", Started: begin, Finished: begin.Add(time.Hour), Ended: "every tier is settled",
		Trajectories: plimsoll.SetFacts{Name: "mini", Count: 64, Turns: 1300, SHA256: "0123456789abcdef0123456789abcdef"},
		Engine:       result.Engine{URL: "http://127.0.0.1:8000/v1", Model: "example-70b", Identity: plimsoll.Identity{Server: "engine", Version: "1.2"}},
		Accelerators: 8, Settings: result.Settings{OutputPolicy: "recorded", Start: "spread", ToolDelay: "recorded", MaxAgents: 256},
		Failures:   map[plimsoll.Class]int{plimsoll.ClassTimeout: 31, plimsoll.ClassCut: 2},
		Client:     result.Client{CPUShare: 0.21, LagP99ms: 0.4, SentinelP99ms: 0.12, RunQueueShare: 0.001},
		Comparable: result.Comparable{Why: []string{"preset standard, not publish", "synthetic trajectories"}},
	}
	r.Tiers = []result.Tier{
		{Name: "30tps/10s", SpeedTPS: 30, TTFTs: 10, Verdict: plimsoll.Pass, Capacity: &ninety, AtLeast: 90, LowestFail: 96, BoundBy: "ttft",
			Reason: "90 passed, 96 failed: P95 TTFT 11.2 s is above 10 s", Estimate: &result.Estimate{Value: 92.4, Low: 85.1, High: 98.7},
			Certified: &certified, PerAcc: &perAcc, PerMW: &watts, PerMWs: []plimsoll.PerMegawatt{watts}},
		{Name: "100tps/5s", SpeedTPS: 100, TTFTs: 5, Verdict: plimsoll.NonMonotone, AtLeast: 16, LowestFail: 32,
			Reason: "64 passed although 32 did not", NoPerMW: "there is no capacity to divide"},
		{Name: "300tps/3s", SpeedTPS: 300, TTFTs: 3, Verdict: plimsoll.Pass, Capacity: &zero, LowestFail: 8, BoundBy: "speed+ttft",
			Reason: "a single agent fails", NoPerMW: "power figure is invalid: window_too_short"},
	}
	for i, agents := range []int{8, 16, 32, 64, 96, 90, 128} {
		r.Levels = append(r.Levels, fixtureLevel(i, agents, begin))
	}
	r.Levels[3].Validity, r.Levels[3].Reasons = "void", []string{"the client sent late (lag p99): 31 ms, limit 30"}
	r.Levels[3].Gates[0].OK, r.Levels[3].Gates[0].Value = false, 31
	r.Levels[6].Failed, r.Levels[6].OK = 33, r.Levels[6].OK-33
	r.Levels[6].TTFTs, r.Levels[6].TTFTUnbounded = result.None(), true
	for t := range r.Tiers {
		for _, l := range r.Levels {
			r.Tiers[t].Verdicts = append(r.Tiers[t].Verdicts, fixtureVerdict(t, l))
		}
	}
	return r
}

func fixtureLevel(i, agents int, begin time.Time) result.Level {
	n := float64(agents)
	l := result.Level{
		ID: fmt.Sprintf("%04d.1", i+1), Number: i + 1, Attempt: 1, Agents: agents, Fresh: true, Why: "doubling", Validity: "valid", Reasons: []string{}, Closed: "full",
		Epoch: begin.Add(time.Duration(i) * 400 * time.Second), StartS: float64(400 * i), WindowS: 300, WindowT: [2]result.Number{80, 380}, TookS: 390,
		Turns: 40 * agents, OK: 40 * agents, SpeedTPS: result.Number(2400 / n), SpeedFormula: "after_first_chunk", TTFTs: result.Number(n * n / 820),
		LagP99ms: 0.4, OutputTPS: result.Number(20 * n), TurnsPerMinute: result.Number(8 * n),
		Gates: []plimsoll.Gate{{Name: "lag", Value: 0.4, Limit: 30, Unit: "ms", OK: true}, {Name: "sentinel", Value: -1, Limit: 1, Unit: "ms", OK: true, Note: "not measured"}},
	}
	for _, q := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
		ttft := result.Number(n * n / 820 * math.Pow(q/0.95, 0.7))
		if agents == 128 && q > 0.9 {
			ttft = result.None()
		}
		l.Distribution.At = append(l.Distribution.At, q)
		l.Distribution.TTFTs = append(l.Distribution.TTFTs, ttft)
		l.Distribution.SpeedTPS = append(l.Distribution.SpeedTPS, result.Number(2400/n*math.Pow(q/0.25, 0.3)))
	}
	return l
}

func fixtureVerdict(tier int, l result.Level) result.Verdict {
	v := result.Verdict{Level: l.ID, Agents: l.Agents, Verdict: plimsoll.Fail, SpeedTPS: l.SpeedTPS}
	switch {
	case l.Validity == "void":
		v.Verdict = plimsoll.Void
	case tier == 0 && l.Agents <= 90, tier == 1 && l.Agents == 8:
		v.Verdict = plimsoll.Pass
	case tier == 1 && l.Agents == 16:
		v.Verdict = plimsoll.Undecided
	}
	return v
}

// meteredEnergy is a valid figure at the wall and one of the chips that is not.
func meteredEnergy() []plimsoll.Energy {
	return []plimsoll.Energy{
		{Boundary: plimsoll.BoundaryNodeAC, Basis: plimsoll.Measured, Source: "PDU", Grade: plimsoll.G3, WindowS: 300, Joules: 1.68e6, MeanWatts: 5600, Valid: true},
		{Boundary: plimsoll.BoundaryAccelerator, Basis: plimsoll.Measured, Source: "chips", Grade: plimsoll.G1, WindowS: 30, MeanWatts: 4000, Reasons: []string{"window_too_short"}},
	}
}

func meteredIntensity() []power.Intensity {
	return []power.Intensity{{WhPerAgentHour: 700, JPerTurn: 17.5, JPerMTokens: 420e3, Boundary: plimsoll.BoundaryNodeAC, Basis: plimsoll.Measured, Source: "PDU", Grade: plimsoll.G3}}
}
