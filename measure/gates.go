package measure

import (
	"fmt"
	"maps"
	"math"
	"time"

	"plimsoll"
)

// The limits of the gates. A level beyond one of them is void, never slow.
const (
	lagFloorMS     = 5.0  // lag p99, or lagShare of the tightest TTFT limit if that is more
	lagShare       = 0.01 //
	sentinelMS     = 1.0  // p99 read delay of the client's own stream
	runQueueShare  = 0.01 // of the window in the kernel's run queue
	deliveredShare = 0.99 // agents really there, over N x window
	littleShare    = 0.02 // off the interactive response law
	littleCycles   = 30.0 // mean cycles that a window must hold for that law to bite
)

// lagLimitMS returns the largest lag p99 in ms that a level judging these tiers
// may have.
func lagLimitMS(tiers []plimsoll.Tier) float64 {
	tightest := time.Duration(math.MaxInt64)
	for _, t := range tiers {
		tightest = min(tightest, t.TTFT)
	}
	if len(tiers) == 0 {
		return lagFloorMS
	}
	return math.Max(lagFloorMS, lagShare*tightest.Seconds()*1000)
}

// gates checks a finished level. What a level in virtual time cannot get wrong,
// and what the platform does not show, is marked as not measured and passes.
func gates(e *plimsoll.Evidence, population []*plimsoll.Row, rows []plimsoll.Row) []plimsoll.Gate {
	o := &e.Observed
	limit := lagLimitMS(e.Stage.Tiers)
	out := []plimsoll.Gate{
		{Name: "lag", Value: e.LagP99ms, Limit: limit, Unit: "ms", OK: e.LagP99ms <= limit},
		upTo("sentinel", o.Client.SentinelP99ms, sentinelMS, "ms", o.Simulated),
		upTo("run_queue", o.Client.RunQueueShare, runQueueShare, "of window", o.Simulated),
		delivered(o), little(e, rows), leak(e), identity(o), ledger(e, population),
	}
	return out
}

// upTo is a gate on a figure that may not exceed limit; negative: not measured.
func upTo(name string, value, limit float64, unit string, virtual bool) plimsoll.Gate {
	if virtual || value < 0 {
		return unmeasured(name, limit, unit, "not measured")
	}
	return plimsoll.Gate{Name: name, Value: value, Limit: limit, Unit: unit, OK: value <= limit}
}

func unmeasured(name string, limit float64, unit, note string) plimsoll.Gate {
	return plimsoll.Gate{Name: name, Value: -1, Limit: limit, Unit: unit, OK: true, Note: note}
}

func delivered(o *plimsoll.Observed) plimsoll.Gate {
	if o.Delivered < 0 || (o.Simulated && o.Delivered == 0) {
		return unmeasured("delivered", deliveredShare, "of agents", "not measured")
	}
	return plimsoll.Gate{Name: "delivered", Value: o.Delivered, Limit: deliveredShare, Unit: "of agents", OK: o.Delivered >= deliveredShare}
}

func leak(e *plimsoll.Evidence) plimsoll.Gate {
	if e.FirstTurns == 0 {
		return unmeasured("prefix_leak", 0, "turns", "no cached-token usage, or not a fresh level")
	}
	return plimsoll.Gate{Name: "prefix_leak", Value: float64(e.Leaked), Limit: 0, Unit: "turns", OK: e.Leaked == 0}
}

// firstTurn looks at the requests of a fresh level that were sent before its first
// token came, primers included: under a new level salt one of them at least must
// have computed all but the template's head. Which one is the engine's choice, and
// the others may share the scaffold with it, so the least cached one is held
// against the head.
func firstTurn(e *plimsoll.Evidence, rows []plimsoll.Row, head int) {
	if head < 0 || !e.Stage.Fresh {
		return
	}
	begun := plimsoll.Never
	for i := range rows {
		if t := rows[i].FirstToken; t != plimsoll.Never && (begun == plimsoll.Never || t < begun) {
			begun = t
		}
	}
	least := int32(-1)
	for i := range rows {
		r := &rows[i]
		if r.Sent != plimsoll.Never && r.Sent < begun && r.UsageCached >= 0 && (least < 0 || r.UsageCached < least) {
			least = r.UsageCached
		}
	}
	if least < 0 {
		return
	}
	e.FirstTurns = 1
	if int(least) > head {
		e.Leaked = 1
	}
}

func identity(o *plimsoll.Observed) plimsoll.Gate {
	g := plimsoll.Gate{Name: "identity", Limit: 0, Unit: "changes", OK: true}
	if o.Before == nil || o.After == nil {
		return unmeasured("identity", 0, "changes", "the engine says nothing of itself")
	}
	if !SameEngine(*o.Before, *o.After) {
		g.Value, g.OK = 1, false
		g.Note = fmt.Sprintf("was %s, became %s", describe(*o.Before), describe(*o.After))
	}
	return g
}

// SameEngine reports whether two captures of an engine's identity agree.
func SameEngine(a, b plimsoll.Identity) bool {
	return a.Server == b.Server && a.Version == b.Version && a.Model == b.Model && maps.Equal(a.Details, b.Details)
}

func describe(i plimsoll.Identity) string {
	return fmt.Sprintf("%q %q serving %q", i.Server, i.Version, i.Model)
}

// ledger compares the client's own count of turns sent with the rows, and the
// classes with their sum. A turn whose connection failed was never sent; it is in
// the population and not in that count.
func ledger(e *plimsoll.Evidence, population []*plimsoll.Row) plimsoll.Gate {
	if e.Observed.TurnsSent < 0 {
		return unmeasured("ledger", 0, "turns", "not counted")
	}
	sent := 0
	for _, r := range population {
		if r.Sent != plimsoll.Never {
			sent++
		}
	}
	g := plimsoll.Gate{Name: "ledger", Limit: 0, Unit: "turns", OK: true}
	sum := e.OK + e.Failed + e.Cancelled + e.Censored
	switch {
	case sent != e.Observed.TurnsSent:
		g.Value, g.OK = math.Abs(float64(e.Observed.TurnsSent-sent)), false
		g.Note = fmt.Sprintf("%d sent, %d recorded", e.Observed.TurnsSent, sent)
	case sum != e.Turns:
		g.Value, g.OK = math.Abs(float64(e.Turns-sum)), false
		g.Note = fmt.Sprintf("%d turns, classes sum to %d", e.Turns, sum)
	}
	return g
}
