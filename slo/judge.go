package slo

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"plimsoll"
)

// The quantiles of a tier.
const (
	TTFTQuantile  = 0.95
	SpeedQuantile = 0.25
)

// What bound a failed level.
const (
	BySpeed      = "speed"
	ByTTFT       = "ttft"
	ByFailures   = "failures"
	ByStarvation = "starvation"
)

// Judge returns the verdict of a level for a tier.
func Judge(e plimsoll.Evidence, t plimsoll.Tier, r Rules) plimsoll.Verdict {
	p := place(&e, t, r)
	v := plimsoll.Verdict{
		Tier: t.Name, Level: e.Stage.Level, Attempt: e.Stage.Attempt, Agents: e.Stage.Agents,
		SpeedTPS: p.speed.known, TTFTs: p.ttft.known,
	}
	if v.Reasons = voids(&e); len(v.Reasons) > 0 {
		v.Outcome = plimsoll.Void
		return v
	}
	if n := e.Turns - p.unknown; n < r.MinTurns {
		v.Outcome = plimsoll.Undecided
		v.Reasons = []string{fmt.Sprintf("only %d turns with a known outcome: a verdict needs %d", n, r.MinTurns)}
		return v
	}
	cut := cutTooMany(&e, r, &p)
	doubts := doubts(&e, r, &p, cut)
	bound, reasons := failures(&e, t, r, &p, cut)
	switch {
	case len(reasons) > 0:
		v.Outcome, v.BoundBy, v.Reasons = plimsoll.Fail, strings.Join(bound, "+"), reasons
	case len(doubts) > 0:
		v.Outcome, v.Reasons = plimsoll.Undecided, doubts
	default:
		v.Outcome = plimsoll.Pass
		v.Reasons = []string{fmt.Sprintf("P25 speed %s tokens/s (at least %s), P95 TTFT %s s (at most %s)",
			number(v.SpeedTPS), number(t.SpeedTPS), number(v.TTFTs), number(t.TTFT.Seconds()))}
	}
	sure := p.ttft.fails || p.speed.fails || slices.Contains(bound, ByFailures) || slices.Contains(bound, ByStarvation)
	if cut && r.OnTurns && !sure && v.Outcome != plimsoll.Undecided {
		v.OnTurns = true
		v.Reasons = append(v.Reasons, fmt.Sprintf("decided on its turns: %s", cutWords(&e, &p)))
	}
	return v
}

// voids lists why a level says nothing of the engine.
func voids(e *plimsoll.Evidence) []string {
	var out []string
	if e.Observed.Broken != "" {
		out = append(out, "the engine was lost: "+e.Observed.Broken)
	}
	if e.Observed.Closed == "interrupted" {
		out = append(out, "the level was interrupted")
	}
	for _, g := range e.Gates {
		if g.OK {
			continue
		}
		reason := fmt.Sprintf("%s: %s %s, limit %s", gateWords(g.Name), number(g.Value), g.Unit, number(g.Limit))
		if g.Note != "" {
			reason += " (" + g.Note + ")"
		}
		out = append(out, reason)
	}
	return out
}

// gateWords says what a failed gate means.
func gateWords(name string) string {
	switch name {
	case "lag":
		return "the client sent late (lag p99)"
	case "sentinel":
		return "the client read late (sentinel p99)"
	case "run_queue":
		return "the client waited for a processor (run queue)"
	case "delivered":
		return "agents were missing (delivered)"
	case "little":
		return "turns do not add up (Little's law)"
	case "prefix_leak":
		return "prefix leak (the engine held prompts of this level before it began: another run with the same seed, most likely; give another --seed or empty its cache)"
	case "identity":
		return "the engine changed during the level"
	case "ledger":
		return "rows do not add up (ledger)"
	}
	return name
}

// cutTooMany reports whether so many turns were cut that the outcome hangs on them.
func cutTooMany(e *plimsoll.Evidence, r Rules, p *placed) bool {
	return r.MaxCensored > 0 && over(p.unknown, e.Turns) > r.MaxCensored && (p.ttft.open() || p.speed.open())
}

func cutWords(e *plimsoll.Evidence, p *placed) string {
	return fmt.Sprintf("%d of %d turns were cut while they could still have gone either way", p.unknown, e.Turns)
}

// doubts lists what keeps a level from being judged on what would otherwise decide.
func doubts(e *plimsoll.Evidence, r Rules, p *placed, cut bool) []string {
	var out []string
	if cut && !r.OnTurns {
		out = append(out, cutWords(e, p))
	}
	if share := over(e.OneRead, len(e.Speed)); r.MaxOneRead > 0 && share > r.MaxOneRead {
		out = append(out, fmt.Sprintf("%s %% of the replies came in one read, their speed is only a lower bound (at most %s %%)", number(100*share), number(100*r.MaxOneRead)))
	}
	if share := over(e.UsageExceeds, len(e.Speed)); r.MaxExceeding > 0 && share > r.MaxExceeding {
		out = append(out, fmt.Sprintf("usage counts more tokens than were streamed in %s %% of the turns", number(100*share)))
	}
	if p.speed.n == 0 {
		out = append(out, "no reply has an output speed")
	}
	return out
}

// failures lists why a level fails. A limit fails on what is known; where open
// turns, replies in one read or doubtful usage leave it open, it does not.
func failures(e *plimsoll.Evidence, t plimsoll.Tier, r Rules, p *placed, cut bool) (bound, reasons []string) {
	add := func(by, format string, args ...any) {
		bound, reasons = append(bound, by), append(reasons, fmt.Sprintf(format, args...))
	}
	tooMany := cut && !r.OnTurns
	if p.ttft.fails || (!tooMany && p.ttft.knownFails) {
		add(ByTTFT, "P95 TTFT %s is above %s s", seconds(p.ttft.known), number(t.TTFT.Seconds()))
	}
	lowerBounds := r.MaxOneRead > 0 && over(e.OneRead, len(e.Speed)) > r.MaxOneRead
	if !lowerBounds && (p.speed.fails || (!tooMany && p.speed.knownFails)) {
		add(BySpeed, "P25 speed %s tokens/s is below %s", number(p.speed.known), number(t.SpeedTPS))
	}
	if share := over(e.Failed, e.Turns); share > r.MaxFailed {
		add(ByFailures, "%d of %d turns failed, more than %s %%", e.Failed, e.Turns, number(100*r.MaxFailed))
	}
	if starved := e.Starved[t.Name]; r.MaxStarved > 0 && over(starved, e.Stage.Agents) > r.MaxStarved {
		add(ByStarvation, "%d of %d agents spent over half of the window waiting past %s s", starved, e.Stage.Agents, number(t.TTFT.Seconds()))
	}
	return bound, reasons
}

func over(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// seconds writes a time that may have no bound.
func seconds(x float64) string {
	if math.IsInf(x, 1) {
		return "without bound"
	}
	return number(x) + " s"
}

// number writes three significant digits, integers in full.
func number(x float64) string {
	switch {
	case math.IsInf(x, 1):
		return "without bound"
	case math.IsNaN(x):
		return "unknown"
	case x == math.Trunc(x) || math.Abs(x) >= 100:
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}
