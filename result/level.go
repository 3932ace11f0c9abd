package result

import (
	"math"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/measure"
	"plimsoll/slo"
)

// quantiles are those of a level's distributions.
func quantiles() []float64 {
	return []float64{0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99}
}

// levelOf writes a level's figures from its evidence.
func levelOf(l bundle.Sealed, p plimsoll.Past, rows []plimsoll.Row, rules slo.Rules, accelerators int) Level {
	e, o := p.Evidence, l.Observed
	population := measure.Population(rows, o.Window)
	speeds := e.Speed
	if rules.NMinus1 {
		speeds = e.SpeedAA
	}
	ttft := measure.Percentile(e.TTFT, slo.TTFTQuantile)
	load, cache := measure.Representative(e)
	out := Level{
		ID: l.ID, Number: l.Stage.Level, Attempt: l.Stage.Attempt, Replicate: l.Stage.Replicate, Agents: l.Stage.Agents,
		Fresh: l.Stage.Fresh, Warmup: l.Stage.Warmup, Why: l.Stage.Why, Gates: finiteGates(e.Gates), Closed: o.Closed,
		Epoch: o.Epoch.UTC(), WindowS: o.Window.Seconds(), TookS: o.End.Seconds(),
		WindowT: [2]Number{Number(o.Window.Start.Seconds()), Number(o.Window.End.Seconds())},
		Turns:   e.Turns, OK: e.OK, Failed: e.Failed, Cancelled: e.Cancelled, Censored: e.Censored,
		Classes: e.Classes, OneRead: e.OneRead, NoSpeed: e.NoSpeed,
		SpeedTPS: quantile(speeds, slo.SpeedQuantile), SpeedFormula: formula(rules),
		SpeedNMinus1: quantile(e.SpeedAA, slo.SpeedQuantile), SpeedEndToEnd: quantile(e.SpeedEndToEnd, slo.SpeedQuantile),
		TTFTs: Number(ttft), TTFTUnbounded: math.IsInf(ttft, 1), LagP99ms: Number(e.LagP99ms),
		MeanInput: Number(e.MeanInput), MeanUncached: Number(e.MeanUncached), MeanOutput: Number(e.MeanOutput),
		WalksFinished: o.Walks, Client: clientOf(o.Client, e.LagP99ms), SimulatedLoad: o.Simulated,
		Distribution: spreadOf(e, speeds), Energy: []plimsoll.Energy{},
		Views: viewsOf(l, rows, population, accelerators), Steady: steadyOf(e.Steady), Settling: settlingOf(p), Sanity: sanityOf(o, population), NotRepresentative: append(load, cache...),
	}
	out.TurnsPerMinute, out.OutputTPS = None(), None()
	if out.WindowS > 0 {
		out.TurnsPerMinute = Number(float64(e.Turns) / out.WindowS * 60)
		out.OutputTPS = Number(tokensIn(rows, o.Window) / out.WindowS)
	}
	out.Validity, out.Reasons = validity(p)
	return out
}

// validity says whether a level says something of the engine.
func validity(p plimsoll.Past) (string, []string) {
	for _, v := range p.Verdicts {
		if v.Outcome == plimsoll.Void {
			return "void", v.Reasons
		}
	}
	return "valid", []string{}
}

// tokensIn counts the output tokens of turns sent in the window.
func tokensIn(rows []plimsoll.Row, w plimsoll.Window) float64 {
	sum := 0
	for i := range rows {
		if r := &rows[i]; !r.Primer && r.Sent != plimsoll.Never && w.Holds(r.Sent) {
			n, _ := r.Tokens()
			sum += n
		}
	}
	return float64(sum)
}

func spreadOf(e plimsoll.Evidence, speeds []float64) Spread {
	s := Spread{At: quantiles()}
	for _, q := range s.At {
		s.TTFTs = append(s.TTFTs, quantile(e.TTFT, q))
		s.SpeedTPS = append(s.SpeedTPS, quantile(speeds, q))
	}
	return s
}

func quantile(ascending []float64, q float64) Number {
	return Number(measure.Percentile(ascending, q))
}

func clientOf(c plimsoll.Client, lag float64) Client {
	out := Client{CPUShare: Number(c.CPUShare), LagP99ms: Number(lag), SentinelP99ms: Number(c.SentinelP99ms),
		RunQueueShare: Number(c.RunQueueShare), ResidentBytes: c.ResidentBytes}
	if c.SentinelP99ms < 0 {
		out.SentinelP99ms = None()
	}
	if c.RunQueueShare < 0 {
		out.RunQueueShare = None()
	}
	return out
}

// finiteGates replaces values that JSON cannot hold: a gate without a finite value
// was not measured.
func finiteGates(gates []plimsoll.Gate) []plimsoll.Gate {
	out := make([]plimsoll.Gate, len(gates))
	for i, g := range gates {
		if math.IsNaN(g.Value) || math.IsInf(g.Value, 0) {
			g.Value, g.Note = -1, "no finite value"
		}
		out[i] = g
	}
	return out
}
