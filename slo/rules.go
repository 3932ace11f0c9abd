package slo

// Rules are the numbers behind a verdict. A share of 0 switches its rule off.
type Rules struct {
	MinTurns    int     // fewer decide nothing
	MaxFailed   float64 // share of failed turns above which a level fails
	MaxCensored float64 // share of turns that were cut and could go either way, above which a level is undecided
	// OnTurns decides such a level on the turns that it has, and marks the verdict.
	OnTurns      bool
	MaxOneRead   float64 // share of replies that came in one read
	MaxExceeding float64 // share of turns whose usage exceeds what was streamed
	MaxStarved   float64 // share of agents
	// NMinus1 decides on (tokens-1)/(last-first), as AA's open client does.
	NMinus1 bool
	// EarlyAlpha is the error allowed for ending a level before its window is
	// full; 0 never ends one early.
	EarlyAlpha float64
}

// Standard are the rules of every preset but aa's.
func Standard() Rules {
	return Rules{
		MinTurns: 20, MaxFailed: 0.01, MaxCensored: 0.01, MaxOneRead: 0.05,
		MaxExceeding: 0.05, MaxStarved: 0.05, EarlyAlpha: 0.001,
	}
}

// AA are the rules of AA-AgentPerf as far as they are public: n_minus_1, replies in
// one read left out, no starvation rule and no early end, and a level that its time-out
// cuts is decided on its turns: of thousands of agents that come one a second the time-out
// ends each as its shortest window does, so that turns of a mean s seconds are cut to a
// share of s over the window's length. Its handling of failed turns is not published; ours
// stays.
func AA() Rules {
	r := Standard()
	r.NMinus1, r.OnTurns, r.MaxOneRead, r.MaxStarved, r.EarlyAlpha = true, true, 0, 0, 0
	return r
}
