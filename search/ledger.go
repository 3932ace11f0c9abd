package search

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"plimsoll"
	"plimsoll/measure"
)

// maxAttempts is how often a level is tried: a void one is repeated twice.
const maxAttempts = 3

// ledger is what the past says, folded.
type ledger struct {
	c      *Config
	levels []plimsoll.Past // the last attempt of each level, in order; none void
	next   int             // number of the next level
	repeat *plimsoll.Stage // the last level was void and may be tried again
	broken string          // why no further level can be measured
	took   float64         // s, of all attempts
	spent  plimsoll.Tokens // of all attempts
	dear   plimsoll.Tokens // of the attempt that took most for an agent-second
	busy   float64         // agent-seconds of that attempt
}

// read folds the past.
func read(c *Config, past []plimsoll.Past) ledger {
	l := ledger{c: c, next: 1}
	var identity *plimsoll.Identity
	for _, p := range past {
		l.took += p.Took
		l.spent = l.spent.Plus(p.Spent)
		l.weigh(p)
		if p.Stage.Warmup {
			continue
		}
		l.next = max(l.next, p.Stage.Level+1)
		l.repeat = nil
		o := p.Evidence.Observed
		if identity != nil && o.Before != nil && !measure.SameEngine(*identity, *o.Before) {
			l.broken = fmt.Sprintf("the engine changed before level %d: its identity is another", p.Stage.Level)
		}
		if o.After != nil {
			identity = o.After
		}
		if o.Broken != "" {
			l.broken = fmt.Sprintf("the engine was lost in level %d of %d agents: %s", p.Stage.Level, p.Stage.Agents, o.Broken)
		}
		reason, void := isVoid(p)
		if !void {
			l.levels = append(l.levels, p)
			continue
		}
		if o.Simulated {
			l.broken = cmp.Or(l.broken, fmt.Sprintf("level %d of %d agents was void, and in virtual time a repeat gives the same: %s", p.Stage.Level, p.Stage.Agents, reason))
			continue
		}
		if p.Stage.Attempt >= maxAttempts {
			l.broken = cmp.Or(l.broken, fmt.Sprintf("level %d of %d agents was void %d times: %s", p.Stage.Level, p.Stage.Agents, p.Stage.Attempt, reason))
			continue
		}
		again := p.Stage
		again.Attempt++
		again.Why = fmt.Sprintf("again, attempt %d was void: %s", p.Stage.Attempt, reason)
		l.repeat = &again
	}
	return l
}

// isVoid reports whether a level says nothing of the engine, and why.
func isVoid(p plimsoll.Past) (string, bool) {
	for _, v := range p.Verdicts {
		if v.Outcome == plimsoll.Void {
			return strings.Join(v.Reasons, "; "), true
		}
	}
	return "", false
}

// point is what all runs of one N say of a tier.
type point struct {
	agents  int
	outcome plimsoll.Outcome
	runs    int
	boundBy string
	reason  string
	onTurns bool // one of its runs was decided on its turns
}

// Which levels points looks at.
func anyLevel(plimsoll.Stage) bool       { return true }
func claimLevel(s plimsoll.Stage) bool   { return s.Claim }
func bracketLevel(s plimsoll.Stage) bool { return !s.Claim }

// points returns what the kept levels say of a tier, N ascending. In a search of
// each tier by itself only that tier's own levels count.
func (l *ledger) points(t plimsoll.Tier, keep func(plimsoll.Stage) bool) []point {
	byN := map[int][]plimsoll.Verdict{}
	alone := !l.c.Shared && len(l.c.Levels) == 0 && l.c.Method == MethodAA
	for _, p := range l.levels {
		if !keep(p.Stage) {
			continue
		}
		if alone && (len(p.Stage.Tiers) != 1 || p.Stage.Tiers[0].Name != t.Name) {
			continue
		}
		for _, v := range p.Verdicts {
			if v.Tier == t.Name {
				byN[p.Stage.Agents] = append(byN[p.Stage.Agents], v)
			}
		}
	}
	var out []point
	for n, runs := range byN {
		out = append(out, combine(n, t, runs))
	}
	slices.SortFunc(out, func(a, b point) int { return cmp.Compare(a.agents, b.agents) })
	return out
}

// combine joins the runs of one N: alone, a run speaks for itself; several pass
// when none failed outright and the means of their log margins pass both limits.
// Undecided runs are outvoted by decided ones.
func combine(n int, t plimsoll.Tier, runs []plimsoll.Verdict) point {
	out := point{agents: n, runs: len(runs), outcome: plimsoll.Undecided}
	decided := 0
	ttft, speed := 0.0, 0.0
	outright := false
	for _, v := range runs {
		if v.Outcome != plimsoll.Pass && v.Outcome != plimsoll.Fail {
			if decided == 0 {
				out.reason = strings.Join(v.Reasons, "; ")
			}
			continue
		}
		decided++
		out.onTurns = out.onTurns || v.OnTurns
		out.outcome, out.boundBy, out.reason = v.Outcome, v.BoundBy, strings.Join(v.Reasons, "; ")
		ttft += logRatio(v.TTFTs, t.TTFT.Seconds())
		speed += logRatio(t.SpeedTPS, v.SpeedTPS)
		outright = outright || strings.Contains(v.BoundBy, "failures") || strings.Contains(v.BoundBy, "starvation")
	}
	if decided < 2 {
		return out
	}
	out.outcome, out.boundBy = plimsoll.Pass, ""
	out.reason = fmt.Sprintf("mean of %d runs", decided)
	var by []string
	if ttft > 0 {
		by = append(by, "ttft")
	}
	if speed > 0 {
		by = append(by, "speed")
	}
	if outright && len(by) == 0 {
		by = append(by, "failures")
	}
	if len(by) > 0 {
		out.outcome, out.boundBy = plimsoll.Fail, strings.Join(by, "+")
	}
	return out
}

// logRatio returns log(a/b), +Inf where a is unbounded or b is 0.
func logRatio(a, b float64) float64 {
	if math.IsInf(a, 1) || b <= 0 {
		return math.Inf(1)
	}
	return math.Log(math.Max(a, 1e-9) / b)
}

// runsAt counts how often n was begun afresh.
func (l *ledger) runsAt(n int) int {
	count := 0
	for _, p := range l.levels {
		if p.Stage.Agents == n && p.Stage.Fresh {
			count++
		}
	}
	return count
}
