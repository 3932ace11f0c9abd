package measure

import (
	"fmt"
	"math"

	"plimsoll"
)

// Pace is what one agent asks of the load generator a second, on average.
type Pace struct{ Turns, Tokens float64 }

// PaceOf returns the pace of a level's agents: turns sent in its window, output tokens
// of all its turns. Zero where there was no turn.
func PaceOf(p plimsoll.Past) Pace {
	n, w := float64(p.Stage.Agents), p.Evidence.Window.Seconds()
	if n <= 0 || w <= 0 || p.Took <= 0 || p.Evidence.Turns == 0 {
		return Pace{}
	}
	return Pace{Turns: float64(p.Evidence.Turns) / w / n, Tokens: float64(p.Spent.Output) / p.Took / n}
}

// PaceAt returns the pace of an agent whose turns just meet a tier: a turn takes the
// mean tool delay, half the TTFT limit and the mean reply at the tier's speed.
func PaceAt(t plimsoll.Tier, delayS, outputTokens float64) Pace {
	turn := delayS + t.TTFT.Seconds()/2 + outputTokens/t.SpeedTPS
	if !(turn > 0) || math.IsInf(turn, 0) {
		return Pace{}
	}
	return Pace{Turns: 1 / turn, Tokens: outputTokens / turn}
}

// linkShare is how much of a network card a load may fill before the card is taken to
// hold bodies up. SpareFiles is what a process has open besides the agents' connections.
const (
	linkShare  = 0.7
	SpareFiles = 64
)

// shareOfLink returns the share of the card that n agents' request bodies fill; 0 where
// no card is on the way or its speed is unknown.
func shareOfLink(g plimsoll.Generator, n int, p Pace) float64 {
	if g.Link.Loopback || g.Link.BytesPerS <= 0 {
		return 0
	}
	return float64(n) * p.Turns * g.BodyBytes / g.Link.BytesPerS
}

// LinkAgents returns the agents whose bodies fill as much of the card as they may; 0
// where that is unknown or there is no bound.
func LinkAgents(g plimsoll.Generator, p Pace) int {
	if one := shareOfLink(g, 1, p); one > 0 {
		return int(math.Min(linkShare/one, 1e9))
	}
	return 0
}

// Strain is one limit of the load generator that a load goes beyond.
type Strain struct {
	Limit string // files, ports, agents, events, network
	Text  string // a sentence without its end: what is asked, what is known, what to do
}

// StrainOf returns the limits that n agents at a pace go beyond. An unknown limit is
// none, and a load beyond what was calibrated may still be borne: the gates decide.
func StrainOf(g plimsoll.Generator, n int, p Pace) []Strain {
	var out []Strain
	say := func(limit, format string, values ...any) {
		out = append(out, Strain{limit, fmt.Sprintf("%d agents ", n) + fmt.Sprintf(format, values...)})
	}
	connections := n * max(1, g.Connections)
	if need := uint64(connections + SpareFiles); g.OpenFiles > 0 && need > g.OpenFiles {
		say("files", "may need %d open files, %d are allowed: raise the limit (ulimit -n)", need, g.OpenFiles)
	}
	if need := (connections + max(1, g.URLs) - 1) / max(1, g.URLs); g.LocalPorts > 0 && need > g.LocalPorts {
		say("ports", "may need %d connections to one address, %d local ports are there: widen net.ipv4.ip_local_port_range or give more --url", need, g.LocalPorts)
	}
	if share := shareOfLink(g, n, p); share > linkShare {
		say("network", "send about %.3g MB/s of request bodies, %.0f %% of %s (%.3g MB/s): the card holds them up, and TTFT with them; use a faster one or fewer agents",
			float64(n)*p.Turns*g.BodyBytes/1e6, 100*share, g.Link.Interface, g.Link.BytesPerS/1e6)
	}
	c := g.Calibration
	switch events := float64(n) * p.Tokens; {
	case c == nil:
	case c.Agents == 0:
		say("agents", "may be too many: plimsoll doctor found on %s that this machine was the limit in every load that it tried: look at the gates", c.At.Format("2 January 2006"))
	case n > c.Agents:
		say("agents", "are more than the %d that plimsoll doctor found this machine to bear on %s: look at the gates", c.Agents, c.At.Format("2 January 2006"))
	case events > c.EventsPerS:
		say("events", "may bring %.0f events/s, plimsoll doctor found %.0f on %s: look at the gates", events, c.EventsPerS, c.At.Format("2 January 2006"))
	}
	return out
}
