package search

import (
	"fmt"
	"math"
	"slices"

	"plimsoll"
)

// answer says what is known of every tier. lost: the search could not go on.
func (s *Search) answer(l *ledger, reason string, lost bool) *plimsoll.Answer {
	out := &plimsoll.Answer{Reason: reason}
	for _, t := range s.c.Tiers {
		a := s.tier(l, t, reason, lost)
		if s.c.Method == MethodCertified && len(s.c.Levels) == 0 {
			s.prove(l, &a, reason, lost)
		}
		out.Tiers = append(out.Tiers, a)
	}
	for i := range out.Tiers {
		imply(&out.Tiers[i], out.Tiers)
	}
	return out
}

// imply raises what is certified of a tier to what is of a stricter one: whoever meets
// that meets this.
func imply(a *plimsoll.TierAnswer, all []plimsoll.TierAnswer) {
	for _, other := range all {
		stricter := other.Tier.SpeedTPS >= a.Tier.SpeedTPS && other.Tier.TTFT <= a.Tier.TTFT
		known := a.Outcome == plimsoll.Pass || a.Outcome == plimsoll.Undecided
		if !stricter || !known || other.Certified <= max(0, a.Certified) {
			continue
		}
		a.Outcome, a.Certified, a.Capacity = plimsoll.Pass, other.Certified, max(a.Capacity, other.Certified)
		a.AtLeast = max(a.AtLeast, a.Certified)
		a.Reason = fmt.Sprintf("certified %d agents at 95 %%, which hold the stricter %s; by itself: %s", a.Certified, other.Tier.Name, a.Reason)
	}
}

// tier answers for one tier from its bracket.
func (s *Search) tier(l *ledger, t plimsoll.Tier, ended string, lost bool) plimsoll.TierAnswer {
	b := bracketOf(l.points(t, bracketLevel))
	a := plimsoll.TierAnswer{
		Tier: t, Outcome: plimsoll.Undecided, Capacity: -1, Certified: -1, LowestFail: b.fail, AtLeast: b.pass,
		BoundBy: b.failed.boundBy, Estimate: math.NaN(), Low: math.NaN(), High: math.NaN(),
	}
	top := s.c.MaxAgents
	if n := len(s.c.Levels); n > 0 {
		top = s.c.Levels[n-1]
	}
	pass := func(n int, format string, args ...any) {
		a.Outcome, a.Capacity, a.Reason = plimsoll.Pass, n, fmt.Sprintf(format, args...)
	}
	switch {
	case b.inverted > 0:
		a.Outcome = plimsoll.NonMonotone
		a.Reason = fmt.Sprintf("%d passed although %d did not: the engine is not monotone here, at least %d holds", b.inverted, b.fail, b.pass)
	case b.fail == 0 && b.pass >= top:
		a.Open = true
		pass(b.pass, "at least %d: the highest level allowed passed%s", b.pass, b.alone())
	case b.fail == 1 && b.failed.outcome == plimsoll.Fail:
		pass(0, "a single agent fails: %s", b.failed.reason)
	case b.pass > 0 && b.fail > 0 && (!lost || b.settled(&s.c)):
		pass(b.pass, "%d passed%s, %s", b.pass, b.alone(), s.above(b))
	case lost:
		a.Outcome, a.Reason = plimsoll.Void, fmt.Sprintf("%s%s", atLeast(b), ended)
	case b.tested == 0:
		a.Reason = "no level was measured: " + ended
	case b.fail > 0 && b.pass == 0:
		a.Reason = fmt.Sprintf("no level passed, the smallest of %d agents: %s; %s", b.fail, b.failed.reason, ended)
	default:
		a.Reason = atLeast(b) + ended
	}
	return a
}

// above says what stood above the capacity.
func (s *Search) above(b bracket) string {
	var out string
	if b.failed.outcome == plimsoll.Fail {
		out = fmt.Sprintf("%d failed: %s", b.fail, b.failed.reason)
	} else {
		out = fmt.Sprintf("%d was undecided (%s), which counts as not passed", b.fail, b.failed.reason)
	}
	if len(s.c.Levels) == 0 && !b.settled(&s.c) {
		out += fmt.Sprintf("; the step of %d is coarser than asked", b.fail-b.pass)
	}
	return out
}

// alone marks a level that passes on its turns.
func (b bracket) alone() string {
	if !b.onTurns {
		return ""
	}
	return " on its turns alone (its time-out cut too many to tell for sure)"
}

func atLeast(b bracket) string {
	if b.pass == 0 {
		return "nothing is known to pass: "
	}
	return fmt.Sprintf("at least %d: ", b.pass)
}

// prove replaces what the ramp says by what the claim levels say: the ramp's single
// runs make no claim.
func (s *Search) prove(l *ledger, a *plimsoll.TierAnswer, ended string, lost bool) {
	tested := l.points(a.Tier, claimLevel)
	if len(tested) == 0 {
		if a.Outcome == plimsoll.Pass && !a.Open {
			a.Outcome, a.Capacity = plimsoll.Undecided, -1
			a.Reason = "only the ramp was measured, whose single runs make no claim: " + a.Reason
		}
		return
	}
	all := s.localities(l)
	at := all[slices.IndexFunc(all, func(one locality) bool { return one.tier.Name == a.Tier.Name })]
	b := bracketOf(tested)
	whole := bracketOf(l.points(a.Tier, anyLevel))
	a.LowestFail, a.AtLeast, a.BoundBy, a.Open = b.fail, whole.pass, b.failed.boundBy, b.fail == 0 && b.pass == s.c.MaxAgents
	a.Outcome, a.Capacity = plimsoll.Undecided, -1
	if proof := at.bound; proof.ok {
		a.Certified, a.Estimate, a.Low, a.High = proof.certified, finite(proof.estimate), proof.low, finite(proof.high)
	}
	switch {
	case at.zero():
		a.Outcome, a.Capacity, a.Certified, a.Reason = plimsoll.Pass, 0, 0, "a single agent fails in every run"
	case lost && !at.done:
		a.Outcome = plimsoll.Void
		a.Reason = atLeast(whole) + ended
	case at.falling():
		a.Outcome, a.Certified = plimsoll.NonMonotone, -1
		a.Reason = fmt.Sprintf("fewer agents do worse here: a level far below %d failed", at.highestPass())
	case a.Certified > 0 && at.torn():
		b.pass = max(b.pass, a.Certified)
		a.Outcome, a.Capacity, a.AtLeast = plimsoll.Pass, b.pass, b.pass
		a.Reason = fmt.Sprintf("certified %d agents at 95 %%: runs of as many agents lie far apart near the limit, all turns of %d runs at %d or more pooled hold it; from %d fresh runs; the highest tested level that holds is %d",
			a.Certified, len(at.from(a.Certified, math.Log(float64(a.Certified))+localReach)), a.Certified, len(at.runs), b.pass)
	case a.Certified > 0:
		// A single low run below the edge does not take away what many prove.
		b.pass = max(b.pass, a.Certified)
		a.Outcome, a.Capacity, a.AtLeast = plimsoll.Pass, b.pass, b.pass
		a.Reason = fmt.Sprintf("certified %d agents at 95 %%: estimate %.1f (%.1f to %.1f) from %d fresh runs; the highest tested level that holds is %d; run-to-run spread %.0f %%, slope %.1f",
			a.Certified, a.Estimate, a.Low, a.High, len(at.runs), b.pass, 100*at.bound.s, at.bound.slope)
	case at.torn():
		a.Reason = fmt.Sprintf("runs of as many agents lie far apart near the limit, and %d fresh runs do not prove a level where all turns pooled hold it; %s", len(at.runs), atLeast(whole)+ended)
	default:
		a.Reason = fmt.Sprintf("%d fresh runs do not bound the capacity from below; %s", len(at.runs), atLeast(whole)+ended)
	}
}

// finite returns x, NaN where it has no bound.
func finite(x float64) float64 {
	if math.IsInf(x, 0) {
		return math.NaN()
	}
	return x
}
