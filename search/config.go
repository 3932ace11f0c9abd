package search

import (
	"fmt"
	"slices"
	"time"

	"plimsoll"
	"plimsoll/slo"
)

// The methods.
const (
	MethodAA        = "aa"
	MethodCertified = "certified"
)

// Rules names the decisions of a method as this version takes them in a preset. The number rises
// whenever the same past may lead to another stage or answer: a run that was decided
// otherwise can be neither replayed nor resumed. Without a budget method aa decides as its
// first version did.
func Rules(method, preset string, budget time.Duration) string {
	rules := method + "/1"
	switch {
	case method == MethodCertified:
		rules = method + "/5"
	case budget > 0:
		rules = method + "/2"
	}
	if preset == "aa" {
		rules += ".1" // levels that their time-out cut are decided on their turns
	}
	return rules
}

// Config is what a search needs.
type Config struct {
	Method string
	Tiers  []plimsoll.Tier // loosest first
	Shape  plimsoll.Shape
	Rules  slo.Rules

	First      int     // agents of the first level
	MaxAgents  int     // no level has more
	Resolution float64 // stop when the bracket's ends lie within this share
	MaxLevels  int     // levels that method aa measures at most; 0 no bound
	Budget     time.Duration
	Limits     plimsoll.Limits // of tokens and cost
	Shared     bool            // one level serves all tiers
	Levels     []int           // a fixed ladder instead of a search

	// For method certified: a tier's edge gets from LeastRuns to Runs claim runs, the
	// search as many and MoreRuns for each further tier. A tier is settled early
	// once its bound lies within the share Tight of the estimate.
	LeastRuns, Runs, MoreRuns int
	Tight                     float64
	// Confirm asks for a run at each certified bound.
	Confirm bool
	// Whole says that every claim level has a full window.
	Whole bool
}

// Validate names the first field that is out of bounds.
func (c Config) Validate() error {
	switch {
	case c.Method != MethodAA && c.Method != MethodCertified:
		return fmt.Errorf("search: method %q is neither %s nor %s", c.Method, MethodAA, MethodCertified)
	case len(c.Tiers) == 0:
		return fmt.Errorf("search: no tier is asked for")
	case c.MaxAgents < 1:
		return fmt.Errorf("search: max agents %d must be at least 1", c.MaxAgents)
	case c.First < 1 && len(c.Levels) == 0:
		return fmt.Errorf("search: first level %d must be at least 1", c.First)
	case !(c.Resolution >= 0 && c.Resolution < 1):
		return fmt.Errorf("search: resolution %g must be in [0, 1)", c.Resolution)
	case c.MaxLevels < 0 || c.Budget < 0:
		return fmt.Errorf("search: max levels %d and budget %s must not be negative", c.MaxLevels, c.Budget)
	case c.Method == MethodCertified && len(c.Levels) == 0 && (c.Runs < leastRuns || c.LeastRuns > c.Runs || c.MoreRuns < 0 || !(c.Tight >= 0 && c.Tight < 1)):
		return fmt.Errorf("search: runs %d must be at least %d and least runs %d, more runs %d not negative, tight %g in [0, 1)", c.Runs, leastRuns, c.LeastRuns, c.MoreRuns, c.Tight)
	}
	names := map[string]bool{}
	for _, t := range c.Tiers {
		if names[t.Name] {
			return fmt.Errorf("search: tier %q is asked for twice", t.Name)
		}
		names[t.Name] = true
	}
	if err := c.Limits.Validate(); err != nil {
		return fmt.Errorf("search: %w", err)
	}
	if err := c.worthwhile(); err != nil {
		return err
	}
	for i, n := range c.Levels {
		if n < 1 || n > c.MaxAgents || (i > 0 && n <= c.Levels[i-1]) {
			return fmt.Errorf("search: levels %v must rise and lie in [1, %d]", c.Levels, c.MaxAgents)
		}
	}
	return c.Shape.Validate()
}

// worthwhile says of a budget that holds no level what the least useful one is.
func (c Config) worthwhile() error {
	least, _ := c.ofFirst()
	if c.Budget == 0 || c.Budget >= least {
		return nil
	}
	return fmt.Errorf("search: a budget of %s holds no level: the first takes at least %s (settling of %s and a window of %s in it): raise the budget, or shorten the level",
		c.Budget, least, c.Shape.Settle, c.Shape.Min)
}

// ofFirst is how long the first level takes at least, and at most.
func (c *Config) ofFirst() (least, most time.Duration) {
	n := max(1, c.First)
	if len(c.Levels) > 0 {
		n = c.Levels[0]
	}
	return lasts(shapeAt(c.Shape, n), n)
}

// Search decides what to measure next; it implements plimsoll.Method and keeps no
// state.
type Search struct{ c Config }

// New returns the search that c describes.
func New(c Config) (*Search, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.Tiers, c.Levels = slices.Clone(c.Tiers), slices.Clone(c.Levels)
	return &Search{c: c}, nil
}
