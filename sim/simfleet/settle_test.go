package simfleet

import (
	"testing"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/slo"
)

// crowd is a level that a rack carries with ease, whose agents all begin within seconds:
// their first prompts keep the rack busy for more than a minute.
func crowd() plimsoll.Stage {
	return plimsoll.Stage{Level: 1, Attempt: 1, Agents: 800, Fresh: true,
		Tiers: []plimsoll.Tier{{Name: "20tps/10s", SpeedTPS: 20, TTFT: 10 * time.Second}},
		Shape: plimsoll.Shape{
			Ramp: 5 * time.Second, Settle: 20 * time.Second, Min: 30 * time.Second, Max: 30 * time.Second,
			Tick: 5 * time.Second, Request: 5 * time.Minute,
		},
	}
}

// TestSettleUntilStationary: a window of fixed begin lies within the ramp's backlog and
// fails a level that the rack carries; one that waits for the load does not.
func TestSettleUntilStationary(t *testing.T) {
	c := racks(t, 1)
	outcome := func(s plimsoll.Stage) (plimsoll.Past, plimsoll.Observed) {
		rows, o := held(t, c, s)
		return judge(s, rows, o, slo.Standard()), o
	}
	fixed, waits := crowd(), crowd()
	waits.Shape.SettleMax = 5 * time.Minute
	if p, o := outcome(fixed); p.Verdicts[0].Outcome != plimsoll.Fail || o.Opened != "" {
		t.Errorf("fixed settling: %s, opened %q; want a level that fails within the backlog", p.Verdicts[0].Outcome, o.Opened)
	}
	p, o := outcome(waits)
	if p.Verdicts[0].Outcome != plimsoll.Pass || o.Opened != agent.OpenedStationary {
		t.Errorf("settling until stationary: %s, opened %q after %s: %v", p.Verdicts[0].Outcome, o.Opened, p.Settled(), p.Verdicts[0].Reasons)
	}
	if least, most := time.Minute, waits.Shape.SettleMax; p.Settled() < least || p.Settled() >= most {
		t.Errorf("settled %s, want %s to %s", p.Settled(), least, most)
	}
	if s := p.Evidence.Settling; !(s.Drift <= 1) || s.Least <= 1 {
		t.Errorf("by the rows %+v", s)
	}
	waits.Shape.SettleMax = 25 * time.Second
	if p, o := outcome(waits); o.Opened != agent.OpenedMax || p.Settled() != waits.Shape.SettleMax {
		t.Errorf("bounded settling: opened %q after %s", o.Opened, p.Settled())
	}
}
