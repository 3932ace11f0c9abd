package agent

import (
	"math"
	"time"
)

// The clipped lognormal of tool delay "aa": the benchmark publishes a median of
// about 1 s between 0.1 and 5 s; sigma 1.0 is this program's choice, since its exact
// shape is not published.
const (
	aaMedian = 1.0 // s
	aaSigma  = 1.0
	aaMin    = 0.1 // s
	aaMax    = 5.0 // s
)

// aaDelay maps a draw to a tool delay by inverting the distribution function.
func aaDelay(draw uint64) time.Duration {
	z := math.Sqrt2 * math.Erfinv(2*uniform(draw)-1)
	s := aaMedian * math.Exp(aaSigma*z)
	s = min(max(s, aaMin), aaMax)
	return time.Duration(s * float64(time.Second))
}

// delay returns the tool time before a turn of a walk. Delay "aa" draws it for turns
// that wait for others; a turn that waits for none ran no tool and keeps what was
// recorded.
func (r *Roster) delay(trajectory, turn, walk int) time.Duration {
	g := &r.graphs[trajectory]
	if r.config.ToolDelay != DelayAA || g.roots[turn] {
		return g.delays[turn]
	}
	return aaDelay(Draw(r.config.DelaySeed, "tool delay", g.key, uint64(turn), uint64(walk)))
}
