package plan

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// The traffic models: what happens to a session that finds every slot taken.
const (
	ErlangB  = "erlang-b" // it is turned away: share of sessions refused
	ErlangC  = "erlang-c" // it waits: share of sessions that wait at all
	Binomial = "binomial" // a small team, whose active members are no longer idle ones: share of time in which more are active than slots
)

const mostUsers = 10_000_000

// Population is who uses the agents.
type Population struct {
	Users    int     // 0: as many as can be served
	Growth   Share   // added to Users before anything else
	Active   Share   // of the users at the busiest hour
	Sessions float64 // agents of one active user
	Blocking Share   // at most this share is refused, waits, or exceeds
	Model    string
}

// Validate names the first field that is out of bounds.
func (p Population) Validate() error {
	switch {
	case p.Users < 0 || p.Users > mostUsers:
		return fmt.Errorf("users %d: want 0 to %d", p.Users, mostUsers)
	case !(p.Active > 0 && p.Active <= 1):
		return fmt.Errorf("active %s: want above 0 and at most 100%%", p.Active)
	case !(p.Sessions > 0 && p.Sessions <= 1000):
		return fmt.Errorf("sessions %g: want above 0 and at most 1000", p.Sessions)
	case !(p.Blocking > 0 && p.Blocking < 1):
		return fmt.Errorf("blocking %s: want above 0 and below 100%%", p.Blocking)
	case p.Growth > 10:
		return fmt.Errorf("growth %s: want at most 1000%%", p.Growth)
	case !slices.Contains([]string{ErlangB, ErlangC, Binomial}, p.Model):
		return fmt.Errorf("traffic %q: want %s, %s or %s", p.Model, ErlangB, ErlangC, Binomial)
	}
	return nil
}

// offered is the mean number of agents active at once, in Erlang.
func (p Population) offered() float64 {
	return float64(p.grown()) * float64(p.Active) * p.Sessions
}

func (p Population) grown() int {
	return int(math.Ceil(float64(p.Users)*(1+float64(p.Growth)) - 1e-9))
}

// Slots is the least number of agent slots that keeps the blocking target.
func (p Population) Slots() int {
	if p.Model == Binomial {
		sources := int(math.Ceil(float64(p.grown())*p.Sessions - 1e-9))
		return binomialSlots(sources, float64(p.Active), float64(p.Blocking))
	}
	if p.Model == ErlangC {
		return erlangCSlots(p.offered(), float64(p.Blocking))
	}
	return erlangBSlots(p.offered(), float64(p.Blocking))
}

// served returns the most users whose slots fit, 0 none. More than slots over what a
// user offers never fit, so that is where the search begins.
func (p Population) served(slots int) int {
	low, high := 0, min(mostUsers, ceil(float64(slots)/(float64(p.Active)*p.Sessions)))+1
	for high-low > 1 {
		p.Users = low + (high-low)/2
		if p.offered() <= float64(slots) && p.Slots() <= slots {
			low = p.Users
		} else {
			high = p.Users
		}
	}
	return low
}

// erlangBSlots returns the least number of slots that refuses at most the share
// blocking of sessions, at the offered load in Erlang. Erlang's loss formula, by its
// recursion 1/B(m) = 1 + m/A 1/B(m-1).
func erlangBSlots(offered, blocking float64) int {
	if !(offered > 0) {
		return 0
	}
	m := 0
	for inverse := 1.0; 1/inverse > blocking; {
		m++
		inverse = 1 + float64(m)/offered*inverse
	}
	return m
}

// erlangCSlots returns the least number of slots at which at most the share waiting
// of sessions waits: C = B / (1 - rho (1 - B)), rho = A/m below 1.
func erlangCSlots(offered, waiting float64) int {
	if !(offered > 0) {
		return 0
	}
	inverse := 1.0
	for m := 1; ; m++ {
		inverse = 1 + float64(m)/offered*inverse
		rho := offered / float64(m)
		if b := 1 / inverse; rho < 1 && b/(1-rho*(1-b)) <= waiting {
			return m
		}
	}
}

// binomialSlots returns the least number of slots that sources independent sessions,
// each active with the given probability, exceed for at most the share of time:
// P(X > m) = I_p(m+1, n-m), the regularised incomplete beta function.
func binomialSlots(sources int, active, share float64) int {
	if active >= 1 {
		return sources
	}
	low, high := -1, sources // P(X > sources) = 0
	for high-low > 1 {
		m := low + (high-low)/2
		if mathext.RegIncBeta(float64(m+1), float64(sources-m), active) <= share {
			high = m
		} else {
			low = m
		}
	}
	return high
}
